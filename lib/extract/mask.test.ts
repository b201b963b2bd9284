import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { toFailure } from '#lib/errors.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { testClock } from '#tests/harness/clock.ts';
import { type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import { createHttpClient } from './http/create-http-client.ts';
import { language } from './kinds.ts';
import { createManifestSource } from './manifest-source.ts';
import type { Exchange, Retry } from './source.ts';

const PASSWORD = 'p@ss wörd!~+"&x\\y';
const KEY = 'key-0123456789';
/** How the password may be written; none of it may be told. */
const SPELLINGS = [
  PASSWORD,
  KEY,
  encodeURIComponent(PASSWORD),
  new URLSearchParams({ s: PASSWORD }).toString().slice(2),
  JSON.stringify(PASSWORD).slice(1, -1),
  Buffer.from(PASSWORD).toString('base64'),
  Buffer.from(`ann:${PASSWORD}`).toString('base64'),
];

/** Reads the stream and gives everything that anybody is told: exchanges, log lines, events, the error, the check. */
async function told(script: Script, requester: string): Promise<{ text: string; exchanges: Exchange[] }> {
  const server = await scriptedServer(script);
  onTestFinished(() => server.close());
  const { manifest, issues } = parseManifest(
    `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester:
        url: ${server.url}/orders
${requester.replaceAll(/^/gm, '        ')}
      record_selector: { extractor: { field_path: [data] } }
spec:
  connection_specification:
    type: object
    properties:
      user: { type: string }
      login:
        type: object
        oneOf:
          - properties: { password: { type: string, airbyte_secret: true } }
      keys: { type: array, items: { type: string, airbyte_secret: true } }
`,
    language,
  );
  if (!manifest) throw new Error(issues[0]?.message);
  const lines: string[] = [];
  const log = pino(
    { level: 'trace' },
    new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    }),
  );
  const exchanges: Exchange[] = [];
  const { clock, sleep } = testClock();
  const http = createHttpClient({ guard: createGuard({ allowed: 'any' }), clock, log });
  onTestFinished(() => http.close());
  const signal = new AbortController().signal;
  const context = {
    http,
    log,
    clock,
    sleep,
    signal,
    onExchange: (exchange: Exchange) => void exchanges.push(exchange),
    onRetry: (retry: Retry) => void lines.push(JSON.stringify(retry)),
  };
  const config = { user: 'ann', login: { password: PASSWORD }, keys: [KEY] };
  const source = createManifestSource(manifest);
  const checked = await source.check(context, config);
  const failures: unknown[] = [];
  const configured: ConfiguredStream = {
    stream: {
      ...{ name: 'orders', jsonSchema: {}, supportedSyncModes: ['full_refresh'], sourceDefinedCursor: false },
      ...{ defaultCursorField: [], sourceDefinedPrimaryKey: [] },
    },
    ...{ syncMode: 'full_refresh', destinationSyncMode: 'append', cursorField: [], primaryKey: [] },
  };
  try {
    for await (const _event of source.read(context, config, { stream: configured, state: null }));
  } catch (error) {
    failures.push(toFailure(error));
    log.error({ err: error }, 'the sync failed');
  }
  return { text: JSON.stringify({ checked, failures, exchanges, lines }), exchanges };
}

function secretsIn(text: string): string[] {
  return SPELLINGS.filter((secret) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)));
}

const GOOD: Script = [{ body: { data: [{ id: 1 }] } }];
const PASSWORD_TEMPLATE = `{{ config['login']['password'] }}`;
const PLACES: [string, string][] = [
  ['a bearer', `authenticator: { type: BearerAuthenticator, api_token: "${PASSWORD_TEMPLATE}" }`],
  [
    'HTTP Basic',
    `authenticator: { type: BasicHttpAuthenticator, username: "{{ config.user }}", password: "${PASSWORD_TEMPLATE}" }`,
  ],
  ['a header of its own', `request_headers: { X-Shop-Login: "{{ config['keys'][0] }}" }`],
  ['a parameter', `request_parameters: { password: "${PASSWORD_TEMPLATE}", key: "{{ config['keys'][0] }}" }`],
  ['a form', `http_method: POST\nrequest_body_data: { password: "${PASSWORD_TEMPLATE}" }`],
  ['a JSON body', `http_method: POST\nrequest_body_json: { password: "${PASSWORD_TEMPLATE}" }`],
];

describe.each(PLACES)('a secret in %s', (_place, requester) => {
  test('is not in what a success tells', async () => {
    const { text, exchanges } = await told(GOOD, requester.replace('wörd', 'word'));
    expect(exchanges).toHaveLength(2);
    expect(secretsIn(text)).toEqual([]);
  });

  test('nor in what a refusal tells that repeats all of it', async () => {
    const echo: Script = ({ target, body, headers }) => ({
      status: 401,
      headers: { 'X-Seen': encodeURI(headers['x-shop-login'] ?? '') },
      body: { message: `refused ${PASSWORD} at ${target} with ${body}`, sent: { ...headers } },
    });
    const { text } = await told(echo, requester);
    expect(text).toContain('refused **********');
    expect(secretsIn(text)).toEqual([]);
  });
});

test('nor where the body is no JSON, or the connection is cut', async () => {
  const parameter = PLACES[3]?.[1] ?? '';
  for (const script of [[{ body: `<p>${PASSWORD} is wrong` }], [{ resetAfter: 0 }]] satisfies Script[]) {
    const { text } = await told(script, parameter);
    expect(text).toContain('failures":[{');
    expect(secretsIn(text)).toEqual([]);
  }
});

import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createGuard, type Guard } from '#lib/address-guard.ts';
import { emailKind } from '#lib/alerts/kinds/email-kind.ts';
import { slackBotKind } from '#lib/alerts/kinds/slack-bot-kind.ts';
import { slackKind } from '#lib/alerts/kinds/slack-kind.ts';
import { webhookKind } from '#lib/alerts/kinds/webhook-kind.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import { s3 } from '#lib/destinations/s3/s3.ts';
import { toFailure } from '#lib/errors.ts';
import { s3Files } from '#lib/extract/files/providers/s3.ts';
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import type { ExtractContext } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import { withPostgres } from '#quality/postgres/engine.ts';

// Every way that we know of to spell an address inside, tried at every place from which connections go out.

const INSIDE = ['127.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'];

/** Spellings of an IPv4 address that one resolver or another understands. */
function spellings(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (value: number, digits = 1) => value.toString(16).padStart(digits, '0');
  const octal = (value: number) => `0${value.toString(8)}`;
  const pairs = `${hex(a * 256 + b, 4)}:${hex(c * 256 + d, 4)}`;
  return [
    ...[address, `${address}.`, String(whole), `0x${hex(whole)}`, `0X${hex(whole, 8).toUpperCase()}`, octal(whole)],
    ...[`${a}.${b}.${c * 256 + d}`, `${a}.${(b * 256 + c) * 256 + d}`, [a, b, c, d].map(octal).join('.')],
    ...[[a, b, c, d].map((part) => `0x${hex(part)}`).join('.')],
    ...[`0x${hex(a)}.${b}.${octal(c)}.${d}`, `[::ffff:${address}]`, `[::FFFF:${pairs}]`, `[0:0:0:0:0:ffff:${pairs}]`],
    ...[`[::${address}]`, `[64:ff9b::${pairs}]`, `[64:ff9b:1::${pairs}]`, `[2002:${pairs}::]`, `[2002:${pairs}::1]`],
    ...[`[::ffff:0:${pairs}]`, `[fe80::${pairs}]`, [a, b, c, d].map(wide).join('.'), [a, b, c, d].join('。')],
  ];
}

/** In the digits of full width, which names are made plain from. */
function wide(part: number): string {
  return [...String(part)].map((digit) => String.fromCharCode(0xff10 + Number(digit))).join('');
}

const NAMES = ['localhost', 'LOCALHOST', 'localhost.', 'inside.example', 'six.example', 'metadata.google.internal'];
const SIX = [
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[ff02::1]',
  '[fec0::1]',
];
/** Hosts inside; some are no hosts at all, and may be refused as that. */
const HOSTS = [
  ...INSIDE.flatMap(spellings),
  ...NAMES,
  ...SIX,
  '[::1%25lo]',
  '127.0.0.1%00.example.com',
  '168.63.129.16',
];

let port = 0;
let reached = 0;
const listener = createServer((socket) => {
  reached += 1;
  socket.destroy();
});
beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  ({ port } = listener.address() as { port: number });
});
afterAll(() => listener.close());

/** Names lead inside, as whoever owns a name may have it. */
const lookup = async (name: string) =>
  name === 'six.example' ? [{ address: '::1', family: 6 }] : [{ address: '127.0.0.1', family: 4 }];
/** Straight, or by a proxy that would take everything anywhere. */
let guard = createGuard({ allowed: [], lookup });
const ask: Guard = (...host) => guard(...host);
const log = createLog('test', 'silent');
const clock = () => new Date();
const signal = new AbortController().signal;

const http = createHttpClient({ guard: ask, clock, log });
afterAll(() => http.close());
const context = { log, clock, signal, guard: ask, workDir: '/tmp' };
const post = {
  ...{ guard: ask, clock, deliveryId: 'one', incidentIds: [], incidents: [], threads: [], keep: () => undefined },
};
const news = { state: 'test', headline: 'x', lines: [], link: null, footer: '' };
const told = async (refused: Promise<{ failure: { message: string } } | null>) => {
  const { failure } = (await refused) ?? {};
  if (failure) throw new Error(failure.message);
};
const checked = async (destination: { check(): Promise<{ ok: boolean; message: string }>; close(): Promise<void> }) => {
  const { ok, message } = await destination.check();
  await destination.close();
  if (!ok) throw new Error(message);
};
const bucket = { s3_bucket_name: 'b', s3_bucket_region: 'us-east-1', access_key_id: 'a', secret_access_key: 'b' };

/** Where connections go out; each takes a host and a port. Sources, their logins, files, drafts and consents share the first. */
const PLACES: Readonly<Record<string, (host: string, port: number) => Promise<unknown>>> = {
  'an API': (host, at) => http.send({ method: 'GET', url: `http://${host}:${at}/`, headers: {} }),
  'an API over TLS': (host, at) => http.send({ method: 'GET', url: `https://${host}:${at}/`, headers: {} }),
  'an API, behind a user name': (host, at) =>
    http.send({ method: 'GET', url: `http://api.example.com:80@${host}:${at}/`, headers: {} }),
  Slack: (host, at) => told(slackKind.post({ webhookUrl: `http://${host}:${at}/services` }, {}, post)),
  'Slack’s API, by a bot': (host, at) =>
    told(
      slackBotKind.post(
        { botToken: 'xoxb-1', channel: '#c', apiUrl: `http://${host}:${at}/api` },
        { message: news },
        post,
      ),
    ),
  'a webhook': (host, at) => told(webhookKind.post({ url: `http://${host}:${at}/`, secret: 's' }, {}, post)),
  'a mail server': (host, at) =>
    told(
      emailKind.post(
        { host, port: at, security: 'none', from: 'a@b.c', to: ['a@b.c'] },
        { subject: '', text: '' },
        post,
      ),
    ),
  Postgres: async (host, at) =>
    checked(postgres.open(context, { host, port: at, database: 'd', username: 'u', password: 'p' } as JsonObject)),
  'files of a bucket': (host, at) => {
    const options = { type: 's3', bucket: 'b', region: 'us-east-1', endpoint: `http://${host}:${at}` } as const;
    const files = s3Files({ http, signal } as ExtractContext, options, ['a.csv']);
    return files.list().finally(() => files.close?.());
  },
  'checks of a table': (host, at) =>
    withPostgres(
      { host, port: at, database: 'd', username: 'u', password: 'p' },
      { guard: ask, signal },
      async () => undefined,
    ),
  'a bucket': async (host, at) => checked(s3.open(context, { ...bucket, s3_endpoint: `http://${host}:${at}` })),
};

test('there are more than a hundred and fifty ways', () => {
  expect(new Set(HOSTS).size).toBeGreaterThan(150);
});

describe.each(Object.entries(PLACES))('%s', (_name, reach) => {
  test('is reached by none of them, at whatever port', async () => {
    for (const host of HOSTS)
      for (const at of [port, 80, 22]) {
        const error = await reach(host, at).then(() => null, toFailure);
        expect({ host, at, why: error && reasonOf(error.message) }).toEqual({ host, at, why: 'refused' });
      }
    expect(reached).toBe(0);
  });

  test('nor where there is a proxy, which is not even asked', async () => {
    // The proxy is the listener: whoever comes is counted.
    const proxy = { host: '127.0.0.1', port, secure: false, authorization: null };
    guard = createGuard({ allowed: [], lookup, proxies: { http: proxy, https: proxy, exceptions: [] } });
    onTestFinished(() => {
      guard = createGuard({ allowed: [], lookup });
    });
    for (const host of HOSTS) {
      const error = await reach(host, 80).then(() => null, toFailure);
      expect({ host, why: error && reasonOf(error.message) }).toEqual({ host, why: 'refused' });
    }
    expect(reached).toBe(0);
  });
});

/** The guard's words, or those for an address that is none. */
function reasonOf(message: string): string {
  const isRefused =
    /not connected to|no address that can be requested|is no http|can’t be used|Invalid URL|in time/.test(message);
  return isRefused ? 'refused' : message;
}

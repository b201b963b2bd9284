import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readWeirBlock } from '#lib/manifest/weir-block.ts';
import { type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import { recordCommand } from './record-command.ts';
import { testCommand } from './test-command.ts';

const manifest = (url: string) => `version: 6.0.0 # as it was
check: { stream_names: [orders] }
streams:
  - name: orders
    primary_key: id
    schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: {} } }
    retriever:
      requester:
        url: ${url}/orders
        request_parameters: { account: "{{ config.account }}" }
        authenticator:
          type: OAuthAuthenticator
          token_refresh_endpoint: ${url}/token
          client_id: weir
          client_secret: "{{ config.secret }}"
          refresh_token: "{{ config.refresh }}"
      record_selector: { extractor: { field_path: [data] } }
      paginator:
        type: DefaultPaginator
        page_token_option: { type: RequestPath }
        pagination_strategy: { type: CursorPagination, cursor_value: "{{ response.next }}", stop_condition: "{{ not response.next }}" }
spec:
  connection_specification:
    type: object
    properties:
      account: { type: string }
      secret: { type: string, airbyte_secret: true }
      refresh: { type: string, airbyte_secret: true }
`;
const CONFIG = { account: 'acme', secret: 'the-secret', refresh: 'the-refresh-token' };

async function shop(script: (url: string) => Script) {
  const server = await scriptedServer({});
  onTestFinished(() => server.close());
  for (const [at, answers] of Object.entries(script(server.url))) server.on(at, answers as never);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-record-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'shop.yaml');
  writeFileSync(file, manifest(server.url));
  const said: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  onTestFinished(() => write.mockRestore());
  const record = (name?: string) =>
    recordCommand({
      ...{ file, config: CONFIG, stream: 'orders', state: null, name },
      ...{ pages: undefined, slices: undefined, signal: new AbortController().signal },
    });
  return { file, said, record, text: () => readFileSync(file, 'utf8') };
}

test('a recorded read becomes a test of the manifest that passes, and no secret is in it', async () => {
  const { file, said, record, text } = await shop((url) => ({
    '/token': [{ body: { access_token: 'the-access-token', expires_in: 3600 } }],
    '/orders': [
      { body: { data: [{ id: 9007199254740993n.toString(), seen_by: 'the-secret' }], next: `${url}/orders?page=2` } },
      { body: { data: [{ id: '2' }], next: null } },
    ],
  }));
  const before = text();
  expect(await record('orders come page by page')).toBe(0);
  expect(said.join('')).toMatch(/shop\.yaml:\d+ orders come page by page: 3 requests, 2 records\./);
  expect(text().startsWith(before.trimEnd())).toBe(true);
  for (const secret of Object.values(CONFIG).slice(1)) expect(text()).not.toContain(secret);
  expect(text()).not.toContain('the-access-token');
  const [recorded] = readWeirBlock(text()).tests;
  expect(recorded?.config?.account).toBe('acme');
  expect(recorded?.expect.records).toEqual([{ id: '9007199254740993', seen_by: '**********' }, { id: '2' }]);
  expect(await testCommand({ files: [file], name: undefined, json: false })).toBe(0);
  expect(said.at(-1)).toContain('1 of 1 tests passed.');
});

test('an error of the API can be recorded, and names do not repeat', async () => {
  const { record, text } = await shop(() => ({
    '/token': [{ body: { access_token: 'the-access-token', expires_in: 3600 } }],
    '/orders': [{ status: 403, body: { error: 'no' } }],
  }));
  await record();
  await record();
  const { tests } = readWeirBlock(text());
  expect(tests.map(({ name }) => name)).toEqual(['reads what the API gave', 'reads what the API gave (2)']);
  expect(tests[0]?.expect.error?.message).toContain('403');
});

test('what is no text is refused, and the file stays as it was', async () => {
  const { record, text } = await shop(() => ({
    '/token': [{ body: { access_token: 'the-access-token', expires_in: 3600 } }],
    '/orders': [{ body: new Uint8Array([0xff, 0xfe, 0xff]) }],
  }));
  const before = text();
  await expect(record()).rejects.toMatchObject({ code: 'not_text' });
  expect(text()).toBe(before);
});

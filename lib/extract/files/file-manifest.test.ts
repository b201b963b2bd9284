import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import type { ConfiguredStream, StreamDescriptor } from '#lib/catalog.ts';
import { toFailure } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import { createHttpClient } from '../http/create-http-client.ts';
import { language } from '../kinds.ts';
import { createManifestSource } from '../manifest-source.ts';
import type { ExtractContext } from '../source.ts';

const FILE = path.resolve(import.meta.dirname, '../../../manifests/file.yaml');

/** The source of a manifest of files, our file connector's in general, and a server that has them. */
async function fileSource(script: Script, text: (url: string) => string = () => readFileSync(FILE, 'utf8')) {
  const server = await scriptedServer(script);
  const { manifest, issues } = parseManifest(text(server.url), language);
  if (!manifest) throw new Error(JSON.stringify(issues));
  const [log, clock] = [createLog('test', 'silent'), () => new Date()];
  const guard = createGuard({ allowed: [{ host: '127.0.0.1', port: server.port }] });
  const http = createHttpClient({ guard, clock, log });
  onTestFinished(async () => {
    await http.close();
    await server.close();
  });
  const context: ExtractContext = { http, log, clock, signal: new AbortController().signal, sleep: async () => {} };
  return { source: createManifestSource(manifest), context, url: server.url };
}

test('the owner’s CSV block is a source’s config as it is', async () => {
  const body = 'customer_id;name;since\n1;Acme Corp;24.11.2026\n2;Größe;1.2.2026\n';
  const { source, context, url: server } = await fileSource({ '/customers.csv': { body } });
  const url = `${server}/customers.csv`;
  const config: JsonObject = {
    ...{ dataset_name: 'customers', format: 'csv', url, provider: { storage: 'HTTPS', user_agent: false } },
    reader_options: '{"sep": ";", "header": 0}',
  };
  expect(await source.check(context, config)).toMatchObject({ ok: true });
  const [stream] = await source.discover(context, config);
  expect(stream).toMatchObject({ name: 'customers', jsonSchema: { properties: { since: { format: 'date' } } } });
  if (!stream) return;
  const events = await Array.fromAsync(source.read(context, config, { stream: configured(stream), state: null }));
  expect(events.flatMap((event) => (event.type === 'page' ? event.records : []))).toEqual([
    { customer_id: 1, name: 'Acme Corp', since: '2026-11-24' },
    { customer_id: 2, name: 'Größe', since: '2026-02-01' },
  ]);
});

test('a secret in the address of a file is in no notice and no error', async () => {
  const TOKEN = 'token-0123456789';
  const { source, context } = await fileSource(
    [{ body: '' }, { status: 404 }, { body: '{' }],
    (url) => `
version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [rows] }
streams:
  - type: FileStream
    name: rows
    provider: { type: https }
    path: "${url}/{{ config.token }}/rows.jsonl?token={{ config.token }}"
    format: { type: jsonl }
    schema_loader: { type: InlineSchemaLoader, schema: { properties: { id: { type: integer } } } }
spec:
  type: Spec
  connection_specification: { type: object, properties: { token: { type: string, airbyte_secret: true } } }
`,
  );
  const config = { token: TOKEN };
  const [stream] = await source.discover(context, config);
  if (!stream) throw new Error('there is no stream');
  const read = () => Array.fromAsync(source.read(context, config, { stream: configured(stream), state: null }));
  const notices = (await read()).filter(({ type }) => type === 'notice');
  const failures = [await read().catch(toFailure), await read().catch(toFailure)];
  expect(notices).toMatchObject([{ message: expect.stringContaining('/**********/rows.jsonl is empty') }]);
  expect(failures).toMatchObject([{ code: 'file_not_found' }, { code: 'bad_row' }]);
  expect(JSON.stringify([notices, failures])).not.toContain(TOKEN);
});

function configured(stream: StreamDescriptor): ConfiguredStream {
  return { stream, syncMode: 'full_refresh', destinationSyncMode: 'append', cursorField: [], primaryKey: [] };
}

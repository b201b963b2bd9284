import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import type { JsonObject } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { createHttpClient } from '../http/create-http-client.ts';
import { language } from '../kinds.ts';
import { createManifestSource } from '../manifest-source.ts';
import type { ExtractContext } from '../source.ts';

const FILE = path.resolve(import.meta.dirname, '../../../manifests/file.yaml');

/** The source of our file connector, and a server that has one file. */
async function fileSource(body: string) {
  const { manifest, issues } = parseManifest(readFileSync(FILE, 'utf8'), language);
  if (!manifest) throw new Error(JSON.stringify(issues));
  const server = await scriptedServer({ '/customers.csv': () => ({ body }) });
  const [log, clock] = [createLog('test', 'silent'), () => new Date()];
  const guard = createGuard({ allowed: [{ host: '127.0.0.1', port: server.port }] });
  const http = createHttpClient({ guard, clock, log });
  onTestFinished(async () => {
    await http.close();
    await server.close();
  });
  const context: ExtractContext = { http, log, clock, signal: new AbortController().signal, sleep: async () => {} };
  return { source: createManifestSource(manifest), context, url: `${server.url}/customers.csv` };
}

test('the owner’s CSV block is a source’s config as it is', async () => {
  const { source, context, url } = await fileSource(
    'customer_id;name;since\n1;Acme Corp;24.11.2026\n2;Größe;1.2.2026\n',
  );
  const config: JsonObject = {
    ...{ dataset_name: 'customers', format: 'csv', url, provider: { storage: 'HTTPS', user_agent: false } },
    reader_options: '{"sep": ";", "header": 0}',
  };
  expect(await source.check(context, config)).toMatchObject({ ok: true });
  const [stream] = await source.discover(context, config);
  expect(stream).toMatchObject({ name: 'customers', jsonSchema: { properties: { since: { format: 'date' } } } });
  if (!stream) return;
  const records: JsonObject[] = [];
  const configured = {
    stream,
    syncMode: 'full_refresh',
    destinationSyncMode: 'append',
    cursorField: [],
    primaryKey: [],
  } as const;
  for await (const event of source.read(context, config, { stream: configured, state: null }))
    if (event.type === 'page') records.push(...event.records);
  expect(records).toEqual([
    { customer_id: 1, name: 'Acme Corp', since: '2026-11-24' },
    { customer_id: 2, name: 'Größe', since: '2026-02-01' },
  ]);
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { createGuard } from '#lib/address-guard.ts';
import { createDemoApi } from '#lib/bin/demo-api.ts';
import { loadDatasets } from '#lib/demo/datasets.ts';
import type { FileStreamOptions } from '#lib/extract/files/file-options.ts';
import { discoverFiles, readFiles } from '#lib/extract/files/read-files.ts';
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import type { ExtractContext } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import { parseSuite } from '#quality/parse-suite.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';

const text = (...names: string[]) => readFileSync(path.join(import.meta.dirname, '..', ...names), 'utf8');
interface FileStream extends FileStreamOptions {
  readonly schema_loader: { readonly schema: { readonly properties: JsonObject } };
}
const fileStreams = (parse(text('manifests/demo-files.yaml')) as { streams: FileStream[] }).streams;

/** The demo's files behind a real server. */
async function demoFiles(): Promise<{ context: ExtractContext; baseUrl: string }> {
  const demo = createDemoApi({ tokens: () => ['secret'] });
  const server = await scriptedServer(async ({ target }) => {
    const response = await demo.fetch(new Request(`http://demo.test${target}`));
    return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
  });
  const log = createLog('test', 'silent');
  const clock = () => new Date();
  const guard = createGuard({ allowed: [server] });
  const http = createHttpClient({ guard, clock, log });
  onTestFinished(async () => {
    await http.close();
    await server.close();
  });
  const context = { http, log, clock, signal: new AbortController().signal, sleep: async () => {} };
  return { context, baseUrl: `${server.url}/demo/files` };
}

test.each(fileStreams)('the declared schema of $name is the one that is found in its file', async (stream) => {
  const { context, baseUrl } = await demoFiles();
  const provider = { type: 'https', base_url: baseUrl } as const;
  const found = await discoverFiles(context, { ...stream, provider });
  const typesOf = (schema: { properties?: unknown }) =>
    Object.fromEntries(
      Object.entries(schema.properties as Record<string, { type: string | string[]; format?: string }>).map(
        ([name, { type, format }]) => [name, [[type].flat().filter((each) => each !== 'null'), format]],
      ),
    );
  const declared = stream.schema_loader.schema;
  expect(Object.keys(declared.properties)).toEqual(Object.keys(found.properties as JsonObject));
  // `alert` and the like are almost always empty: the declaration knows more than a look at the file.
  expect(typesOf(declared)).toMatchObject(typesOf(found));
});

test.each(fileStreams)('$name gives every row', async (stream) => {
  const { context, baseUrl } = await demoFiles();
  const descriptor = {
    name: stream.name,
    jsonSchema: stream.schema_loader.schema as JsonObject,
    supportedSyncModes: ['full_refresh'],
    sourceDefinedCursor: false,
    defaultCursorField: [],
    sourceDefinedPrimaryKey: [],
  } as const;
  const configured = {
    stream: descriptor,
    syncMode: 'full_refresh',
    destinationSyncMode: 'overwrite',
    cursorField: [],
    primaryKey: [],
  } as const;
  const options = { ...stream, provider: { type: 'https', base_url: baseUrl } } as const;
  const rows: JsonObject[] = [];
  for await (const event of readFiles(context, options, { stream: configured, state: null }))
    if (event.type === 'page') rows.push(...event.records);
  const { weather, earthquakes } = loadDatasets();
  const expected = stream.name.startsWith('weather') ? weather : earthquakes;
  expect(rows).toHaveLength(expected.length);
  const plain = ({ id, mag, time }: JsonObject) => [id, mag, Date.parse(String(time))];
  if (stream.name === 'earthquakes_parquet') expect(rows.map(plain)).toEqual(expected.map(plain));
  else expect(rows).toEqual(expected);
});

test.each(['earthquakes', 'weather', 'readings'])('the suite of %s is valid', (name) => {
  expect(parseSuite(text('quality/demo', `${name}.yaml`)).issues).toEqual([]);
});

test('what the suites expect is true of the data, and so is what they fail for', () => {
  const { earthquakes, weather, readings } = loadDatasets();
  const share = (name: string) => earthquakes.filter((row) => row[name] !== null).length / earthquakes.length;
  expect([share('id'), share('place'), Math.round(100 * share('nst'))]).toEqual([1, 1, 73]);
  expect(earthquakes.some(({ mag }) => Number(mag) < 0)).toBe(true);
  expect(earthquakes.every(({ time }) => String(time) < '2018-02-08')).toBe(true);
  expect([earthquakes.length, weather.length, readings.count]).toEqual([1_707, 1_461, 70_128]);
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import type { SyncMode } from '#lib/catalog.ts';
import { type JsonObject, stringifyJson } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import { type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import { createHttpClient } from '../http/create-http-client.ts';
import type { ExtractContext, ReadEvent, ReadRequest } from '../source.ts';
import type { FileStreamOptions, FormatOptions } from './file-options.ts';
import { checkFiles, discoverFiles, readFiles } from './read-files.ts';

const demoData = path.resolve(import.meta.dirname, '../../demo/data');

function testFolder(files: Record<string, string | Uint8Array> = {}): string {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-files-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

function context(allowedPort = 0, fileRoots: string[] = []): ExtractContext {
  const log = createLog('test', 'silent');
  const clock = () => new Date();
  const guard = createGuard({ allowed: [{ host: '127.0.0.1', port: allowedPort }] });
  const http = createHttpClient({ guard, clock, log });
  onTestFinished(() => http.close());
  return { http, log, clock, signal: new AbortController().signal, sleep: async () => {}, fileRoots };
}

function request(syncMode: SyncMode = 'full_refresh', rest: Partial<ReadRequest> = {}, jsonSchema: JsonObject = {}) {
  const stream = {
    name: 'files',
    jsonSchema,
    supportedSyncModes: [syncMode],
    sourceDefinedCursor: true,
    defaultCursorField: [],
    sourceDefinedPrimaryKey: [],
  };
  const configured = { stream, syncMode, destinationSyncMode: 'append', cursorField: [], primaryKey: [] } as const;
  return { stream: configured, state: null, ...rest };
}

async function read(given: ExtractContext, options: FileStreamOptions, asked: ReadRequest = request()) {
  const events: ReadEvent[] = [];
  for await (const event of readFiles(given, options, asked)) events.push(event);
  const pages = events.filter((event) => event.type === 'page');
  const closed = events.filter((event) => event.type === 'slice_closed');
  return {
    records: pages.flatMap((page) => page.records),
    slices: [...new Set(pages.map((page) => page.slice))],
    pages,
    notices: events.filter((event) => event.type === 'notice').map((event) => event.message),
    state: closed.at(-1)?.state ?? null,
  };
}

/** One file in an allowed folder. */
function folderOf(content: string | Uint8Array, format: FormatOptions, name = 'data') {
  const folder = testFolder({ [name]: content });
  const options: FileStreamOptions = { name: 'files', provider: { type: 'folder', folder }, path: name, format };
  return { given: context(0, [folder]), options };
}

const properties = (schema: JsonObject) => schema.properties as Record<string, JsonObject>;

describe('CSV', () => {
  test('types are found, and every digit stays', async () => {
    const { given, options } = folderOf(
      '\uFEFFid,price,zip,seen,at,ok,note\r\n1,1.10,01234,2024-01-31,2024-01-31T10:00:00Z,true,"a, ""b""\r\nc"\r\n' +
        '12345678901234567890,0.12345678901234567890,99999,2024-02-01,2024-01-31T11:00:00+02:00,FALSE,\r\n3,,5,,,,""\r\n',
      { type: 'csv' },
    );
    const schema = await discoverFiles(given, options);
    expect(properties(schema)).toEqual({
      id: { type: ['null', 'integer'] },
      price: { type: ['null', 'number'] },
      zip: { type: ['null', 'string'] },
      seen: { type: ['null', 'string'], format: 'date' },
      at: { type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
      ok: { type: ['null', 'boolean'] },
      note: { type: ['null', 'string'] },
    });
    const { records } = await read(given, options, request('full_refresh', {}, schema));
    expect(stringifyJson(records[0])).toBe(
      '{"id":1,"price":1.1,"zip":"01234","seen":"2024-01-31","at":"2024-01-31T10:00:00Z","ok":true,"note":"a, \\"b\\"\\r\\nc"}',
    );
    expect(stringifyJson(records[1])).toContain('{"id":12345678901234567890,"price":0.12345678901234567890,');
    expect(records[2]).toEqual({ id: 3, price: null, zip: '5', seen: null, at: null, ok: null, note: '' });
  });

  test.each([';', '\t', '|'])('the delimiter %j is found in the first line', async (sign) => {
    const { given, options } = folderOf(`a${sign}b${sign}"x,y"\n1${sign}2${sign}3\n`, { type: 'csv' });
    expect((await read(given, options)).records).toEqual([{ a: 1, b: 2, 'x,y': 3 }]);
  });

  test('names that are empty or twice get numbers; without a header, columns are numbered or named', async () => {
    const twice = folderOf('id,,ID,x\n1,2,3,4\n', { type: 'csv' });
    expect((await read(twice.given, twice.options)).records).toEqual([{ id: 1, column_2: 2, ID_2: 3, x: 4 }]);
    const bare = folderOf('1,2\n3,4\n', { type: 'csv', header: false, columns: ['a'] });
    expect((await read(bare.given, bare.options)).records).toEqual([
      { a: 1, column_2: 2 },
      { a: 3, column_2: 4 },
    ]);
  });

  test('other quotes, words for null, and encodings', async () => {
    const options: FormatOptions = { type: 'csv', quote: "'", null_values: ['', 'n/a'], encoding: 'latin-1' };
    const { given, options: stream } = folderOf(Buffer.from("a,b\n'x,é',n/a\n", 'latin1'), options);
    expect((await read(given, stream)).records).toEqual([{ a: 'x,é', b: null }]);
  });

  test.each(['', '\n', '\n2,b\n'])('a line beyond the limit is refused, wherever it is (then %j)', async (rest) => {
    const { given, options } = folderOf(`id,text\n1,${'x'.repeat(40_000_000)}${rest}`, { type: 'csv' });
    const asked = request('full_refresh', {}, { properties: { id: { type: 'integer' }, text: { type: 'string' } } });
    await expect(read(given, options, asked)).rejects.toMatchObject({ kind: 'config', where: { file: 'data' } });
  });

  test.each(['', 'a,b\n'])('%j holds no records', async (content) => {
    const { given, options } = folderOf(content, { type: 'csv' });
    expect((await read(given, options)).records).toEqual([]);
  });

  test('a row that does not fit stops the read, with file, line and row', async () => {
    const ragged = folderOf('id,n\n1,2\n2,3,4\n3,4\n', { type: 'csv' }, 'ragged.csv');
    await expect(
      read(ragged.given, ragged.options, request('full_refresh', {}, { properties: {} })),
    ).rejects.toMatchObject({
      kind: 'config',
      code: 'bad_row',
      message: expect.stringMatching(/^ragged\.csv: line 3 does not fit: .*Found: 3\. The row: 2,3,4$/),
      where: { stream: 'files', file: 'ragged.csv', line: 3 },
    });
    const unclosed = folderOf('id,n\n1,2\n2,"abc\n3,4\n', { type: 'csv' });
    await expect(read(unclosed.given, unclosed.options)).rejects.toMatchObject({ code: 'bad_row', where: { line: 3 } });
  });

  test('or is left out, counted and told, where the manifest says so', async () => {
    const { given, options } = folderOf('id,n\n1,2\n2,3,4\n3\n4,5\n', { type: 'csv', bad_rows: 'skip' });
    const { records, pages, notices } = await read(given, options);
    expect(records).toEqual([
      { id: 1, n: 2 },
      { id: 4, n: 5 },
    ]);
    expect(pages.reduce((sum, page) => sum + page.read, 0)).toBe(4);
    expect(pages.reduce((sum, page) => sum + page.filtered, 0)).toBe(2);
    expect(notices).toEqual([expect.stringContaining("2 rows don't fit and were left out (line 3: ")]);
  });
});

describe('JSON', () => {
  test('lines keep every digit, and nested values', async () => {
    const { given, options } = folderOf(
      '{"id":9007199254740993,"tags":["a"],"at":{"x":1.50}}\n\n{"id":2,"at":{"x":2,"y":null}}',
      { type: 'jsonl' },
    );
    const { records } = await read(given, options);
    expect(records.map((record) => stringifyJson(record))).toEqual([
      '{"id":9007199254740993,"tags":["a"],"at":{"x":1.5}}',
      '{"id":2,"at":{"x":2,"y":null}}',
    ]);
    expect(properties(await discoverFiles(given, options))).toEqual({
      id: { type: ['null', 'integer'] },
      tags: { type: ['null', 'array'], items: { type: ['null', 'string'] } },
      at: {
        type: ['null', 'object'],
        properties: { x: { type: ['null', 'number'] }, y: { type: ['null', 'string'] } },
      },
    });
  });

  test('a broken line ends the read after what came before it, and names itself', async () => {
    const { given, options } = folderOf('{"id":1}\n{"id":2}\n{"id":', { type: 'jsonl' }, 'broken.jsonl');
    const seen: unknown[] = [];
    const all = async () => {
      for await (const event of readFiles(given, options, request('full_refresh', {}, { properties: {} })))
        seen.push(event);
    };
    await expect(all()).rejects.toMatchObject({ code: 'bad_row', where: { file: 'broken.jsonl', line: 3 } });
    expect(seen).toEqual([expect.objectContaining({ type: 'page', records: [{ id: 1 }, { id: 2 }] })]);
  });

  test('bytes that are no UTF-8 are refused', async () => {
    const { given, options } = folderOf(Buffer.from('{"a":"é"}\n', 'latin1'), { type: 'jsonl' });
    await expect(read(given, options)).rejects.toMatchObject({ code: 'bad_encoding' });
  });

  test('a document holds its list at the top or further in', async () => {
    const top = folderOf('[{"id":1},{"id":2}]', { type: 'json' });
    expect((await read(top.given, top.options)).records).toEqual([{ id: 1 }, { id: 2 }]);
    const inside = folderOf('{"data":{"items":[{"id":1}]}}', { type: 'json', record_path: ['data', 'items'] });
    expect((await read(inside.given, inside.options)).records).toEqual([{ id: 1 }]);
    const wrong = folderOf('{"data":{}}', { type: 'json', record_path: ['data', 'items'] });
    await expect(read(wrong.given, wrong.options)).rejects.toMatchObject({
      code: 'no_records',
      message: 'data: there is nothing at data.items.',
    });
  });
});

describe('Parquet', () => {
  test('has its own types', async () => {
    const { given, options } = folderOf(readFileSync(`${demoData}/earthquakes.parquet`), { type: 'parquet' });
    const schema = properties(await discoverFiles(given, options));
    expect(schema.mag).toEqual({ type: ['null', 'number'] });
    expect(schema.tsunami).toEqual({ type: ['null', 'boolean'] });
    expect(schema.time).toMatchObject({ format: 'date-time', airbyte_type: 'timestamp_with_timezone' });
    const { records, pages } = await read(given, options);
    expect(records).toHaveLength(1_707);
    expect(pages.reduce((sum, page) => sum + page.bytes, 0)).toBe(
      readFileSync(`${demoData}/earthquakes.parquet`).length,
    );
    expect(records[0]).toMatchObject({
      id: 'ak18247005',
      time: '2018-01-31T02:18:21.235Z',
      mag: 2.3,
      felt: null,
      tsunami: false,
      sig: 81,
      longitude: -136.5559,
    });
  });

  test('that is cut or is something else is named', async () => {
    const whole = readFileSync(`${demoData}/seattle-weather.parquet`);
    for (const content of [whole.subarray(0, -20), 'date,wind\n2012-01-01,4.7\n', '']) {
      const { given, options } = folderOf(content, { type: 'parquet' }, 'weather.parquet');
      const error = await read(given, options).catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ code: 'file_broken', where: { file: 'weather.parquet' } });
      expect(String(error)).not.toContain('weir-file-');
    }
  });
});

describe('packed files', () => {
  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('%s is unpacked, whatever the name says', async (_, pack) => {
    const { given, options } = folderOf(pack(Buffer.from('id\n1\n')), { type: 'csv' });
    expect((await read(given, options)).records).toEqual([{ id: 1 }]);
  });

  test('broken ones and bombs are refused', async () => {
    const cut = folderOf(gzipSync('id\n1\n').subarray(0, -5), { type: 'csv' });
    await expect(read(cut.given, cut.options)).rejects.toMatchObject({ code: 'file_broken' });
    const bomb = folderOf(gzipSync(Buffer.alloc(80 * 1024 * 1024)), { type: 'csv' });
    await expect(read(bomb.given, bomb.options)).rejects.toMatchObject({ code: 'file_too_large' });
  });
});

test('a test read stops at its limits', async () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `${index}\n`).join('');
  const folder = testFolder({ '1.csv': `id\n${lines}`, '2.csv': 'id\n1\n' });
  const path = '*.csv';
  const options: FileStreamOptions = {
    name: 'files',
    provider: { type: 'folder', folder },
    path,
    format: { type: 'csv' },
  };
  const limits = { maxSlices: 1, maxPages: 5, maxRecords: 10 };
  const { records, pages, slices } = await read(
    context(0, [folder]),
    options,
    request('full_refresh', { limits, keepRaw: true }),
  );
  expect([records.length, pages.length, slices]).toEqual([10, 1, ['1.csv']]);
  expect(pages[0]?.raw).toEqual(records);
});

describe('folders', () => {
  const csv = (folder: string, pattern: string): FileStreamOptions => ({
    name: 'files',
    provider: { type: 'folder', folder },
    path: pattern,
    format: { type: 'csv' },
  });

  test('a glob gives one slice per file, by name', async () => {
    const folder = testFolder({ 'b/2.csv': 'id\n2\n', 'a/1.csv': 'id\n1\n', 'a/x.txt': 'no' });
    const { records, slices } = await read(context(0, [folder]), csv(folder, '*/*.csv'));
    expect(records).toEqual([{ id: 1 }, { id: 2 }]);
    expect(slices).toEqual(['a/1.csv', 'b/2.csv']);
  });

  test('incremental reads what is new or changed, by its content and not by its date', async () => {
    const folder = testFolder({ '1.csv': 'id\n1\n', '2.csv': 'id\n2\n' });
    const given = context(0, [folder]);
    const first = await read(given, csv(folder, '*.csv'), request('incremental'));
    expect(first.records).toHaveLength(2);
    const again = await read(given, csv(folder, '*.csv'), request('incremental', { state: first.state }));
    expect(again).toMatchObject({ records: [], state: first.state });
    execFileSync('cp', ['-p', path.join(folder, '1.csv'), path.join(folder, 'stamp')]);
    writeFileSync(path.join(folder, '1.csv'), 'id\n9\n');
    execFileSync('touch', ['-r', path.join(folder, 'stamp'), path.join(folder, '1.csv')]);
    const changed = await read(given, csv(folder, '*.csv'), request('incremental', { state: first.state }));
    expect(changed.records).toEqual([{ id: 9 }]);
  });

  test('a full refresh reads all, but goes on where an interrupted one had come to', async () => {
    const folder = testFolder({ '1.csv': 'id\n1\n', '2.csv': 'id\n2\n' });
    const given = context(0, [folder]);
    const full = await read(given, csv(folder, '*.csv'));
    expect(full.state).toMatchObject({ complete: true });
    expect(
      (await read(given, csv(folder, '*.csv'), request('full_refresh', { state: full.state }))).records,
    ).toHaveLength(2);
    const { '1.csv': version = '' } = (full.state?.files ?? {}) as Record<string, string>;
    const state = { complete: false, files: { '1.csv': version } };
    const rest = await read(given, csv(folder, '*.csv'), request('full_refresh', { state }));
    expect(rest.records).toEqual([{ id: 2 }]);
    expect(rest.state).toEqual(full.state);
  });

  test('nothing outside of the allowed folders, no link that leads out, no pipe, no device', async () => {
    const folder = testFolder({ 'in/ok.csv': 'id\n1\n', 'secret.csv': 'id\n2\n' });
    symlinkSync('../secret.csv', path.join(folder, 'in/link.csv'));
    symlinkSync('..', path.join(folder, 'in/up'));
    execFileSync('mkfifo', [path.join(folder, 'in/pipe.csv')]);
    const inside = path.join(folder, 'in');
    const given = context(0, [inside]);
    for (const name of [
      '../secret.csv',
      'link.csv',
      'up/secret.csv',
      'pipe.csv',
      '/etc/passwd',
      '/dev/zero',
      '/proc/self/environ',
      '.',
    ])
      await expect(read(given, csv(inside, name))).rejects.toMatchObject({ kind: 'config', code: 'path_refused' });
    await expect(read(given, csv(folder, '*.csv'))).rejects.toMatchObject({ code: 'path_refused' });
    await expect(read(context(0, []), csv(inside, 'ok.csv'))).rejects.toMatchObject({ code: 'path_refused' });
    await expect(read(given, csv(inside, '%2e%2e/secret.csv'))).rejects.toMatchObject({ code: 'file_not_found' });
    expect((await read(given, csv(inside, 'ok.csv'))).records).toEqual([{ id: 1 }]);
  });

  test('a check says what was found, or what is wrong', async () => {
    const folder = testFolder({ 'a.csv': 'id,name\n1,x\n' });
    const given = context(0, [folder]);
    expect(await checkFiles(given, csv(folder, '*.csv'))).toEqual({
      ok: true,
      message: 'files: found files with 2 columns.',
    });
    expect(await checkFiles(given, csv(folder, '*.tsv'))).toMatchObject({
      ok: false,
      message: expect.stringContaining('*.tsv: there is no such file.'),
    });
  });
});

describe('https', () => {
  const start = async (script: Script) => {
    const server = await scriptedServer(script);
    onTestFinished(() => server.close());
    const options = (file: string): FileStreamOptions => ({
      name: 'files',
      provider: { type: 'https', base_url: server.url, headers: { 'x-key': 'k' } },
      path: file,
      format: { type: 'csv' },
    });
    return { server, options, given: context(server.port) };
  };

  test('a file with an ETag is asked for only once', async () => {
    const { server, options, given } = await start({
      '/a.csv': ({ headers }) =>
        headers['if-none-match'] === '"v1"' ? { status: 304 } : { body: 'id\n1\n', headers: { etag: '"v1"' } },
    });
    const first = await read(given, options('a.csv'), request('incremental'));
    expect(first.records).toEqual([{ id: 1 }]);
    expect(server.requests[0]?.headers['x-key']).toBe('k');
    const again = await read(given, options('a.csv'), request('incremental', { state: first.state }));
    expect(again.records).toEqual([]);
    expect(server.requests).toHaveLength(2);
  });

  test('without an ETag the content decides', async () => {
    const { options, given } = await start({
      '/a.csv': [{ body: 'id\n1\n' }, { body: 'id\n1\n' }, { body: 'id\n2\n' }],
    });
    const first = await read(given, options('a.csv'), request('incremental'));
    const state = { state: first.state };
    expect((await read(given, options('a.csv'), request('incremental', state))).records).toEqual([]);
    expect((await read(given, options('a.csv'), request('incremental', state))).records).toEqual([{ id: 2 }]);
  });

  test('a file that breaks off gives no record; an address that is refused says so', async () => {
    const { options, given } = await start({
      '/a.csv': { body: 'id\n1\n2\n', cutAfter: 6 },
      '/b.csv': { status: 403 },
    });
    await expect(read(given, options('a.csv'))).rejects.toMatchObject({
      kind: 'transient',
      code: 'response_truncated',
    });
    await expect(read(given, options('b.csv'))).rejects.toMatchObject({ kind: 'config', code: 'unauthorized' });
    await expect(read(given, options('c.csv'))).rejects.toMatchObject({ kind: 'config', code: 'file_not_found' });
    await expect(read(context(), options('a.csv'))).rejects.toMatchObject({ code: 'address_refused' });
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { type JsonObject, stringifyJson } from '#lib/json.ts';
import type { FileStreamOptions, FormatOptions } from './file-options.ts';
import { context, folderOf, read, request, testFolder } from './fixtures/reading.ts';
import { zip } from './fixtures/workbook.ts';
import { discoverFiles, readFiles } from './read-files.ts';

const demoData = path.resolve(import.meta.dirname, '../../demo/data');

type Row = { readonly id: number; readonly text: string };

/** The rows as a file of that format. */
async function written(rows: readonly Row[], type: FormatOptions['type']): Promise<string | Buffer> {
  const lines = rows.map((row) => JSON.stringify(row)).join('\n');
  if (type === 'jsonl') return lines;
  if (type === 'json') return JSON.stringify(rows);
  if (type === 'csv') return `id,text\n${rows.map(({ id, text }) => `${id},${text}`).join('\n')}`;
  if (type === 'excel') return sheetOf(rows);
  const folder = testFolder({ lines });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`copy (from read_json('${folder}/lines', format = 'nd')) to '${folder}/rows' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
  return readFileSync(`${folder}/rows`);
}

function sheetOf(rows: readonly Row[]): Buffer {
  const cells = rows.map(({ id, text }) => `<row><c><v>${id}</v></c><c t="str"><v>${text}</v></c></row>`);
  const header = '<row><c t="str"><v>id</v></c><c t="str"><v>text</v></c></row>';
  return zip({
    'xl/workbook.xml': '<workbook><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="rId1" Target="worksheets/one.xml"/></Relationships>',
    'xl/worksheets/one.xml': `<worksheet><sheetData>${header}${cells.join('')}</sheetData></worksheet>`,
  });
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

  test.each([
    ['with too many fields', '1,2,3\n', { line: 200_002 }],
    ['with a quote that nothing closes', '1,"open\n', { line: 200_002 }],
  ])('a row %s is noticed behind two hundred thousand others', async (_, row, where) => {
    const rows = Array.from({ length: 200_000 }, (_, index) => `${index},plain\n`).join('');
    const { given, options } = folderOf(`id,n\n${rows}${row}`, { type: 'csv' }, 'long.csv');
    await expect(read(given, options)).rejects.toMatchObject({
      code: 'bad_row',
      where: { file: 'long.csv', ...where },
    });
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
    expect(seen).toEqual([
      { type: 'to_come', bytes: 24 },
      expect.objectContaining({ type: 'page', records: [{ id: 1 }, { id: 2 }] }),
      { type: 'slice_cut', slice: 'broken.jsonl' },
    ]);
  });

  test('or is left out, counted and told, where the manifest says so', async () => {
    const lines = '{"id":1}\nnonsense\n\n[2]\n{"id":3}\n{"id":';
    const { given, options } = folderOf(lines, { type: 'jsonl', bad_rows: 'skip' }, 'some.jsonl');
    const { records, pages, notices } = await read(given, options);
    expect(records).toEqual([{ id: 1 }, { id: 3 }]);
    expect(pages.reduce((sum, page) => sum + page.read, 0)).toBe(5);
    expect(pages.reduce((sum, page) => sum + page.filtered, 0)).toBe(3);
    expect(notices).toEqual([
      'some.jsonl: 3 rows don\'t fit and were left out (line 2: nonsense; line 4: [2]; line 6: {"id":).',
    ]);
    expect(properties(await discoverFiles(given, options))).toEqual({ id: { type: ['null', 'integer'] } });
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

  test('nested and long values come as they are, those too that JSON has no word for', async () => {
    const folder = testFolder();
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(
      `copy (select {'big': 12345678901234567890123.123456789::decimal(38, 9), 'nan': 'nan'::double, 'text': 'NaN, "Infinity"'} as a,
         [{'x': '-infinity'::double, 'y': [1, null]}] as b, map {'k': 9007199254740993} as c, 18446744073709551615::ubigint as d, 'nan'::double as e,
         timestamp '2026-11-25 10:00:00.123456' as f from range(3000))
       to '${folder}/odd' (format parquet, row_group_size 1000)`,
    );
    connection.closeSync();
    instance.closeSync();
    const { given, options } = folderOf(readFileSync(`${folder}/odd`), { type: 'parquet' });
    const { records } = await read(given, options);
    expect(records).toHaveLength(3000);
    expect(new Set(records.map((record) => stringifyJson(record)))).toEqual(
      new Set([
        '{"a":{"big":12345678901234567890123.123456789,"nan":"NaN","text":"NaN, \\"Infinity\\""},' +
          '"b":[{"x":"-Infinity","y":[1,null]}],"c":{"k":9007199254740993},"d":18446744073709551615,"e":"nan","f":"2026-11-25T10:00:00.123456"}',
      ]),
    );
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

  test('all frames of zstd, and what is packed inside of what is packed', async () => {
    const frames = Buffer.concat([zstdCompressSync('id\n1\n'), zstdCompressSync('2\n'), zstdCompressSync('3\n')]);
    for (const content of [frames, gzipSync(frames), gzipSync(gzipSync(frames))]) {
      const { given, options } = folderOf(content, { type: 'csv' });
      expect((await read(given, options)).records).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    }
    const cut = folderOf(frames.subarray(0, -4), { type: 'csv' });
    await expect(read(cut.given, cut.options)).rejects.toMatchObject({ code: 'file_broken' });
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

describe('how much is to come', () => {
  const filesOf = (files: Record<string, string | Uint8Array>, pattern: string) => {
    const folder = testFolder(files);
    const options: FileStreamOptions = {
      ...{ name: 'files', provider: { type: 'folder', folder }, path: pattern, format: { type: 'jsonl' } },
    };
    return read(context(0, [folder]), options);
  };

  test('is told before each file: its own bytes, and those of the files behind it', async () => {
    const { toCome, pages } = await filesOf({ 'a.jsonl': '{"id":1}\n', 'b.jsonl': '{"id":22}\n' }, '*.jsonl');
    expect(toCome).toEqual([19, 10]);
    expect(pages.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(19);
  });

  test.each(['csv', 'jsonl', 'json', 'parquet', 'excel'] as const)('is told of %s as its rows come', async (type) => {
    const rows = Array.from({ length: 9_000 }, (_, id) => ({ id, text: 'x'.repeat(40) }));
    const { given, options } = folderOf(await written(rows, type), { type });
    const { pages, toCome } = await read(given, options);
    const total = toCome[0] ?? 0;
    expect(pages.length).toBeGreaterThan(3);
    expect(pages.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(total);
    for (const { bytes } of pages) expect(bytes).toBeLessThan(total / 2);
  });

  test('is not known while a packed file is behind', async () => {
    const packed = gzipSync('{"id":22}\n');
    const { toCome } = await filesOf({ 'a.jsonl': '{"id":1}\n', 'b.jsonl.gz': packed }, '*.jsonl*');
    expect(toCome).toEqual([null, 10]);
  });

  test('is told while a long file is fetched', async () => {
    const line = `${JSON.stringify({ text: 'x'.repeat(1_000_000 - 12) })}\n`;
    const { toCome, notices } = await filesOf({ 'long.jsonl': line.repeat(40) }, 'long.jsonl');
    expect(new Set(toCome)).toEqual(new Set([40_000_000]));
    expect(notices[0]).toMatch(/^\d\d MB of 40 MB of long.jsonl are fetched.$/);
  });
});

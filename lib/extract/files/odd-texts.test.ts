import { symlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { toFailure, type WeirError } from '#lib/errors.ts';
import { type JsonObject, stringifyJson } from '#lib/json.ts';
import type { FormatOptions } from './file-options.ts';
import { folderOf, read, request } from './fixtures/reading.ts';
import { zip } from './fixtures/workbook.ts';
import type { FileProvider } from './providers/provider.ts';
import { discoverFiles } from './read-files.ts';
import { stageFile } from './stage-file.ts';

async function rowsOf(content: string | Uint8Array, format: FormatOptions = { type: 'csv' }, member?: string) {
  const { given, options } = folderOf(content, format, 'rows.txt');
  const stream = { ...options, ...(member !== undefined && { member }) };
  const schema = await discoverFiles(given, stream);
  return (await read(given, stream, request('full_refresh', {}, schema))).records;
}

/** The error, or how many rows there were instead. */
const failureOf = (...asked: Parameters<typeof rowsOf>): Promise<Partial<WeirError>> =>
  rowsOf(...asked).then(
    ({ length }) => ({ message: `${length} rows` }),
    (error: WeirError) => error,
  );

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('texts', () => {
  const LONG = Array.from({ length: 200_000 }, (_, index) => `${index},plain\n`).join('');

  test.each([
    ['UTF-8 with a mark', Buffer.from('\ufeffid,t\n1,é€\n'), 'é€'],
    ['UTF-16 with a mark', Buffer.from('\ufeffid,t\r\n1,é€\r\n', 'utf16le'), 'é€'],
    ['UTF-16, the other order', utf16be('\ufeffid,t\n1,é€\n'), 'é€'],
    ['UTF-16 without a mark', Buffer.from('id,t\n1,é€\n', 'utf16le'), 'é€'],
    ['Windows’ letters', Buffer.from('id,t\n1,\x80 \xe9\n', 'latin1'), '€ é'],
    ['a mark and quotes', Buffer.from('\ufeff"id","t"\n1,"a\nb"\n'), 'a\nb'],
  ])('in %s', async (_, content, value) => {
    expect(await rowsOf(content)).toEqual([{ id: 1, t: value }]);
  });

  test('whose first letter that is no UTF-8 comes late are refused with its line, and not taken for others', async () => {
    const late = Buffer.concat([Buffer.from(`id,t\n${LONG}`), Buffer.from('900000,\xe9\n', 'latin1')]);
    const failure = await failureOf(late);
    expect(failure).toMatchObject({ kind: 'config', where: { file: 'rows.txt' } });
    expect(failure.message).toMatch(/200002|UTF-8|encoding/i);
    expect(failure.hint).toMatch(/encoding/);
    const named = await rowsOf(late, { type: 'csv', encoding: 'windows-1252' });
    expect(named.at(-1)).toEqual({ id: 900_000, t: 'é' });
  });

  test('of JSON in another encoding are refused, never read with other letters', async () => {
    const latin = Buffer.from('[{"id":1,"t":"\xe9"}]', 'latin1');
    expect(await failureOf(latin, { type: 'json' })).toMatchObject({
      code: 'bad_encoding',
      where: { file: 'rows.txt' },
    });
    for (const type of ['json', 'jsonl'] as const) {
      for (const text of ['{"id":1}\n', '\ufeff{"id":1}\n'])
        for (const bytes of [Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16()])
          expect(await failureOf(bytes, { type })).toMatchObject({
            ...{ kind: 'config', code: 'bad_encoding', message: 'rows.txt: is written in UTF-16.' },
            where: { file: 'rows.txt' },
          });
      expect(await rowsOf('\ufeff{"id":1,"t":"é"}\n', { type })).toEqual([{ id: 1, t: 'é' }]);
    }
  });
});

describe('JSON', () => {
  test('nests, keeps every digit, and says which item is no object', async () => {
    const nested = '[{"id":12345678901234567890,"a":{"b":[[1,2],[3]],"c":[{"d":1.10}]}},{"id":2,"a":null}]';
    expect((await rowsOf(nested, { type: 'json' })).map((row) => stringifyJson(row))[0]).toBe(
      '{"id":12345678901234567890,"a":{"b":[[1,2],[3]],"c":[{"d":1.1}]}}',
    );
    expect(await failureOf('[{"id":1},[2]]', { type: 'json' })).toMatchObject({ code: 'bad_row', where: { row: 2 } });
    expect(await failureOf('[{"id":1},', { type: 'json' })).toMatchObject({ code: 'file_broken' });
    expect(await failureOf('[{"id":1}] [{"id":2}]', { type: 'json' })).toMatchObject({ code: 'file_broken' });
    expect(await failureOf('', { type: 'json' })).toMatchObject({ code: 'file_broken' });
    expect(await rowsOf('[]', { type: 'json' })).toEqual([]);
  });

  test('of a document that holds its list further in is told where lists are', async () => {
    const document = '{"meta":{"count":2},"data":{"items":[{"id":1},{"id":2}]}}';
    expect(await rowsOf(document, { type: 'json', record_path: ['data', 'items'] })).toHaveLength(2);
  });
});

describe('a JSON document of more than 16 MB', () => {
  const many = (count: number, last: string) =>
    `{"meta":{"items":[]},"data":{"items":[${Array.from({ length: count }, (_, id) => `{"id":${id},"big":12345678901234567890,"t":"${'ä'.repeat(500)}"}`).join(',\n')}${last}]}}`;
  const format = { type: 'json', record_path: ['data', 'items'] } as const;

  test('is read record by record, with every digit, and its schema is found', async () => {
    const rows = await rowsOf(many(20_000, ''), format);
    expect(rows).toHaveLength(20_000);
    expect(rows.at(-1)).toMatchObject({ id: 19_999, big: 12345678901234567890n });
  });

  test('says which item is wrong, and what is not there', async () => {
    expect(await failureOf(many(20_000, ',[2]'), format)).toMatchObject({ code: 'bad_row', where: { row: 20_001 } });
    expect(await failureOf(many(20_000, ',{"id":NaN}'), format)).toMatchObject({
      code: 'file_broken',
      message: expect.stringMatching(/^rows\.txt: item 20001 is not valid JSON/),
    });
    expect(await failureOf(many(20_000, ''), { type: 'json', record_path: ['rows'] })).toMatchObject({
      code: 'no_records',
      message: 'rows.txt: there is nothing at rows.',
    });
    expect(await failureOf(many(20_000, '').slice(0, -3), format)).toMatchObject({ code: 'file_broken' });
  });
});

describe('archives', () => {
  test('name their files, and give the one that is meant', async () => {
    const content = zip({ 'a/': '', 'a/1.csv': 'id\n1\n', 'a/2.csv': 'id\n2\n', '__MACOSX/a/._1.csv': 'x' });
    expect(await failureOf(content)).toMatchObject({
      code: 'zip_members',
      hint: expect.stringContaining('a/1.csv, a/2.csv'),
    });
    expect(await rowsOf(content, { type: 'csv' }, 'a/2.csv')).toEqual([{ id: 2 }]);
    expect(await rowsOf(content, { type: 'csv' }, '**/1.csv')).toEqual([{ id: 1 }]);
    expect(await failureOf(content, { type: 'csv' }, '*.txt')).toMatchObject({ code: 'zip_members' });
    expect(await rowsOf(zip({ 'data/': '', 'data/only.csv': 'id\n1\n' }))).toEqual([{ id: 1 }]);
    expect(await failureOf(zip({}))).toMatchObject({ code: 'zip_members' });
    expect(await rowsOf(zip({ 'empty.csv': '' }))).toEqual([]);
  });

  test('whose content is not what was packed are refused', async () => {
    const content = zip({
      'a.csv': `id,t\n${Array.from({ length: 50 }, (_, index) => `${index * 7919},text\n`).join('')}`,
    });
    for (let at = 40; at < 120; at += 7) {
      const flipped = Buffer.from(content);
      flipped.writeUInt8((flipped[at] ?? 0) ^ 0x10, at);
      const failure = await failureOf(flipped);
      expect(failure).toMatchObject({ code: 'file_broken', where: { file: 'rows.txt' } });
    }
    expect(await failureOf(content.subarray(0, -30))).toMatchObject({ code: 'file_broken' });
    expect(await failureOf(content.subarray(20))).toMatchObject({ kind: 'config' });
  });

  test.each([
    ['gzip', gzipSync('id\n1\n')],
    ['zip', zip({ 'a.csv': 'id\n1\n' })],
  ])('of %s are not called broken where the disk is full', async (_, packed) => {
    const provider: FileProvider = {
      list: async () => [],
      async fetch(_entry, target) {
        writeFileSync(target, packed);
        symlinkSync('/dev/full', `${target}-1`);
        return { version: '1' };
      },
    };
    const entry = { name: 'rows', version: '1', bytes: packed.length };
    const failure = await stageFile(provider, entry, null, { format: { type: 'csv' } }).catch(toFailure);
    expect(failure).toMatchObject({ code: 'disk_full' });
  });

  test('of gzip with several parts give all of them; cut, or with something behind, they are refused', async () => {
    const parts = [gzipSync('id,t\n1,a\n'), gzipSync('2,b\n'), gzipSync('3,c\n')];
    expect(await rowsOf(Buffer.concat(parts))).toHaveLength(3);
    for (const cut of [1, 5, 9, 20, 30]) {
      const failure = await failureOf(Buffer.concat(parts).subarray(0, -cut));
      expect(failure).toMatchObject({ code: 'file_broken', where: { file: 'rows.txt' } });
    }
    const flipped = gzipSync('id,t\n1,a\n');
    flipped.writeUInt8((flipped.at(-6) ?? 0) ^ 1, flipped.length - 6);
    expect(await failureOf(flipped)).toMatchObject({ code: 'file_broken' });
  });
});

describe('a file', () => {
  test.each(['\n', '\r\n\r\n', '\ufeff\n'])('of nothing but line ends, %j, has no rows', async (content) => {
    const schema = { properties: { id: { type: ['null', 'integer'] } } };
    const { given, options } = folderOf(content, { type: 'csv' });
    expect((await read(given, options, request('full_refresh', {}, schema))).records).toEqual([]);
    expect(await discoverFiles(given, options)).toMatchObject({ properties: {} });
  });

  test('with none of the columns that its stream has is refused', async () => {
    const schema: JsonObject = {
      properties: { id: { type: ['null', 'integer'] }, text: { type: ['null', 'string'] } },
    };
    const { given, options } = folderOf('{"error": "sign in"}\nplease\n', { type: 'csv' }, 'rows.csv');
    await expect(read(given, options, request('incremental', {}, schema))).rejects.toMatchObject({
      kind: 'config',
      code: 'other_columns',
      message: expect.stringMatching(/^rows\.csv: has none of the stream’s columns \(id, text\)/),
    });
    for (const [type, content] of [
      ['json', '{"error": "sign in"}'],
      ['jsonl', '{"error": "sign in"}\n'],
    ] as const) {
      const other = folderOf(content, { type }, 'rows.json');
      await expect(read(other.given, other.options, request('incremental', {}, schema))).rejects.toMatchObject({
        code: 'other_columns',
        message: expect.stringMatching(/^rows\.json: has none of the stream’s columns \(id, text\); its own are error/),
      });
      const bare = folderOf('[{}]', { type: 'json' }, 'rows.json');
      expect((await read(bare.given, bare.options, request('incremental', {}, schema))).records).toEqual([{}]);
    }
    const some = folderOf('id,other\n1,2\n', { type: 'csv' }, 'rows.csv');
    expect((await read(some.given, some.options, request('incremental', {}, schema))).records).toEqual([
      { id: 1, other: '2' },
    ]);
  });
});

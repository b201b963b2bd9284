import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import type { ExtractContext } from '../source.ts';
import { detectDateFormat, toIso } from './date-formats.ts';
import type { FileStreamOptions, FormatOptions } from './file-options.ts';
import { workbook, zip } from './fixtures/workbook.ts';
import { discoverFiles, readFiles } from './read-files.ts';

/** The records of one file, read with the schema that is found, and that schema's properties. */
async function read(content: string | Buffer, format: object, more: Partial<FileStreamOptions> = {}) {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-files-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'data'), content);
  const context = {
    ...{ log: createLog('test', 'silent'), clock: () => new Date(), signal: new AbortController().signal },
    fileRoots: [folder],
  } as unknown as ExtractContext;
  const options: FileStreamOptions = {
    ...{ name: 'rows', provider: { type: 'folder', folder }, path: 'data', format: format as FormatOptions },
    ...more,
  };
  const jsonSchema = await discoverFiles(context, options);
  const records: JsonObject[] = [];
  const stream = {
    stream: {
      ...{ name: 'rows', jsonSchema, supportedSyncModes: ['full_refresh' as const], sourceDefinedCursor: true },
      ...{ defaultCursorField: [], sourceDefinedPrimaryKey: [] },
    },
    ...{ syncMode: 'full_refresh' as const, destinationSyncMode: 'append' as const, cursorField: [], primaryKey: [] },
  };
  for await (const event of readFiles(context, options, { stream, state: null }))
    if (event.type === 'page') records.push(...event.records);
  return { records, properties: jsonSchema.properties as Record<string, JsonObject> };
}

describe('how a CSV file is written', () => {
  const utf16 = (text: string, order: 'le' | 'be', mark = '\ufeff') => {
    const bytes = Buffer.from(mark + text, 'utf16le');
    return order === 'le' ? bytes : bytes.swap16();
  };
  const text = 'id,name\n1,José\n2,€\n';

  test.each<[string, Buffer, object]>([
    ['UTF-16, little end first', utf16(text, 'le'), {}],
    ['UTF-16, big end first', utf16(text, 'be'), {}],
    ['UTF-16 by name, as its mark says', utf16(text, 'be'), { encoding: 'utf-16' }],
    ['UTF-16 without a mark', utf16(text, 'le', ''), {}],
    ['UTF-8 with a mark, by Python’s name', Buffer.from(`\ufeff${text}`), { encoding: 'utf-8-sig' }],
  ])('%s', async (_, content, options) => {
    const { records } = await read(content, { type: 'csv', ...options });
    expect(records).toEqual([
      { id: 1, name: 'José' },
      { id: 2, name: '€' },
    ]);
  });

  test('line ends may change from line to line; those inside quotes stay', async () => {
    const mixed = 'a,b\r\nx,"1\r\n2"\ny,5" pipe\rz,"say ""hi"""\r\n';
    expect((await read(mixed, { type: 'csv', header: true })).records).toEqual([
      { a: 'x', b: '1\r\n2' },
      { a: 'y', b: '5" pipe' },
      { a: 'z', b: 'say "hi"' },
    ]);
  });

  test('what can’t be is said: a date without a year, no such column, a quote that is not closed, no text', async () => {
    const csv = (content: string | Buffer, options: object = {}) => read(content, { type: 'csv', ...options });
    await expect(csv('d\n1\n', { date_formats: { d: '%d/%m/%Y' } })).rejects.toMatchObject({ code: 'bad_options' });
    await expect(csv('d\n1\n', { date_formats: { x: 'DD/MM/YYYY' } })).rejects.toThrow('has no column x');
    await expect(csv('a,b\n"x,2\n3,4\n')).rejects.toThrow('line 2 does not fit: Value with unterminated quote found.');
    await expect(csv(Buffer.from([1, 0, 2, 0, 0, 10, 50, 10]))).rejects.toThrow('begins with bytes that are no text');
  });
});

describe('options of CSV', () => {
  const german = 'Umsätze\nid;name;betrag;am\n1;Müller;1.5;25.11.2026\n2;n/a;;1.2.2026\n';
  const expected = [
    { id: 1, name: 'Müller', betrag: 1.5, am: '2026-11-25' },
    { id: 2, name: null, betrag: null, am: '2026-02-01' },
  ];

  test.each<[string, object]>([
    ['ours', { type: 'csv', delimiter: ';', null_values: ['n/a'], skip_rows: 1 }],
    [
      'those of Airbyte’s file connectors',
      {
        type: 'csv',
        delimiter: ';',
        quote_char: '"',
        double_quote: true,
        encoding: 'utf8',
        null_values: ['n/a'],
        skip_rows_before_header: 1,
        header_definition: { header_definition_type: 'From CSV' },
      },
    ],
    [
      'reader_options as JSON text',
      { type: 'csv', reader_options: '{"sep": ";", "na_values": ["n/a"], "skiprows": 1, "header": 0}' },
    ],
  ])('by the names of %s', async (_, format) => {
    expect((await read(german, format)).records).toEqual(expected);
  });

  test('tabs, names for columns without a header, and words for true and false', async () => {
    expect((await read('a\tb\n1\t2\n', { type: 'tsv' })).records).toEqual([{ a: 1, b: 2 }]);
    const format = { type: 'csv', header: false, columns: ['id', 'ok'], true_values: ['ja'], false_values: ['nein'] };
    const { records, properties } = await read('1,ja\n2,nein\n3,\n', format);
    expect(records).toEqual([
      { id: 1, ok: true },
      { id: 2, ok: false },
      { id: 3, ok: null },
    ]);
    expect(properties.ok).toEqual({ type: ['null', 'boolean'] });
  });

  test('reader_options that are none say so', async () => {
    await expect(read('a\n1\n', { type: 'csv', reader_options: '{sep: ;' })).rejects.toMatchObject({
      code: 'bad_options',
    });
  });

  test.each([
    ['UTF-16 by its mark', Buffer.from('\ufeffid,name\n1,Zoë\n', 'utf16le')],
    ['Windows’ letters by bytes that UTF-8 does not have', Buffer.from('id,name\n1,Zo\xeb\n', 'latin1')],
    ['UTF-8 with a mark', Buffer.from('\ufeffid,name\n1,Zoë\n')],
  ])('the encoding is found: %s', async (_, content) => {
    expect((await read(content, { type: 'csv' })).records).toEqual([{ id: 1, name: 'Zoë' }]);
  });

  test('or given, by any name of the web', async () => {
    expect(
      (await read(Buffer.from([0x61, 10, 0x82, 0xa0, 10]), { type: 'csv', encoding: 'shift_jis' })).records,
    ).toEqual([{ a: 'あ' }]);
    await expect(read('a\n1\n', { type: 'csv', encoding: 'klingon' })).rejects.toMatchObject({ code: 'bad_options' });
  });
});

describe('what a CSV file leaves open', () => {
  test('words for null are found in columns of numbers, truths and dates; in columns of words they are words', async () => {
    const text = 'id,price,ok,day,code\n1,2.50,true,2026-01-02,NA\n2,N/A,NULL,-,DE\n3,-,false,2026-01-03,FR\n';
    const { records, properties } = await read(text, { type: 'csv' });
    expect(records).toEqual([
      { id: 1, price: 2.5, ok: true, day: '2026-01-02', code: 'NA' },
      { id: 2, price: null, ok: null, day: null, code: 'DE' },
      { id: 3, price: null, ok: false, day: '2026-01-03', code: 'FR' },
    ]);
    expect(properties).toMatchObject({
      price: { type: ['null', 'number'], weir_null_words: ['N/A', '-'] },
      ok: { type: ['null', 'boolean'] },
      day: { format: 'date' },
      code: { type: ['null', 'string'] },
    });
  });

  test('whoever names words for null means these and no others', async () => {
    const { records } = await read('a,b\n1,x\nNULL,-\n', { type: 'csv', null_values: ['-'] });
    expect(records).toEqual([
      { a: '1', b: 'x' },
      { a: 'NULL', b: null },
    ]);
  });

  test('a first row that is one more row of numbers is no header', async () => {
    const { records } = await read('1,Acme,2.5\n2,Globex,3\n3,Initech,4\n', { type: 'csv' });
    expect(records.map((record) => record.column_2)).toEqual(['Acme', 'Globex', 'Initech']);
    expect((await read('country,2023,2024\nDE,1,2\nFR,3,4\n', { type: 'csv' })).records).toHaveLength(2);
    expect((await read('a,b\nx,y\nz,w\n', { type: 'csv' })).records).toHaveLength(2);
    expect((await read('1,2\n3,4\n5,6\n', { type: 'csv', header: true })).records).toHaveLength(2);
  });

  test('a further file of the stream is read as the schema’s names say, however few rows it has', async () => {
    const schemaOf = (...names: string[]) => ({ properties: Object.fromEntries(names.map((name) => [name, {}])) });
    const one = '7,Hooli\n';
    const readBy = async (text: string, schema: JsonObject) => (await read(text, { type: 'csv' }, { schema })).records;
    expect(await readBy(one, schemaOf('column_1', 'column_2'))).toEqual([{ column_1: '7', column_2: 'Hooli' }]);
    expect(await readBy('id,name\n7,Hooli\n', schemaOf('id', 'name'))).toEqual([{ id: '7', name: 'Hooli' }]);
    // Its row is no header, and lost to nobody.
    await expect(readBy(one, schemaOf('id', 'name'))).rejects.toMatchObject({ code: 'other_columns' });
  });

  test('single quotes are quotes where every field that begins with one ends with one', async () => {
    const quoted = "id,name\n'1','Acme, Inc.'\n'2','O''Neill'\n";
    expect((await read(quoted, { type: 'csv' })).records).toEqual([
      { id: 1, name: 'Acme, Inc.' },
      { id: 2, name: "O'Neill" },
    ]);
    const words = "id,name\n1,'tis\n2,'90s'\n3,'x'\n4,'y'\n";
    expect((await read(words, { type: 'csv' })).records[0]).toEqual({ id: 1, name: "'tis" });
  });
});

describe('dates', () => {
  test('are found where one way of writing fits all, and only then', () => {
    expect(detectDateFormat(['25.11.2026', '1.2.2026'])).toBe('DD.MM.YYYY');
    expect(detectDateFormat(['11/25/2026', '03/04/2026'])).toBe('MM/DD/YYYY');
    expect(detectDateFormat(['03/04/2026'])).toBeNull();
    expect(detectDateFormat(['25.11.2026 10:30'])).toBe('DD.MM.YYYY HH:mm');
    expect(detectDateFormat(['31.02.2026'])).toBeNull();
    expect(detectDateFormat([])).toBeNull();
    expect(toIso('1.2.2026 9:05:07', 'DD.MM.YYYY HH:mm:ss')).toBe('2026-02-01T09:05:07');
  });

  test('can be said by column; what is written otherwise stays text', async () => {
    const format = { type: 'csv', date_formats: { at: 'DD/MM/YYYY' } };
    const { records, properties } = await read('id,at\n1,03/04/2026\n2,soon\n', format);
    expect(properties.at).toMatchObject({ format: 'date' });
    expect(records).toEqual([
      { id: 1, at: '2026-04-03' },
      { id: 2, at: 'soon' },
    ]);
  });
});

describe('zip', () => {
  test('the one file of an archive is read; of several the one that is named', async () => {
    expect((await read(zip({ 'folder/': '', 'folder/a.csv': 'id\n1\n' }), { type: 'csv' })).records).toEqual([
      { id: 1 },
    ]);
    const ofMac = zip({ 'a.csv': 'id\n1\n', '__MACOSX/._a.csv': 'x', '.DS_Store': 'x' });
    expect((await read(ofMac, { type: 'csv' })).records).toEqual([{ id: 1 }]);
    const several = zip({ 'a.csv': 'id\n1\n', 'b.csv': 'id\n2\n' });
    expect((await read(several, { type: 'csv' }, { member: 'b*' })).records).toEqual([{ id: 2 }]);
    await expect(read(several, { type: 'csv' })).rejects.toMatchObject({
      code: 'zip_members',
      hint: 'Name one of them as member: a.csv, b.csv.',
    });
  });

  test('what is cut off or a bomb ends in an error that names the file', async () => {
    const whole = zip({ 'a.csv': 'id\n1\n' });
    await expect(read(whole.subarray(0, -10), { type: 'csv' })).rejects.toMatchObject({
      code: 'file_broken',
      where: { file: 'data' },
    });
    const bomb = zip({ 'a.csv': Buffer.alloc(80 * 1024 * 1024) });
    await expect(read(bomb, { type: 'csv' })).rejects.toMatchObject({ code: 'file_too_large' });
  });
});

describe('Excel', () => {
  test('cells have their types; dates are told by their format', async () => {
    const { records, properties } = await read(workbook(), { type: 'excel' });
    expect(records).toEqual([
      { id: 1, name: 'A <b> é', day: '2025-11-25', at: '2025-11-25T12:00:00', paid: true, open: '18:00:00' },
      { id: 2.5, name: null, day: null, at: '2025-11-26T00:00:00', paid: false, open: '00:00:00' },
    ]);
    expect(properties).toMatchObject({
      id: { type: ['null', 'number'] },
      day: { format: 'date' },
      // Midnight has a time too: the column stays one of times.
      at: { format: 'date-time' },
      paid: { type: ['null', 'boolean'] },
    });
  });

  test('another sheet by its name; a wrong name shows the right ones', async () => {
    expect((await read(workbook(), { type: 'excel', sheet: 'R&D' })).records).toEqual([{ note: 'x' }]);
    expect((await read(workbook(), { type: 'excel', sheet: 2 })).records).toEqual([{ note: 'x' }]);
    await expect(read(workbook(), { type: 'excel', sheet: 3 })).rejects.toMatchObject({ code: 'no_records' });
    await expect(read(workbook(), { type: 'excel', sheet: 'Nope' })).rejects.toMatchObject({
      hint: 'Sheets: Orders, R&D.',
    });
  });

  test('what is no workbook says so', async () => {
    await expect(read(zip({ 'a.txt': 'x' }), { type: 'excel' })).rejects.toMatchObject({ code: 'file_broken' });
    for (const [part, kind] of [
      ['xl/workbook.bin', /: is a binary workbook \(\.xlsb\)\.$/],
      ['content.xml', /: is an OpenDocument sheet \(\.ods\)\.$/],
    ] as const)
      await expect(read(zip({ [part]: 'x' }), { type: 'excel' })).rejects.toThrow(kind);
    await expect(read('id\n1\n', { type: 'excel' })).rejects.toMatchObject({ code: 'file_broken' });
    await expect(read(gzipSync('x'), { type: 'excel' })).rejects.toMatchObject({ code: 'file_broken' });
  });
});

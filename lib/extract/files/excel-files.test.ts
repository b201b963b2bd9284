import { describe, expect, test } from 'vitest';
import { type JsonObject, stringifyJson } from '#lib/json.ts';
import type { FormatOptions } from './file-options.ts';
import { folderOf, read, request } from './fixtures/reading.ts';
import { zip } from './fixtures/workbook.ts';
import { discoverFiles } from './read-files.ts';

interface Book {
  /** The rows of `One`. */
  readonly rows: string;
  readonly more?: Readonly<Record<string, string>>;
  readonly sheets?: string;
  readonly rels?: string;
  readonly properties?: string;
  readonly strings?: string;
  readonly styles?: string;
}

const STYLES = [
  'General',
  'yyyy\\-mm\\-dd',
  'hh:mm:ss',
  '[h]:mm',
  '[h]:mm:ss',
  'yyyy\\-mm\\-dd hh:mm',
  '0.00" days"',
  '[mm]:ss',
  '_-* #,##0\\ _D_M_-;\\-* #,##0\\ _D_M_-',
  '_-* #,##0_P_t_s_-',
  '0*y',
];
const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** A workbook as others write it. */
function book({ rows, more = {}, sheets, rels, properties = '', strings = '', styles }: Book): Buffer {
  const formats = STYLES.map(
    (code, at) => `<numFmt numFmtId="${170 + at}" formatCode="${code.replaceAll('"', '&quot;')}"/>`,
  );
  const xfs = STYLES.map((_, at) => `<xf numFmtId="${170 + at}"/>`);
  return zip({
    'xl/workbook.xml': `<workbook>${properties}<sheets>${sheets ?? '<sheet name="One" sheetId="1" r:id="rId1"/>'}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships>${rels ?? `<Relationship Id="rId1" Type="${REL}/worksheet" Target="worksheets/sheet1.xml"/>`}</Relationships>`,
    'xl/sharedStrings.xml': `<sst>${strings}</sst>`,
    'xl/styles.xml':
      styles ?? `<styleSheet><numFmts>${formats.join('')}</numFmts><cellXfs>${xfs.join('')}</cellXfs></styleSheet>`,
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
    ...more,
  });
}

const text = (reference: string, value: string) => `<c r="${reference}" t="str"><v>${value}</v></c>`;
const number = (reference: string, value: number | string, style = 0) =>
  `<c r="${reference}" s="${style}"><v>${value}</v></c>`;
const row = (at: number, ...cells: string[]) => `<row r="${at}">${cells.join('')}</row>`;
const HEADER = row(1, text('A1', 'id'), text('B1', 'value'));
const values = (...cells: string[]) =>
  HEADER + cells.map((cell, at) => row(at + 2, number(`A${at + 2}`, at + 1), cell.replace('?', `B${at + 2}`))).join('');

async function readBook(content: Buffer, format: Partial<FormatOptions> = {}) {
  const { given, options } = folderOf(content, { type: 'excel', ...format } as FormatOptions, 'book.xlsx');
  const schema = await discoverFiles(given, options);
  const { records, notices } = await read(given, options, request('full_refresh', {}, schema));
  return { records, notices, properties: schema.properties as JsonObject, values: records.map(({ value }) => value) };
}

describe('numbers', () => {
  test('keep every digit that a whole number is written with', async () => {
    const { records } = await readBook(
      book({ rows: values(number('?', '12345678901234567890'), number('?', '1.1000000000000001')) }),
    );
    expect(records.map((record) => stringifyJson(record))).toEqual([
      '{"id":1,"value":12345678901234567890}',
      '{"id":2,"value":1.1}',
    ]);
  });

  test('are no dates where their format leaves as much room as some letter takes, or repeats one', async () => {
    const rows = values(number('?', 45_986, 8), number('?', 0.5, 9), number('?', 3, 10));
    expect((await readBook(book({ rows }))).values).toEqual([45_986, 0.5, 3]);
  });

  test('are no dates for a rule that would show some others as such', async () => {
    const styles =
      '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="0.0"/></numFmts><cellXfs><xf numFmtId="164"/></cellXfs>' +
      '<dxfs><dxf><numFmt numFmtId="164" formatCode="yyyy"/></dxf></dxfs></styleSheet>';
    expect((await readBook(book({ rows: values(number('?', 45_986)), styles }))).values).toEqual([45_986]);
  });

  test('are numbers though a formula beside them failed, which stays to be seen', async () => {
    const failed = '<c r="?" t="e"><f>1/0</f><v>#DIV/0!</v></c>';
    const { values: got, properties } = await readBook(
      book({ rows: values(number('?', '1.5'), failed, '<c r="?"><f>1+1</f><v>2</v></c>', '<c r="?"><f>A1</f></c>') }),
    );
    expect(got).toEqual([1.5, '#DIV/0!', 2, null]);
    expect(properties.value).toEqual({ type: ['null', 'number'] });
  });
});

describe('formulas', () => {
  test('that whoever wrote the file did not work out are null, and told', async () => {
    const cells = ['<c r="?"><f>A1</f></c>', '<c r="?"><f>A1</f><v /></c>', '<c r="?" t="str"><f>""</f><v></v></c>'];
    const { values: got, notices } = await readBook(
      book({ rows: values(...cells, '<c r="?"><f>1+1</f><v>2</v></c>') }),
    );
    expect(got).toEqual([null, null, null, 2]);
    expect(notices).toEqual([expect.stringMatching(/^book\.xlsx: 2 formulas hold no value/)]);
    expect((await readBook(book({ rows: values(number('?', 1)) }))).notices).toEqual([]);
  });
});

describe('dates', () => {
  test('of the calendar of 1904', async () => {
    const rows = values(number('?', 44524, 1), number('?', 0, 1));
    for (const properties of ['<workbookPr date1904="1"/>', "<workbookPr date1904='true' filterPrivacy='1'/>"])
      expect((await readBook(book({ rows, properties }))).values).toEqual(['2025-11-25', '1904-01-01']);
    expect(
      (await readBook(book({ rows: values(number('?', 45986, 1)), properties: '<workbookPr date1904="0"/>' }))).values,
    ).toEqual(['2025-11-25']);
  });

  test('of Excel in Chinese, Japanese and Korean, whose formats have numbers and no codes', async () => {
    const styles = `<styleSheet><numFmts><numFmt numFmtId="31" formatCode="0.0"/></numFmts><cellXfs>${[
      0, 14, 57, 32, 31,
    ]
      .map((id) => `<xf numFmtId="${id}"/>`)
      .join('')}</cellXfs></styleSheet>`;
    const rows = values(number('?', 45_986, 1), number('?', 45_986, 2), number('?', 0.75, 3), number('?', 45_986, 4));
    expect((await readBook(book({ rows, styles }))).values).toEqual(['2025-11-25', '2025-11-25', '18:00:00', 45_986]);
  });

  test('before the day that never was', async () => {
    const rows = values(number('?', 1, 1), number('?', 59, 1), number('?', 61, 1));
    expect((await readBook(book({ rows }))).values).toEqual(['1900-01-01', '1900-02-28', '1900-03-01']);
  });

  test('are no times that pass, which come as their cells show them', async () => {
    const rows = values(
      number('?', 0.75, 2),
      number('?', 1.1041666667, 3),
      number('?', 1.1041666667, 4),
      number('?', 0.25, 3),
      number('?', 2.5, 6),
      number('?', 0.0451388889, 7),
    );
    expect((await readBook(book({ rows }))).values).toEqual([
      '18:00:00',
      '26:30:00',
      '26:30:00',
      '06:00:00',
      2.5,
      '01:05:00',
    ]);
  });
});

describe('sheets', () => {
  const two = (first: string, second: string) => ({
    sheets: `<sheet name="Hidden" sheetId="1" ${first} r:id="rId1"/><sheet name="Shown" sheetId="2" ${second} r:id="rId2"/>`,
    rels: `<Relationship Id="rId1" Type="${REL}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${REL}/worksheet" Target="worksheets/sheet2.xml"/>`,
    more: {
      'xl/worksheets/sheet2.xml': `<worksheet><sheetData>${row(1, text('A1', 'seen'))}${row(2, text('A2', 'x'))}</sheetData></worksheet>`,
    },
  });

  test('that are hidden are not the first, and are read by their name', async () => {
    const content = book({ rows: values(number('?', 1)), ...two('state="hidden"', '') });
    expect((await readBook(content)).records).toEqual([{ seen: 'x' }]);
    expect((await readBook(content, { sheet: 'Hidden' } as FormatOptions)).records).toEqual([{ id: 1, value: 1 }]);
    const all = book({ rows: values(number('?', 1)), ...two('state="veryHidden"', 'state="hidden"') });
    expect((await readBook(all)).records).toEqual([{ id: 1, value: 1 }]);
  });

  test('of a chart are none', async () => {
    const { sheets, rels, more } = two('', '');
    const content = book({
      rows: '',
      sheets,
      rels: rels.replace('worksheet" Target="worksheets/sheet1.xml', 'chartsheet" Target="chartsheets/sheet1.xml'),
      more: { ...more, 'xl/chartsheets/sheet1.xml': '<chartsheet/>' },
    });
    expect((await readBook(content)).records).toEqual([{ seen: 'x' }]);
  });

  test('with nothing but a header have its columns', async () => {
    const { records, properties } = await readBook(book({ rows: HEADER }));
    expect(records).toEqual([]);
    expect(properties).toEqual({ id: { type: ['null', 'string'] }, value: { type: ['null', 'string'] } });
  });
});

describe('rows', () => {
  test('are counted as the sheet numbers them, those that hold nothing too', async () => {
    const rows = row(3, text('A3', 'id')) + row(4, number('A4', 1)) + row(6, number('A6', 2));
    expect((await readBook(book({ rows }), { skip_rows: 2 } as FormatOptions)).records).toEqual([{ id: 1 }, { id: 2 }]);
    const notes = row(1, text('A1', 'Report')) + rows;
    expect((await readBook(book({ rows: notes }), { skip_rows: 2 } as FormatOptions)).records).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
  });

  test('that are empty come before no header', async () => {
    const rows = `<row r="1"><c r="A1" s="1"/></row><row r="2" spans="1:2"/>${row(3, text('A3', 'id'))}${row(4, number('A4', 1))}`;
    expect((await readBook(book({ rows }))).records).toEqual([{ id: 1 }]);
  });

  test('of merged cells have the value where it is written', async () => {
    const rows =
      row(1, text('A1', 'id'), '<c r="B1"/>', text('C1', 'note')) +
      row(2, number('A2', 1), number('B2', 5), text('C2', 'a')) +
      row(3, number('A3', 2), '<c r="B3"/>', '<c r="C3"/>');
    expect((await readBook(book({ rows }))).records).toEqual([
      { id: 1, column_2: 5, note: 'a' },
      { id: 2, column_2: null, note: null },
    ]);
  });
});

describe('what other programs write', () => {
  test('with prefixes and single quotes', async () => {
    const parts = {
      'xl/workbook.xml':
        "<x:workbook><x:sheets><x:sheet name='One' sheetId='1' d3p1:id='rId1'/></x:sheets></x:workbook>",
      'xl/_rels/workbook.xml.rels':
        "<Relationships><Relationship Id='rId1' Target='/xl/worksheets/sheet1.xml'/></Relationships>",
      'xl/sharedStrings.xml': '<x:sst><x:si><x:t>id</x:t></x:si><x:si><x:t>day</x:t></x:si></x:sst>',
      'xl/styles.xml': "<x:styleSheet><x:cellXfs><x:xf numFmtId='0'/><x:xf numFmtId='14'/></x:cellXfs></x:styleSheet>",
      'xl/worksheets/sheet1.xml':
        "<x:worksheet><x:sheetData><x:row r='1'><x:c r='A1' t='s'><x:v>0</x:v></x:c><x:c r='B1' t='s'><x:v>1</x:v></x:c></x:row><x:row r='2'><x:c r='A2'><x:v>1</x:v></x:c><x:c r='B2' s='1'><x:v>45986</x:v></x:c></x:row></x:sheetData></x:worksheet>",
    };
    expect((await readBook(zip(parts))).records).toEqual([{ id: 1, day: '2025-11-25' }]);
  });

  test('with texts that hold signs by their numbers, or none', async () => {
    const strings = '<si><t>a_x000D_&#10;b_x005F_x000D_</t></si><si><t/></si>';
    const cells = [
      '<c r="?" t="s"><v>0</v></c>',
      '<c r="?" t="s"><v>1</v></c>',
      '<c r="?" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>',
    ];
    expect((await readBook(book({ rows: values(...cells), strings }))).values).toEqual(['a\r\nb_x000D_', '', ' x ']);
  });
});

describe('what is broken', () => {
  test.each([
    ['a text that is not there', book({ rows: values('<c r="?" t="s"><v>9</v></c>') }), /text 9/],
    [
      'an older workbook, or one with a password',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]),
      /older|password/,
    ],
    [
      'a sheet that is cut',
      book({ rows: `${HEADER}<row r="2"><c r="A2"><v>1</v></c>` }).fill(0, 900, 910),
      /book\.xlsx/,
    ],
    ['no sheet at all', book({ rows: '', sheets: ' ' }), /no sheet/],
  ])('%s is refused by the name of the file', async (_, content, message) => {
    const { given, options } = folderOf(content, { type: 'excel' }, 'book.xlsx');
    const failed = read(given, options);
    await expect(failed).rejects.toMatchObject({ kind: 'config', where: { file: 'book.xlsx' } });
    await expect(failed).rejects.toThrow(message);
  });

  test('a sheet whose last row has no end is refused', async () => {
    const { given, options } = folderOf(
      book({ rows: `${HEADER}<row r="2"><c r="A2"><v>1</v></c>` }),
      { type: 'excel' },
      'book.xlsx',
    );
    await expect(read(given, options)).rejects.toMatchObject({ code: 'file_broken' });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDate, readInstant } from '../date-time.ts';
import type { CellType } from './cell-type.ts';
import { isPlainly } from './fixtures/plainly.ts';
import { NotStraight, rowScan } from './scan-rows.ts';

/** Reads a text in pieces of a size; gives the plain rows, and the odd ones in brackets. */
function scanned(text: string, types: CellType[], pieceBytes = 1_000, required = false): string[] {
  const bytes = Buffer.from(text);
  const scan = rowScan(
    types.map((type) => ({ type, required })),
    { delimiter: 44, quote: 34 },
  );
  const rows: string[] = [];
  let rest = Buffer.alloc(0);
  for (let at = 0; ; at += pieceBytes) {
    const piece = Buffer.concat([rest, bytes.subarray(at, at + pieceBytes)]);
    const isEnd = at >= bytes.length;
    const used = scan.scan(piece, isEnd, {
      plain: (start, end) => rows.push(piece.toString('utf8', start, end)),
      odd: (start, end) => rows.push(`[${piece.toString('utf8', start, end)}]`),
    });
    rest = piece.subarray(used);
    if (isEnd) return rows;
  }
}

/** Each in a row of its own, with quotes and without. */
function arePlain(type: CellType, fields: readonly string[]): boolean[] {
  const told = (quote: string) => {
    const text = fields.map((field) => `${quote}${field}${quote},x\n`).join('');
    return scanned(text, [type, 'text'], text.length).map((row) => !row.startsWith('['));
  };
  expect(told('"')).toEqual(told(''));
  return told('');
}

describe('rows of a delimited file', () => {
  test('plain ones are told from those that need a closer look', () => {
    expect(scanned('1,a\n,\n007,b\n-5,"x,""y""\nz"\n', ['integer', 'text'])).toEqual([
      '1,a',
      ',',
      '[007,b]',
      '-5,"x,""y""\nz"',
    ]);
    expect(scanned('"1",a\r\n"",b\r\n"x",c', ['integer', 'text'])).toEqual(['"1",a', '["",b]', '["x",c]']);
    expect(scanned('\\.,a\n', ['text', 'text'])).toEqual(['[\\.,a]']);
    expect(scanned('1,a\n,b\n', ['integer', 'text'], 9, true)).toEqual(['1,a', '[,b]']);
  });

  test.each([
    ['too many fields', '1,2,3\n'],
    ['too few', '1\n'],
    ['an empty line', '1,2\n\n3,4\n'],
    ['a quote inside', '1,a"b\n'],
    ['text behind a quote', '1,"a"b\n'],
    ['a quote that never closes', '1,"ab\n2,c\n'],
    ['line ends that change', '1,2\r\n3,4\n'],
    ['a carriage return alone', '1,2\r3,4\r'],
  ])('%s: the file is none for this way', (_, text) => {
    expect(() => scanned(text, ['text', 'text'])).toThrow(NotStraight);
  });

  test('long fields and many rows are read to their ends', () => {
    const rows = Array.from({ length: 40_000 }, (_, row) => `${row},${'x'.repeat(row % 70)}`);
    const wide = rows.map((row, index) => (index % 1_000 === 7 ? `+${row}` : row));
    const text = `${wide.join('\n')}\n`;
    const told = wide.map((row) => (row.startsWith('+') ? `[${row}]` : row));
    expect(scanned(text, ['integer', 'text'], text.length)).toEqual(told);
    expect(scanned(text, ['integer', 'text'], 100_000)).toEqual(told);
  });

  test('a field of a key that is very long needs a closer look', () => {
    const text = ['a', 'b'.repeat(500), 'c'.repeat(501), `"${'d'.repeat(501)}"`].map((key) => `${key},1\n`).join('');
    const odd = (rows: string[]) => rows.map((row) => row.startsWith('['));
    expect(odd(scanned(text, ['text', 'integer'], text.length, true))).toEqual([false, false, true, true]);
    expect(odd(scanned(text, ['text', 'integer'], text.length))).toEqual([false, false, false, false]);
  });

  test('wherever the pieces are cut, the rows are the same', () => {
    const field = fc.oneof(
      fc.constantFrom('', '1', '-20', 'é', '"a,b"', '"q""q"', '"line\nend"', '""', '2026-11-25'),
      fc.integer().map(String),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(field, field), { minLength: 1 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        (rows, size, crlf) => {
          const text = rows.map((row) => row.join(',')).join(crlf ? '\r\n' : '\n');
          expect(scanned(text, ['integer', 'text'], size)).toEqual(scanned(text, ['integer', 'text']));
        },
      ),
    );
  });
});

describe('plain spellings', () => {
  test.each<[CellType, string[], string[]]>([
    [
      'integer',
      ['0', '-1', '123456789012345678'],
      ['-', '-0', '01', '+1', '1.0', '1e3', ' 1', '1234567890123456789', '0x1'],
    ],
    [
      'number',
      ['0', '-1.50', '0.5', '12345678901.25'],
      ['.5', '5.', '-0', '01.5', '1e5', 'NaN', '1.2.3', '0.1234567890123456'],
    ],
    ['boolean', ['true', 'FALSE', 'True'], ['t', 'yes', '1', 'truf']],
    [
      'date',
      ['2026-11-25', '2024-02-29'],
      ['2026-02-29', '2026-13-01', '0000-01-01', '2026-1-01', '2026/01/01', 'infinity'],
    ],
    [
      'instant',
      ['2026-11-25T10:00:00Z', '2026-11-25 10:00:00.123456+02:00', '2026-11-25T10:00:00'],
      [
        '2026-11-25',
        '2026-11-25T10:00Z',
        '2026-11-25T24:00:00Z',
        '2026-11-25T10:00:60Z',
        '2026-11-25T10:00:00.1234567Z',
        '2026-11-25T10:00:00+2',
        'now',
      ],
    ],
    ['local', ['2026-11-25T10:00:00'], ['2026-11-25T10:00:00Z']],
    ['time', ['10:00:00', '10:00:00.5'], ['10:00', '24:00:00', '10:00:00Z']],
  ])('%s', (type, plain, odd) => {
    const fields = [...plain, ...odd];
    const told = arePlain(type, fields);
    expect(fields.filter((_, index) => told[index])).toEqual(plain);
  });

  test('with a byte more, less or changed, a spelling is told as its grammar says', () => {
    const written: Record<Exclude<CellType, 'text'>, RegExp> = {
      integer: /^-?(0|[1-9][0-9]{0,18})$/,
      number: /^-?[0-9]{1,8}(\.[0-9]{0,8})?$/,
      boolean: /^(true|FALSE|False|tRUE)$/,
      date: /^(20|19)[0-9]{2}-[01][0-9]-[0-3][0-9]$/,
      instant:
        /^2[0-9]{3}-0[1-9]-[12][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?(Z|[+-]0[0-9]:[0-5][0-9])?$/,
      local: /^2[0-9]{3}-0[1-9]-[12][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?$/,
      time: /^[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?$/,
    };
    const types = Object.keys(written) as (keyof typeof written)[];
    const changed = fc.record({
      text: fc.oneof(...types.map((type) => fc.stringMatching(written[type]))),
      at: fc.nat({ max: 30 }),
      drop: fc.nat({ max: 1 }),
      put: fc.constantFrom('', '', '0', '9', '-', '+', '.', ':', 'Z', 'T', ' ', '/', 'e'),
    });
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.array(changed, { minLength: 100, maxLength: 200 }), (type, changes) => {
        const fields = changes.map(({ text, at, drop, put }) => `${text.slice(0, at)}${put}${text.slice(at + drop)}`);
        const filled = fields.filter((field) => field !== '');
        const plain = arePlain(type, filled);
        expect(filled.filter((_, index) => plain[index])).toEqual(filled.filter((field) => isPlainly(type, field)));
      }),
      { numRuns: 200 },
    );
  });

  test('what passes for a date or an instant is one for the other way too', () => {
    const digits = fc.stringMatching(
      /^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?(Z|[+-][0-9]{2}:[0-9]{2})?)?$/,
    );
    fc.assert(
      fc.property(fc.array(digits, { minLength: 50 }), (texts) => {
        const plain = { date: arePlain('date', texts), instant: arePlain('instant', texts) };
        for (const [index, text] of texts.entries()) {
          if (plain.date[index]) expect(readDate(text)).toBe(text);
          if (plain.instant[index]) expect(readInstant(text)).not.toBeNull();
        }
      }),
      { numRuns: 40 },
    );
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CsvOptions, CsvReader, parseCsv } from './csv-rows.ts';

const OPTIONS: CsvOptions = { delimiter: ',', place: { stream: 'orders', page: 1 } };

/** The records of a text that comes cut at these places. */
function inPieces(text: string, cuts: readonly number[]) {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].toSorted((a, b) => a - b);
  const reader = new CsvReader(OPTIONS);
  const records = [];
  let from = 0;
  for (const place of places) {
    records.push(...reader.feed(text.slice(from, place)));
    from = place;
  }
  return [...records, ...reader.end(text.slice(from))];
}

const cell = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'ß', ' ', ';') }),
  fc
    .string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\r\n') })
    .map((text) => `"${text.replaceAll('"', '""')}"`),
);
const row = fc.array(cell, { minLength: 1, maxLength: 4 }).map((cells) => cells.join(','));
const text = fc
  .tuple(fc.array(row, { maxLength: 6 }), fc.constantFrom('\n', '\r\n', '\r'), fc.boolean())
  .map(([rows, end, closed]) => ['id,name', ...rows].join(end) + (closed ? end : ''));

test('wherever a text is cut, its records are the same', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 8 }), (csv, cuts) => {
      expect(inPieces(csv, cuts)).toEqual(parseCsv(csv, OPTIONS));
    }),
  );
});

test('a quote that is never closed is told with its row', () => {
  expect(() => inPieces('id,name\n1,a\n2,"b\n3,c\n', [12, 15])).toThrow(
    'The quote that opens in row 3 is never closed.',
  );
});

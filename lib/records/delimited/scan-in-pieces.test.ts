import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CellType } from './cell-type.ts';
import { isPlainly } from './fixtures/plainly.ts';
import { NotStraight, rowScan } from './scan-rows.ts';

/** Rows as they stand, with `odd` before those that need a closer look; null for a file that is none for this way. */
type Reading = string[] | null;

/** As files are read: what is left of a piece goes before the next one. */
function inPieces(text: string, types: readonly CellType[], size: number): Reading {
  const file = Buffer.from(text);
  const scan = rowScan(
    types.map((type) => ({ type })),
    { delimiter: 44, quote: 34 },
  );
  const rows: string[] = [];
  let rest = Buffer.alloc(0);
  try {
    for (let at = 0, isEnd = false; !isEnd; at += size) {
      const bytes = Buffer.concat([rest, file.subarray(at, at + size)]);
      isEnd = at >= file.length;
      const used = scan.scan(bytes, isEnd, {
        plain: (start, end) => rows.push(bytes.toString('utf8', start, end)),
        odd: (start, end) => rows.push(`odd ${bytes.toString('utf8', start, end)}`),
      });
      rest = bytes.subarray(used);
    }
  } catch (error) {
    if (error instanceof NotStraight) return null;
    throw error;
  }
  return rows;
}

/** The same, field by field over the whole text. */
function atOnce(text: string, types: readonly CellType[]): Reading {
  const fields = /(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r\n|\n|$)/y;
  const rows: string[] = [];
  const lineEnds = new Set<string>();
  while (fields.lastIndex < text.length) {
    const start = fields.lastIndex;
    let isPlain = text[start] !== '\\';
    let column = 0;
    for (let stop = ','; stop === ','; column++) {
      const [, quoted, bare = '', end] = fields.exec(text) ?? [];
      if (end === undefined) return null;
      const type = types[column] ?? 'text';
      isPlain &&= quoted === undefined ? bare === '' || isPlainly(type, bare) : isPlainly(type, quoted);
      stop = end;
    }
    if (column !== types.length) return null;
    const row = text.slice(start, fields.lastIndex);
    const lineEnd = /\r?\n$/.exec(row)?.[0] ?? '';
    if (lineEnd !== '') lineEnds.add(lineEnd);
    if (lineEnds.size > 1) return null;
    rows.push(`${isPlain ? '' : 'odd '}${row.slice(0, row.length - lineEnd.length)}`);
  }
  return rows;
}

const type = fc.constantFrom<CellType>('text', 'integer', 'number', 'boolean', 'date', 'instant', 'local', 'time');
const texts = [
  ...['', '0', '-1', '-', '12.5', '1.', 'true', 'fals', '2026-11-25', '2026-11-2', '2026-11-25T10:00:00.5+02:00'],
  ...[
    '2026-11-25 10:00:00Z',
    '2026-11-25T10:00:00+02',
    '10:00:00',
    '10:00:0',
    '"a,b"',
    '"q""q"',
    '"x\ny"',
    '"1"',
    '""',
  ],
  ...['"', '"tr', 'a"', '\r', '\n', '\\.', 'é'],
];
const field = fc.oneof(
  fc.constantFrom(...texts),
  fc.string({ unit: fc.constantFrom(...'0129-+.:TZ",\r\n ea'), maxLength: 12 }),
);
const file = fc
  .array(type, { minLength: 2, maxLength: 3 })
  .chain((types) =>
    fc.tuple(
      fc.constant(types),
      fc.array(fc.array(field, { minLength: types.length, maxLength: types.length }), { minLength: 1, maxLength: 5 }),
    ),
  );

test('wherever a file is cut, it reads as it does at once', () => {
  fc.assert(
    fc.property(file, fc.constantFrom('\n', '\r\n'), fc.integer({ min: 1, max: 60 }), ([types, rows], end, size) => {
      const text = rows.map((row) => row.join(',')).join(end);
      expect(inPieces(text, types, size)).toEqual(atOnce(text, types));
    }),
    { numRuns: 5_000 },
  );
});

test('a carriage return that ends the file is no line end', () => {
  expect(inPieces('1,2\r\n3,4\r', ['text', 'text'], 4)).toBeNull();
});

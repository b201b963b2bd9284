import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CellType } from './cell-type.ts';
import { checkCell } from './check-cell.ts';
import { NotStraight, rowScan } from './scan-rows.ts';

/** Rows as they stand, with `odd` before those that need a closer look; null for a file that is none for this way. */
type Reading = string[] | null;

/** As files are read: one buffer for all pieces, in which anything may stand behind the piece. */
function inPieces(text: string, types: readonly CellType[], { size, stale }: { size: number; stale: string }): Reading {
  const file = Buffer.from(text);
  const scan = rowScan(
    types.map((type) => ({ type })),
    { delimiter: 44, quote: 34 },
  );
  const bytes = Buffer.alloc(file.length + size + 8);
  const rows: string[] = [];
  let rest = 0;
  try {
    for (let at = 0, isEnd = false; !isEnd; at += size) {
      const length = rest + file.subarray(at, at + size).copy(bytes, rest);
      isEnd = at >= file.length;
      bytes.fill(stale, length);
      const used = scan.scan(bytes, length, isEnd, {
        plain: (start, end) => rows.push(bytes.toString('utf8', start, end)),
        odd: (start, end) => rows.push(`odd ${bytes.toString('utf8', start, end)}`),
      });
      bytes.copyWithin(0, used, length);
      rest = length - used;
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
      isPlain &&=
        quoted === undefined ? bare === '' || isPlainly(types[column], bare) : isPlainly(types[column], quoted);
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

function isPlainly(type: CellType | undefined, text: string): boolean {
  const bytes = Buffer.from(`${text}\n`);
  return type === undefined || type === 'text' || checkCell(type, bytes, 0, bytes.length - 1);
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

test('whatever stands behind a piece in its buffer, and wherever it is cut, the file reads as it does at once', () => {
  const stale = fc.constantFrom('9', '"', ',', '\n', '\r', '.5', '-1', 'Z', '"",');
  fc.assert(
    fc.property(file, fc.constantFrom('\n', '\r\n'), fc.nat({ max: 30 }), stale, ([types, rows], end, size, stale) => {
      const text = rows.map((row) => row.join(',')).join(end);
      expect(inPieces(text, types, { size: size + 1, stale })).toEqual(atOnce(text, types));
    }),
    { numRuns: 5_000 },
  );
});

test('a carriage return that ends the file is no line end', () => {
  expect(inPieces('1,2\r\n3,4\r', ['text', 'text'], { size: 4, stale: '\n' })).toBeNull();
});

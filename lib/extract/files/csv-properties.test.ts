import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { folderOf, read, request } from './fixtures/reading.ts';

const RUNS = Number(process.env.WEIR_PROPERTY_RUNS ?? 60);
const COLUMNS = ['id', 'first', 'second'];
const SCHEMA: JsonObject = {
  properties: Object.fromEntries(COLUMNS.map((name) => [name, { type: ['null', 'string'] }])),
};

const ENCODINGS: Readonly<Record<string, (text: string) => Buffer>> = {
  utf8: (text) => Buffer.from(text),
  'utf8 with a mark': (text) => Buffer.from(`\ufeff${text}`),
  utf16le: (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  utf16be: (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
};

const SIGNS = [
  'a',
  'B',
  '7',
  ' ',
  '"',
  "'",
  ',',
  ';',
  '\t',
  '|',
  '\n',
  '\r',
  '\r\n',
  'é',
  '日',
  '😀',
  '\\',
  '.',
  '-',
  '#',
  '',
];
const value = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 5, arbitrary: fc.array(fc.constantFrom(...SIGNS), { maxLength: 6 }).map((signs) => signs.join('')) },
);
const scenario = fc.record({
  rows: fc.array(fc.tuple(fc.integer({ min: 0, max: 99 }).map(String), value, value), { minLength: 1, maxLength: 12 }),
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  ends: fc.array(fc.constantFrom('\n', '\r\n', '\r'), { minLength: 1, maxLength: 2 }),
  quotesAll: fc.boolean(),
  endsLast: fc.boolean(),
  encoding: fc.constantFrom(...Object.keys(ENCODINGS)),
  packs: fc.boolean(),
});

/** As RFC 4180 has it: what needs quotes gets them; null is the empty field without. */
function field(text: string | null, delimiter: string, quotesAll: boolean): string {
  if (text === null) return '';
  const needs = quotesAll || text === '' || /["\n\r]/.test(text) || text.includes(delimiter);
  return needs ? `"${text.replaceAll('"', '""')}"` : text;
}

test('every value of a CSV file comes back as it was written, however the file is', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ rows, delimiter, ends, quotesAll, endsLast, encoding, packs }) => {
      const lines = [COLUMNS, ...rows].map((row) =>
        row.map((text) => field(text, delimiter, quotesAll)).join(delimiter),
      );
      const text = lines
        .map((line, at) => line + (at + 1 < lines.length || endsLast ? (ends[at % ends.length] ?? '') : ''))
        .join('');
      const bytes = ENCODINGS[encoding]?.(text) ?? Buffer.alloc(0);
      const { given, options } = folderOf(packs ? gzipSync(bytes) : bytes, { type: 'csv' });
      const { records } = await read(given, options, request('full_refresh', {}, SCHEMA));
      expect(records).toEqual(rows.map((row) => Object.fromEntries(COLUMNS.map((name, at) => [name, row[at]]))));
    }),
    { numRuns: RUNS, interruptAfterTimeLimit: 200_000 },
  );
});

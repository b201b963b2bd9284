import fc from 'fast-check';
import { ExactNumber, type JsonObject, type JsonValue } from '#lib/json.ts';
import { BAD_SCORE, type Cursor } from './scenario.ts';

/** Names that meet, that the system keeps, that are too long or hold what SQL minds. */
const FIELDS = [
  'a',
  'A',
  'a b',
  'a_b',
  'ctid',
  'naïve',
  '"; drop',
  `${'x'.repeat(70)}1`,
  `${'x'.repeat(70)}2`,
  '_airbyte_raw_id',
];
/** All that a record may have beside `id`, `at` and `score`. */
export const SOURCE_FIELDS: readonly string[] = [...FIELDS, 'part', 'lines'];

const digits = fc.stringMatching(/^[1-9]\d{17,40}$/);
const nested = fc.dictionary(fc.constantFrom('k', 'l'), fc.oneof(fc.integer(), fc.string(), fc.boolean()), {
  maxKeys: 2,
});
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom<JsonValue>(null, '', '\\.', '\\N', '\t\n\r', 'a\u0000b', '\ud800', '2026-02-30', '007', 'NaN'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
  digits.map((text) => BigInt(text)),
  digits.map((text) => new ExactNumber(`0.${text}`)),
  nested.map((object) => ({ ...object })),
  fc.array(fc.integer(), { minLength: 1, maxLength: 3 }),
);
const lines = fc.array(fc.record({ sku: fc.string({ maxLength: 5 }), n: fc.integer() }), {
  minLength: 1,
  maxLength: 3,
});
const day = fc.integer({ min: 1, max: 9 });
const CURSORS: Readonly<Record<Cursor, fc.Arbitrary<JsonValue>>> = {
  instants: day.map((at) => `2026-01-0${at}T00:00:00Z`),
  zones: fc
    .tuple(day, fc.constantFrom('T07:00:00+07:00', ' 00:00:00.000Z', 'T03:00:00Z', '', 'T00:00:00+04:30'))
    .map(([at, time]) => `2026-01-0${at}${time}`),
  numbers: fc.tuple(fc.integer({ min: 7, max: 12 }), fc.boolean()).map(([at, isText]) => (isText ? String(at) : at)),
};
/** The second column of a key: text and numbers, some of which read the same. */
const part = fc.constantFrom<JsonValue>('x', 'x', 'y', '', 1, '1', 2, null);

/** A record with a key, a cursor, a number and some fields of all kinds. */
export function recordWith(cursor: Cursor): fc.Arbitrary<JsonObject> {
  const score = fc.oneof({ weight: 4, arbitrary: fc.integer() }, { weight: 1, arbitrary: fc.constant(BAD_SCORE) });
  const field = fc.tuple(fc.constantFrom(...FIELDS), value);
  return fc
    .record({
      id: fc.integer({ min: 1, max: 12 }),
      at: fc.option(CURSORS[cursor], { freq: 8 }),
      some: fc.uniqueArray(field, { maxLength: 4, selector: ([name]) => name }),
      rows: fc.option(lines, { freq: 2 }),
      odd: fc.nat({ max: 19 }),
      ...{ score, part: fc.option(part, { freq: 8 }) },
    })
    .map((made) => ({
      id: made.odd === 0 ? null : made.id,
      ...{ part: made.part, at: made.at, score: made.score },
      ...Object.fromEntries(made.some),
      ...(made.rows && { lines: made.rows.map((line) => ({ ...line })) }),
    }));
}

const text = fc.oneof(
  fc.string({ maxLength: 8 }).map((some) => some.replaceAll('\u0000', '')),
  fc.constantFrom('', '"', 'a,b', 'two\nlines', 'two\r\nlines', ' b ', 'é', '\\N', '\\.', '007', 'NULL', '1e5'),
);

/** The same as a row of a file of CSV can say it: texts, and whole numbers. */
export function rowWith(cursor: Cursor): fc.Arbitrary<JsonObject> {
  const whole = fc.oneof(fc.integer(), fc.constantFrom<JsonValue>('007', '+1', 'x', 12_345_678_901_234_567_890n));
  const word = (of: fc.Arbitrary<JsonValue>) => of.map((value) => (value === null ? null : String(value)));
  return fc
    .record({
      id: fc.integer({ min: 1, max: 12 }),
      part: fc.option(word(part), { freq: 8 }),
      at: fc.option(word(CURSORS[cursor]), { freq: 8 }),
      score: fc.oneof({ weight: 8, arbitrary: fc.integer() }, { weight: 1, arbitrary: fc.constant(BAD_SCORE) }),
      ...{ a: fc.option(text, { freq: 8 }), A: fc.option(whole, { freq: 8 }) },
      odd: fc.nat({ max: 19 }),
    })
    .map(({ odd, ...row }) => ({ ...row, id: odd === 0 ? null : row.id }));
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { cursorOrder } from './cursor-order.ts';

const order = cursorOrder({ field: 'c', name: 'c', type: 'string', declared: true });

/** Numbers before instants before all else; digit by digit, with no arithmetic of SQL's. */
function rank(text: string): readonly [number, bigint, string] {
  const number = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (number) {
    const [, sign, whole = '', fraction = ''] = number;
    const digits = BigInt(whole + fraction.padEnd(20, '0').slice(0, 20));
    return [1, sign === '-' ? -digits : digits, ''];
  }
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):(\d\d))?)?$/.exec(
    text,
  );
  if (!parts) return [3, 0n, text];
  const [
    ,
    year,
    month,
    day,
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    sign,
    offHour = '0',
    offMinute = '0',
  ] = parts;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const offset = (sign === '-' ? -1 : 1) * (Number(offHour) * 60 + Number(offMinute)) * 60;
  return [2, (BigInt(ms / 1000) - BigInt(offset)) * 10n ** 20n + BigInt(fraction.padEnd(20, '0').slice(0, 20)), ''];
}

function isNotOlder(a: string | null, b: string | null): boolean {
  if (b === null) return true;
  if (a === null) return false;
  const [[kind, value, text], [otherKind, otherValue, otherText]] = [rank(a), rank(b)];
  if (kind !== otherKind) return kind > otherKind;
  return value !== otherValue ? value > otherValue : Buffer.compare(Buffer.from(text), Buffer.from(otherText)) >= 0;
}

const two = (max: number) => fc.nat({ max }).map((value) => String(value).padStart(2, '0'));
const fraction = fc.stringMatching(/^(\.\d{1,12})?$/);
const instant = fc
  .tuple(fc.integer({ min: 1000, max: 9999 }), two(11), two(30), fc.constantFrom('T', ' '), two(23), two(59), two(59))
  .chain(([year, month, day, between, ...time]) =>
    fc
      .tuple(fraction, fc.constantFrom('', 'Z', '+00:00', '+07:00', '-03:30'))
      .map(([rest, zone]) => `${year}-${next(month)}-${next(day)}${between}${time.join(':')}${rest}${zone}`),
  );
const next = (number: string) => String(Number(number) + 1).padStart(2, '0');
const cursor = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.stringMatching(/^[+-]?\d{1,25}(\.\d{1,10})?$/),
  instant,
  instant.map((text) => text.slice(0, 10)),
  fc.constantFrom('2026-02-30', '2026-13-01', '2026-00-00', '9999-99-99T99:99:99', 'a', 'B', '', 'é', '1e5', '2026-01'),
  fc.string({ unit: 'grapheme', maxLength: 4 }).map((text) => text.replaceAll('\u0000', '')),
);

test('any two texts compare as what they say, and none ends the load', async () => {
  const { query } = await testDatabase();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cursor, cursor), { minLength: 20, maxLength: 60 }), async (pairs) => {
      const rows = await query<{ newer: boolean }>(
        `select ${order.notOlder('a', 'b')} as newer from unnest($1::text[], $2::text[]) with ordinality as p(x, y, n),
           lateral (select x as c) a, lateral (select y as c) b order by n`,
        [pairs.map(([a]) => a), pairs.map(([, b]) => b)],
      );
      const wanted = pairs.map(([a, b]) => [a, b, isNotOlder(a, b)]);
      expect(pairs.map(([a, b], at) => [a, b, rows[at]?.newer])).toEqual(wanted);
    }),
    { numRuns: 60 },
  );
});

test('the highest comes first, and none last, whether all are written alike or not', async () => {
  const { query } = await testDatabase();
  await query('create table t (n int, c varchar)');
  const alike = fc.oneof(
    fc.array(fc.integer({ min: 10, max: 99 }).map(String)),
    fc.array(fc.integer({ min: -99, max: -10 }).map(String)),
    fc.array(two(22).map((day) => `2026-01-${next(day)}T10:00:00+07:00`)),
    fc.array(
      fc.tuple(two(22), fc.constantFrom('+07:00', '-03:30')).map(([hour, zone]) => `2026-01-01T${hour}:00:00${zone}`),
    ),
    fc.array(cursor),
  );
  await fc.assert(
    fc.asyncProperty(alike, fc.boolean(), async (texts, hasNone) => {
      const all = hasNone ? [...texts, null] : texts;
      await query('truncate t');
      await query('insert into t select n, x from unnest($1::text[]) with ordinality as u(x, n)', [all]);
      const rows = await query<{ c: string | null }>(`select c from t order by ${order.newestFirst('t')}, n`);
      const found = rows.map(({ c }) => c);
      expect(found.every((text, at) => at === 0 || isNotOlder(found[at - 1] ?? null, text))).toBe(true);
      expect(found.toSorted()).toEqual(all.toSorted());
    }),
    { numRuns: 60 },
  );
});

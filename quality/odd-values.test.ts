import { describe, expect, test } from 'vitest';
import { checkTables } from './check-tables.ts';
import type { Facts } from './checks/check-kind.ts';
import { BOTH_ENGINES } from './fixtures/both-engines.ts';
import { checksOf, noFacts } from './fixtures/suite-of.ts';

// What looks right at first sight, and is not: no check may pass over it.

const TABLES = {
  odd: `select * from (values
    (1, '10', cast('NaN' as double precision), timestamp '2026-01-01 10:00:00', chr(9) || chr(10) || chr(13) || chr(12)),
    (2, '9', 5.0, timestamp '2031-01-01 00:00:00', chr(160)),
    (3, '1.4', 7.0, null, 'x')
  ) as t (id, price, ratio, seen_at, note)`,
  empty:
    "select * from (values (1, 'DE', 1.0, timestamp '2026-01-01 10:00:00')) as t (id, country, amount, seen_at) where id > 1",
  hosts: `select * from (values ('::1', '1:'), ('2001:db8::8:800:200c:417a', '1:2:3'), ('1:2:3:4:5:6:7::', '1::2::3'), ('fe80::1:2', '1:2:3:4:5:6:7:8:9'), ('::', ':'), ('::ffff:10.0.0.1', '12345::'), ('1:2:3:4:5:6:7:8', '10.0.0.1')) as t (good, wrong)`,
  zoned: `select * from (values ('2026-01-01T22:30:00+02:00'), ('2026-01-01T21:10:00Z'), ('2026-01-02T00:15:00+02:00')) as t (told)`,
  stamped: `select id, cast(seen_at as timestamptz) as seen_at from (values (1, timestamp '2026-01-01 10:00:00')) as t (id, seen_at)`,
};

/** Each declared check with what it says. */
const SAID: readonly [declared: string, said: string | RegExp][] = [
  // Text that looks like numbers has another order than numbers.
  [
    'distribution: {column: price, expected_min: 10}',
    /^error: This needs a column of numbers, and the column holds (text|varchar)/,
  ],
  ['distribution: {column: price, expected_max: 9}', /^error: /],
  ['range: {column: price, min: 5}', /^error: /],
  ['accepted_values: {column: price, values: [10, 9, 1]}', /^error: This needs a column of numbers/],
  [
    'accepted_values: {column: price, values: ["10", "9", "1"]}',
    'fail: price is none of the accepted values in 1 row, limit 0',
  ],
  // No number is at least anything.
  ['range: {column: ratio, min: 0}', 'fail: ratio is below 0 in 1 row, limit 0'],
  ['range: {column: ratio, max: 9}', 'fail: ratio is above 9 in 1 row, limit 0'],
  ['range: {column: id, min: 1}', 'pass: id is below 1 in 0 rows, limit 0'],
  ['distribution: {column: ratio, expected_mean_range: [0, 10]}', /^error: The result is no number/],
  // Blank is more than spaces.
  ['completeness: {column: note, rule: not_empty}', 'fail: note is 33.3% filled, limit 100%'],
  // A row of the future says nothing of how old the others are.
  ['freshness: {column: seen_at, max_age_hours: 24}', /^fail: the newest seen_at is 1825d ahead/],
  ['freshness: {column: seen_at, max_age_hours: 24, where: "id = 1"}', 'pass: the newest seen_at is 14h old, limit 1d'],
  // Nothing is too little, broken down or not.
  ['volume: {table: empty, min_rows: 1, per: country}', 'fail: 0 rows, limit at least 1 row'],
  ['volume: {table: empty, min_rows: 1}', 'fail: 0 rows, limit at least 1 row'],
  ['completeness: {table: empty, column: id, per: country}', 'pass: id: there are no rows'],
  [
    'distribution: {table: empty, column: amount, expected_mean_range: [0, 1], minimum_rows: 5}',
    /^pass: .*not judged, since 0 rows are fewer than 5$/,
  ],
  [
    'distribution: {table: empty, column: amount, expected_mean_range: [0, 1]}',
    'error: amount has no values to measure. Check whether the load was empty, and the condition of where.',
  ],
  ['sql: {query: "select \'\'", min: 0}', /^error: The result is no number/],
  ['sql: {query: "select id from {table} where id > 99", max: 5}', /^error: The query has no values/],
  // Text tells times too, and 00:15 in a zone is the day before: 20:30, 21:10 and 22:15.
  ['freshness: {table: zoned, column: told, max_age_hours: 2}', 'pass: the newest told is 1h 45m old, limit 2h'],
  ['gaps: {table: zoned, column: told, every: hour}', 'pass: told has no row in 0 hours, limit 0'],
  ['format: {table: hosts, column: good, format: ipv6}', 'pass: good is not an IPv6 address in 0 rows, limit 0'],
  ['format: {table: hosts, column: wrong, format: ipv6}', 'fail: wrong is not an IPv6 address in 7 rows, limit 0'],
  // Databases write zones in short.
  [
    'format: {table: stamped, column: seen_at, format: date_time}',
    'pass: seen_at is not an ISO date and time in 0 rows, limit 0',
  ],
];

const PEOPLE = {
  people: `select 1 as id, 'Ann' as "firstName", 'a@x.de' as "userEmail", 'kept' as plan,
    '{"email":"b@x.de","plan":"x","calls":[{"phoneNumber":"0301"}]}' as contact, 'ip 10.0.0.1' as note`,
};

describe.each(BOTH_ENGINES)('over %s', (_name, open) => {
  test('failing rows show nothing personal, however a name is written and however deep it lies', async () => {
    const inEngine = await open(PEOPLE);
    const checks = checksOf('dataset: people\nrange: {column: id, min: 2}');
    const samples = { rows: 1, days: 1, personal: ['NOTE'], plain: [] };
    const [result] = await inEngine((engine) => checkTables(engine, checks, () => noFacts(), samples));
    expect(result?.samples).toEqual([
      {
        id: expect.anything(),
        firstName: '••••',
        userEmail: '••••',
        plan: 'kept',
        contact: '{"email":"••••","plan":"x","calls":[{"phoneNumber":"••••"}]}',
        note: '••••',
      },
    ]);
  });

  test('what only looks right does not pass', async () => {
    const inEngine = await open(TABLES);
    const checks = SAID.flatMap(([declared]) => checksOf(`dataset: odd\n${declared}`));
    const distinct = checks.map((check, index) => ({ ...check, key: `${index}` }));
    const results = await inEngine((engine) => checkTables(engine, distinct, () => noFacts()));
    const said = results.map(({ outcome, message }) => `${outcome}: ${message}`);
    expect(said).toEqual(SAID.map(([, text]) => (typeof text === 'string' ? text : expect.stringMatching(text))));
  });

  test('what has more values than are looked at is not called well', async () => {
    const many =
      'select i as id, i / 2 as half from (select row_number() over () as i from (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) a, (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) b, (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) c, (values (1), (2), (3)) d) as n (i)';
    const inEngine = await open({ many });
    const checks = checksOf(`dataset: many
volume: [{min_rows: 1, per: id}, {min_rows: 2, per: id, name: two}]
categories: [{column: id}]`);
    const memory: Facts['memory'] = ['1'];
    const results = await inEngine((engine) => checkTables(engine, checks, () => ({ ...noFacts(), memory })));
    expect(results.map(({ outcome }) => outcome)).toEqual(['error', 'fail', 'error']);
  });
});

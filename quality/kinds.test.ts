import { describe, expect, test } from 'vitest';
import { checkTables } from './check-tables.ts';
import type { Facts } from './checks/check-kind.ts';
import { BOTH_ENGINES } from './fixtures/both-engines.ts';
import { checksOf, noFacts } from './fixtures/suite-of.ts';

const VALUES = `(values
  (1, 'open', 'a@x.de', 10.0, 'DE', timestamp '2026-01-01 00:30', '10115', null),
  (2, 'open', 'b@x.de', 20.0, 'DE', timestamp '2026-01-01 01:10', '10117', 1),
  (3, 'paid', 'nope', 30.0, 'FR', timestamp '2026-01-01 04:00', '75001', 2),
  (4, 'lost', null, -5.0, 'FR', timestamp '2026-01-01 04:20', '750', 9),
  (4, ' ', 'n/a', 25.0, null, null, '', 3)
) as t (id, status, email, amount, country, seen_at, zip, parent)`;

const TABLES = {
  orders: `select * from ${VALUES}`,
  statuses: "select * from (values ('open'), ('paid')) as s (name)",
};

/** Each declared check with what it says of the orders above. */
const SAID: readonly [declared: string, said: string][] = [
  ['completeness: {column: email, missing_values: [N/A], threshold: 60}', 'pass: email is 60% filled, limit 60%'],
  ['completeness: {column: status, rule: not_empty}', 'fail: status is 80% filled, limit 100%'],
  ['volume: {min_rows: 6, where: "amount > 0"}', 'fail: 4 rows, limit at least 6 rows'],
  ['uniqueness: {unique_columns: [id]}', 'fail: id is repeated in 1 row, limit 0'],
  ['uniqueness: {unique_columns: [id, country]}', 'pass: id + country is repeated in 0 rows, limit 0'],
  ['distribution: {column: amount, expected_mean_range: [16, 16]}', 'pass: the mean of amount is 16, limit 16 to 16'],
  ['distribution: {column: amount, expected_median_range: [0, 19]}', 'fail: the median of amount is 20, limit 0 to 19'],
  [
    'distribution: {column: amount, expected_p90_range: [28, 28]}',
    'pass: the 90th percentile of amount is 28, limit 28 to 28',
  ],
  ['distribution: {column: amount, expected_sum_range: [80, 80]}', 'pass: the sum of amount is 80, limit 80 to 80'],
  [
    'accepted_values: {column: status, values: [open, paid]}',
    'fail: status is none of the accepted values in 2 rows, limit 0',
  ],
  ['accepted_values: {column: id, values: [1, 2, 3, 4]}', 'pass: id is none of the accepted values in 0 rows, limit 0'],
  [
    'format: {column: email, format: email, max_failing_pct: 40}',
    'pass: email is not an email address in 40% of the rows, limit 40%',
  ],
  ["pattern: {column: zip, pattern: '^[0-9]{5}$'}", 'fail: zip does not match the pattern in 2 rows, limit 0'],
  ['range: {column: amount, min: 0}', 'fail: amount is below 0 in 1 row, limit 0'],
  ["range: {column: seen_at, max: '2026-01-01 04:00'}", 'fail: seen_at is above 2026-01-01 04:00 in 1 row, limit 0'],
  ['length: {column: zip, min: 5, max: 5}', 'fail: zip has not 5 to 5 characters in 2 rows, limit 0'],
  [
    'condition: {holds: "amount > 0 or status = \'lost\'"}',
    "pass: amount > 0 or status = 'lost' does not hold in 0 rows, limit 0",
  ],
  [
    'referential: {column: status, references: {table: statuses, column: name}}',
    'fail: status is not in statuses in 2 rows, limit 0',
  ],
  [
    'referential: {column: parent, references: {table: orders, column: id}, where: "id < 4"}',
    'pass: parent is not in orders in 0 rows, limit 0',
  ],
  ['categories: {column: status}', 'pass: status has 4 values; there is no load before'],
  ['gaps: {column: seen_at, every: hour}', 'fail: seen_at has no row in 2 hours, limit 0'],
  ['gaps: {column: seen_at, every: month}', 'pass: seen_at has no row in 0 months, limit 0'],
  ['reconciliation: {with_table: statuses}', 'fail: 5 rows, statuses has 2, limit 0 apart'],
  [
    'reconciliation: {with_table: statuses, with_where: "name = \'open\'", max_difference_pct: 400}',
    'pass: 5 rows, statuses has 1: 400% apart, limit 400%',
  ],
  ['sql: {query: "select * from {table} where amount < 0"}', 'fail: the query gives 1 row, limit 0'],
  ['sql: {query: "select max(amount) from {table}", max: 20}', 'fail: the query’s value is 30, limit at most 20'],
  ['jsonata: {holds: "amount > 0 and $length(zip) = 5"}', 'fail: the expression does not hold in 2 rows, limit 0'],
  ['completeness: {column: email, per: country, threshold: 60}', 'fail: country = FR: email is 50% filled, limit 60%'],
  ['volume: {min_rows: 2, per: country}', 'fail: country = (none): 1 row, limit at least 2 rows'],
  ['uniqueness: {unique_columns: [id], per: country}', 'pass: id is repeated in 0 rows, limit 0'],
  [
    'range: {column: amount, min: 0, minimum_rows: 6}',
    'pass: amount is below 0 in 1 row, limit 0; not judged, since 5 rows are fewer than 6',
  ],
];

describe.each(BOTH_ENGINES)('over %s', (_name, open) => {
  test('every kind says what is true', async () => {
    const inEngine = await open(TABLES);
    const checks = SAID.flatMap(([declared]) => checksOf(`dataset: orders\n${declared}`));
    const distinct = checks.map((check, index) => ({ ...check, key: `${index}` }));
    const results = await inEngine((engine) => checkTables(engine, distinct, () => noFacts()));
    expect(results.map(({ outcome, message }) => `${outcome}: ${message}`)).toEqual(SAID.map(([, said]) => said));
  });

  test('drift and categories compare with what they kept of the load before', async () => {
    const inEngine = await open(TABLES);
    const checks = checksOf(`dataset: orders
drift: [{column: amount}, {column: status, as: categories, max_effect: 0.1}]
categories: [{column: country}]`);
    const memory = new Map<string, Facts['memory']>();
    const round = async () => {
      const results = await inEngine((engine) =>
        checkTables(engine, checks, ({ key }) => ({ ...noFacts(), memory: memory.get(key) ?? null })),
      );
      for (const { key, memory: kept } of results) memory.set(key, kept);
      return results.map(({ outcome, valueText }) => `${outcome} ${valueText}`);
    };
    expect(await round()).toEqual(['pass first load', 'pass first load', 'pass first load']);
    expect(await round()).toEqual(['pass first load', 'pass PSI 0', 'pass 0 new, 0 gone']);
    expect(await round()).toEqual(['pass PSI 0', 'pass PSI 0', 'pass 0 new, 0 gone']);
    memory.set('orders / drift / status as categories', { counts: { open: 1000, gone: 9000 } });
    memory.set('orders / categories / country', ['DE', 'NL']);
    const [, status, country] = await inEngine((engine) =>
      checkTables(engine, checks, ({ key }) => ({ ...noFacts(), memory: memory.get(key) ?? null })),
    );
    expect(status?.outcome).toBe('fail');
    expect(country?.message).toBe('country: new: FR; gone: NL, limit at most 0 new, 0 gone');
  });

  test('the schema is compared with what is declared, and with the load before', async () => {
    const inEngine = await open(TABLES);
    const look = async (declared: string, memory: Facts['memory'] = null) => {
      const checks = checksOf(`dataset: orders\nschema: ${declared}`);
      const [result] = await inEngine((engine) => checkTables(engine, checks, () => ({ ...noFacts(), memory })));
      return `${result?.outcome}: ${result?.message}`;
    };
    expect(await look('{required: [id, vat], forbidden: [zip]}')).toBe('fail: vat is missing; zip must not be there');
    expect(await look('{}', { id: 'text', old: 'text' })).toContain('old was removed');
    expect(await look('{allowed_changes: [added, retyped]}', { id: 'text', old: 'text' })).toBe(
      'fail: old was removed',
    );
    expect(await look('{required: [id]}', { id: 'text', old: 'text' })).toBe(
      'pass: the 8 columns are as they should be',
    );
  });

  test('some of the rows that fail are kept, without what is personal', async () => {
    const inEngine = await open(TABLES);
    const checks = checksOf(`dataset: orders
uniqueness: {unique_columns: [id]}
referential: {column: status, references: {table: statuses, column: name}, where: "id = 4"}
range: {column: amount, min: 0}
sql: {query: "select id from {table} where amount < 0"}
distribution: {column: amount, expected_max: 29}`);
    const samples = { rows: 2, days: 1, personal: ['status'], plain: ['zip'] };
    const results = await inEngine((engine) => checkTables(engine, checks, () => noFacts(), samples));
    expect(
      results.map((result) => result.samples?.map((row) => `${Number(row.id)} ${row.status} ${row.email} ${row.zip}`)),
    ).toEqual([
      ['4 •••• null 750', '4 •••• •••• '],
      ['4 •••• null 750', '4 •••• •••• '],
      ['4 •••• null 750'],
      ['4 undefined undefined undefined'],
      ['3 •••• •••• 75001'],
    ]);
    expect(results[0]?.samplesUntil).toEqual(new Date('2026-01-03T00:00:00Z'));
  });
});

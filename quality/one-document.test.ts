import { describe, expect, test } from 'vitest';
import { checkTables } from './check-tables.ts';
import { BOTH_ENGINES } from './fixtures/both-engines.ts';
import { checksOf, noFacts } from './fixtures/suite-of.ts';

// One document over the tables of a team, by kind, each check with its own table: as teams keep it beside their models.

const DOCUMENT = `
dataset: ml_users
quality_checks:
  completeness:
    - column: user_id
      rule: not_null
      threshold: 100
    - column: email
      rule: not_null
      threshold: 95
  freshness:
    - table: ml_users
      max_age_hours: 24
    - table: ml_events
      column: created_at
      max_age_hours: 6
  volume:
    - table: ml_events
      min_rows: 10000
      max_change_pct: 20
  uniqueness:
    - table: ml_users
      unique_columns: [user_id]
    - table: ml_orders
      unique_columns: [order_id, line]
  distribution:
    - column: age
      expected_mean_range: [25, 45]
    - table: ml_orders
      column: total
      expected_median_range: [100, 500]
`;

const numbers = (most: number) => {
  const digits = Array.from({ length: 10 }, (_, digit) => `(${digit})`).join(', ');
  const places = ['a', 'b', 'c', 'd', 'e'].map((place) => `(values ${digits}) ${place} (n)`).join(', ');
  return `(select 10000 * a.n + 1000 * b.n + 100 * c.n + 10 * d.n + e.n as i from ${places}) numbers where i < ${most}`;
};

const TABLES = {
  ml_users: `select i as user_id, case when i % 10 = 0 then null else 'u' end as email, 20 + i % 21 as age from ${numbers(1000)}`,
  ml_events: `select i as id, timestamp '2026-01-01 16:00:00' as created_at from ${numbers(12_000)}`,
  ml_orders: `select i % 500 as order_id, 1 as line, 120.0 + i % 50 as total from ${numbers(501)}`,
};

describe.each(BOTH_ENGINES)('over %s', (_name, open) => {
  test('each check is measured on its own table, and says what is wrong with which limit', async () => {
    const inEngine = await open(TABLES);
    const facts = () => ({
      ...noFacts(),
      lastPublishedAt: new Date('2026-01-01T22:00:00Z'),
      previousRows: 10_000,
    });
    const results = await inEngine((engine) => checkTables(engine, checksOf(DOCUMENT), facts));
    expect(results.map(({ table, outcome, message }) => `${table} ${outcome}: ${message}`)).toEqual([
      'ml_users pass: user_id is 100% filled, limit 100%',
      'ml_users fail: email is 90% filled, limit 95%',
      'ml_users pass: the last published sync is 2h old, limit 1d',
      'ml_events fail: the newest created_at is 8h old, limit 6h',
      'ml_events pass: 12,000 rows, +20% against the load before, limit 20%',
      'ml_users pass: user_id is repeated in 0 rows, limit 0',
      'ml_orders fail: order_id + line is repeated in 1 row, limit 0',
      'ml_users pass: the mean of age is 29.948, limit 25 to 45',
      'ml_orders pass: the median of total is 144, limit 100 to 500',
    ]);
  });
});

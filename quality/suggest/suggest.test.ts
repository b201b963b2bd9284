import { expect, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { checkTables } from '../check-tables.ts';
import { configOf } from '../fixtures/postgres-config.ts';
import { noFacts } from '../fixtures/suite-of.ts';
import { parseSuite } from '../parse-suite.ts';
import { withPostgres } from '../postgres/engine.ts';
import { addCheck, hasCheck } from './add-check.ts';
import { profileTable } from './profile-table.ts';
import { suggestChecks } from './suggest-checks.ts';

const NOW = new Date('2026-01-02T00:00:00Z');

/** Orders of which one in fifty has no email. */
async function orders() {
  const { url, query } = await testDatabase();
  await query(`create table orders as select i::bigint as id, case when i % 50 = 0 then null else 'u' || i || '@x.de' end as email,
    (array['open', 'paid', 'lost'])[1 + i % 3] as status, (array['10115', '20095'])[1 + i % 2] as zip, (i % 90)::numeric as amount, null::text as note,
    timestamptz '2026-01-01 20:00Z' - i * interval '1 minute' as updated_at from generate_series(1, 1000) i`);
  const { hostname, port } = new URL(url);
  const guard = createGuard({ allowed: [{ host: hostname, port: Number(port) }] });
  return <T>(work: Parameters<typeof withPostgres<T>>[2]) =>
    withPostgres(configOf(url), { guard, signal: new AbortController().signal }, work);
}

test('a profile suggests what holds, each with its evidence', async () => {
  const inOrders = await orders();
  const profile = await inOrders((engine) =>
    profileTable(engine, { kind: 'postgres', schema: 'public', table: 'orders' }),
  );
  const suggestions = suggestChecks(profile, NOW);
  expect(suggestions.map(({ kind, params, evidence }) => `${kind} ${JSON.stringify(params)}: ${evidence}`)).toEqual([
    'volume {"min_rows":500,"max_change_pct":50}: 1,000 rows were loaded; half of that would be a surprise.',
    'uniqueness {"unique_columns":["id"]}: All 1,000 values differ.',
    'freshness {"column":"updated_at","max_age_hours":24}: The newest value is 4 hours old.',
    'completeness {"column":"id"}: All 1,000 rows have a value.',
    'completeness {"column":"email","threshold":96,"level":"warn"}: 98% of 1,000 rows have a value.',
    'completeness {"column":"status"}: All 1,000 rows have a value.',
    'completeness {"column":"zip"}: All 1,000 rows have a value.',
    'completeness {"column":"amount"}: All 1,000 rows have a value.',
    'completeness {"column":"updated_at"}: All 1,000 rows have a value.',
    'accepted_values {"column":"status","values":["lost","open","paid"],"level":"warn"}: 3 different values in 1,000 rows.',
    'format {"column":"email","format":"email"}: All 980 values have this form.',
    'range {"column":"amount","min":0}: Values lie between 0 and 89.',
  ]);
  const text = suggestions.reduce(addCheck, '# Orders.\ndataset: orders # the table\n');
  expect(text).toContain('# Orders.');
  expect(suggestions.every((suggestion) => hasCheck(text, suggestion))).toBe(true);
  const { issues, suite } = parseSuite(text);
  expect(issues).toEqual([]);
  const results = await inOrders((engine) => checkTables(engine, suite?.checks ?? [], () => noFacts(NOW)));
  expect(results.map(({ outcome }) => outcome)).toEqual(Array(suggestions.length).fill('pass'));
});

test('a table of a few rows suggests nothing', () => {
  expect(suggestChecks({ rows: 19, isPart: false, columns: [] }, NOW)).toEqual([]);
});

test('a check is added beside those that are there, and comments stay', () => {
  const text = 'dataset: t\nvolume: {min_rows: 1} # at least\n';
  const added = addCheck(text, { kind: 'volume', params: { max_rows: 5 } });
  expect(parseSuite(added).suite?.checks).toHaveLength(2);
  expect(addCheck('dataset: t\n', { kind: 'range', params: { level: 'warn', min: 0, column: 'a' } })).toBe(
    'dataset: t\nrange:\n  - {column: a, min: 0, level: warn}\n',
  );
  expect(addCheck('dataset: [', { kind: 'volume', params: {} })).toBe('dataset: [');
});

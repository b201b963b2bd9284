import { expect, test } from 'vitest';
import { parseSuite } from './parse-suite.ts';
import { plan, singleStatements } from './plan.ts';
import { postgresDialect } from './postgres/dialect.ts';

const TABLE = '"public"."users"';

function planOf(text: string) {
  const { issues, suite } = parseSuite(`dataset: users\n${text}`);
  expect(issues).toEqual([]);
  return plan(suite?.checks ?? [], TABLE, postgresDialect);
}

test('all checks of a table take one scan, and one statement for each key', () => {
  const statements = planOf(`
completeness: [{column: id}, {column: email, threshold: 95, where: "age > 17"}, {column: name, rule: not_empty}]
freshness: [{max_age_hours: 24, column: updated_at}]
volume: [{min_rows: 10}]
uniqueness: [{unique_columns: [id]}, {unique_columns: [country, email], where: "age > 17"}]
distribution: [{column: age, expected_mean_range: [25, 45], expected_median_range: [20, 50], expected_min: 0}]
`);
  expect(statements.map(({ sql }) => sql)).toEqual([
    'select count(*) as m0, count("id") as m1, count(*) filter (where (age > 17)) as m2, count("email") filter (where (age > 17)) as m3, ' +
      `count("name") filter (where btrim("name"::text) <> '') as m4, extract(epoch from max("updated_at"::timestamptz)) as m5, ` +
      'avg("age") as m6, percentile_cont(0.5) within group (order by "age") as m7, min("age") as m8 from "public"."users"',
    'select coalesce(sum(n - 1), 0) as m0 from (select count(*) as n from "public"."users" where "id" is not null group by "id" having count(*) > 1) as repeated',
    'select coalesce(sum(n - 1), 0) as m0 from (select count(*) as n from "public"."users" where "country" is not null and "email" is not null and (age > 17) group by "country", "email" having count(*) > 1) as repeated',
  ]);
});

test('what several checks need is measured once', () => {
  const [scan, ...others] = planOf(
    'completeness: [{column: a}, {column: a, threshold: 50, level: warn}]\nvolume: [{min_rows: 1}]',
  );
  expect(scan?.sql).toBe('select count(*) as m0, count("a") as m1 from "public"."users"');
  expect(others).toEqual([]);
});

test('names are quoted', () => {
  expect(planOf(`completeness: [{column: 'a"; drop table x; --'}]`)[0]?.sql).toBe(
    'select count(*) as m0, count("a""; drop table x; --") as m1 from "public"."users"',
  );
});

test('a very long scan is split', () => {
  const columns = Array.from({ length: 900 }, (_, index) => `{column: column_${index}}`);
  const statements = planOf(`completeness: [${columns.join(', ')}]`);
  expect(statements).toHaveLength(3);
  expect(statements.flatMap(({ metrics }) => metrics)).toHaveLength(901);
});

test('a bundle comes apart into one statement per metric', () => {
  const [scan] = planOf('completeness: [{column: a}]');
  const singles = scan ? singleStatements(scan, TABLE, postgresDialect) : [];
  expect(singles.map(({ sql }) => sql)).toEqual([
    'select count(*) as m0 from "public"."users"',
    'select count("a") as m0 from "public"."users"',
  ]);
});

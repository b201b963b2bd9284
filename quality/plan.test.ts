import { expect, test } from 'vitest';
import { checksOf, wantedOf } from './fixtures/suite-of.ts';
import { plan, singleStatements } from './plan.ts';
import { postgresDialect } from './postgres/dialect.ts';

const SOURCES = { table: '"public"."users"', references: new Map([['countries', '"public"."countries"']]) };

function planOf(text: string) {
  return plan(wantedOf(checksOf(`dataset: users\n${text}`)), SOURCES, postgresDialect);
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
      `count(*) filter (where ("name" is null or btrim("name"::text, e' \\t\\n\\r\\f\u00a0') = '')) as m4, extract(epoch from max("updated_at"::timestamptz)) as m5, ` +
      'avg("age") as m6, percentile_cont(0.5) within group (order by "age") as m7, min(+"age") as m8 from "public"."users"',
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
  const singles = scan ? singleStatements(scan, SOURCES, postgresDialect) : [];
  expect(singles.map(({ sql }) => sql)).toEqual([
    'select count(*) as m0 from "public"."users"',
    'select count("a") as m0 from "public"."users"',
  ]);
});

test('checks of single rows join the scan, and what is broken down by a column takes one more', () => {
  expect(
    planOf(`
accepted_values: [{column: status, values: [open, "it's"]}]
format: [{column: email, format: country_code}]
range: [{column: age, min: 0, max: 120, where: "age is not null"}]
completeness: [{column: email, per: country}]`).map(({ sql }) => sql),
  ).toEqual([
    `select count(*) as m0, count(*) filter (where "status"::text not in ('open', 'it''s')) as m1, ` +
      `count(*) filter (where not ("email"::text ~ '^[A-Z]{2}$')) as m2, count(*) filter (where (age is not null)) as m3, ` +
      `count(*) filter (where (age is not null) and ("age" < 0 or "age" > 120)) as m4 from "public"."users"`,
    'select grouping("country") as whole, "country"::text as segment, count(*) as m0, count("email") as m1 from "public"."users" ' +
      'group by grouping sets ((), ("country")) order by 1 desc, count(*) desc limit 1001',
  ]);
});

test('what joins, groups or is written by hand is a statement of its own', () => {
  expect(
    planOf(`
referential: [{column: country, references: {table: countries, column: code}, where: "age > 17 or age is null"}]
gaps: [{column: created_at, every: day}]
sql: [{query: "select * from {table} where age < 0;"}, {query: "select max(age) from {table}", max: 120}]
categories: [{column: status}]`)
      .map(({ sql }) => sql)
      .filter((sql) => sql !== 'select count(*) filter (where (age > 17 or age is null)) as m0 from "public"."users"'),
  ).toEqual([
    'select count(*) as m0 from (select * from "public"."users" where (age > 17 or age is null)) as t where t."country" is not null ' +
      'and not exists (select 1 from "public"."countries" as r where r."code" = t."country")',
    'select coalesce(sum(next - p - 1), 0) as m0 from (select p, lead(p) over (order by p) as next from (select distinct ' +
      'floor((extract(epoch from "created_at"::timestamptz)) / 86400) as p from "public"."users" where "created_at" is not null) as periods) as pairs where next is not null',
    'select count(*) as m0 from (select * from "public"."users" where age < 0) as q',
    'select q.* from (select max(age) from "public"."users") as q limit 1',
    'select "status"::text as value, count(*) as n from "public"."users" where "status" is not null group by "status" order by 2 desc, 1 limit 1000',
  ]);
});

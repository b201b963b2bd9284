import { parseSuite } from '#quality/parse-suite.ts';
import type { Check } from '#quality/suite.ts';

export const ROWS = 1_000_000;

/** Twenty checks, two of them uniqueness, one on a million different texts; the peers' scripts ask for the same in the same order. */
export const SUITE = `dataset: orders
volume: [{min_rows: ${ROWS}, max_rows: ${ROWS}}]
completeness:
  - {column: id}
  - {column: token}
  - {column: email, threshold: 95}
  - {column: email, max_missing: 0}
  - {column: country}
  - {column: amount}
uniqueness: [{unique_columns: [id]}, {unique_columns: [token]}]
accepted_values:
  - {column: status, values: [open, paid, lost]}
  - {column: country, values: [DE, FR, NL, PL]}
range:
  - {column: amount, min: 0, max: 1000}
  - {column: age, min: 0, max: 120}
length: [{column: token, min: 32, max: 32}]
pattern: [{column: token, pattern: '^[0-9a-f]+$'}]
distribution:
  - {column: amount, expected_mean_range: [400, 600]}
  - {column: age, expected_mean_range: [10, 20]}
  - {column: age, expected_stddev_range: [10, 40]}
  - {column: age, expected_min: 18}
  - {column: amount, expected_max: 1000}
`;

export function checks(): readonly Check[] {
  const { suite, issues } = parseSuite(SUITE);
  if (!suite) throw new Error(JSON.stringify(issues));
  return suite.checks;
}

/** The rows, in SQL that Postgres and DuckDB read alike; every 27th has no email. */
export function rowsSql(series: string): string {
  return `select i as id, md5(i::text) as token, case when i % 27 = 0 then null else 'user' || i || '@example.com' end as email,
    case i % 3 when 0 then 'open' when 1 then 'paid' else 'lost' end as status,
    case i % 4 when 0 then 'DE' when 1 then 'FR' when 2 then 'NL' else 'PL' end as country,
    (i::bigint * 7919 % 100000) / 100.0 as amount, 18 + i * 31 % 80 as age
    from ${series} as s (i)`;
}

/** What somebody who takes care would write by hand. */
export function handWritten(table: string, matches: string): string[] {
  const unique = (column: string) =>
    `select coalesce(sum(n - 1), 0) from (select count(*) as n from ${table} where ${column} is not null group by ${column} having count(*) > 1) as d`;
  return [
    `select count(*), count(id), count(token), count(email), count(country), count(amount),
       count(*) filter (where status not in ('open', 'paid', 'lost')), count(*) filter (where country not in ('DE', 'FR', 'NL', 'PL')),
       count(*) filter (where amount < 0 or amount > 1000), count(*) filter (where age < 0 or age > 120),
       count(*) filter (where length(token) <> 32), count(*) filter (where not ${matches}),
       avg(amount), avg(age), stddev_samp(age), min(age), max(amount) from ${table}`,
    unique('id'),
    unique('token'),
  ];
}

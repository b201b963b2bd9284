import { expect, test } from 'vitest';
import { checkKinds } from './checks/index.ts';
import { parseSuite, suiteJsonSchema } from './parse-suite.ts';

test('reads the five kinds over one dataset', () => {
  const { issues, suite } = parseSuite(`
dataset: ml_users
completeness: [{column: user_id, rule: not_null, threshold: 100}, {column: email, rule: not_null, threshold: 95, level: warn}]
freshness:    [{max_age_hours: 24, column: updated_at}]
volume:       [{min_rows: 10000, max_change_pct: 20}]
uniqueness:   [{unique_columns: [user_id]}]
distribution: [{column: age, expected_mean_range: [25, 45]}]
`);
  expect(issues).toEqual([]);
  expect(suite?.checks.map(({ key, level }) => [key, level])).toEqual([
    ['ml_users / completeness / user_id', 'error'],
    ['ml_users / completeness / email', 'warn'],
    ['ml_users / freshness / updated_at', 'error'],
    ['ml_users / volume / rows', 'error'],
    ['ml_users / uniqueness / user_id', 'error'],
    ['ml_users / distribution / mean of age', 'error'],
  ]);
});

test('takes a document in which each check names its table', () => {
  const { issues, suite } = parseSuite(`
quality_checks:
  completeness:
    - {table: ml_users, column: user_id, rule: not_null, threshold: 100}
  freshness:
    - table: ml_events
      max_age_hours: 6
  distribution:
    - table: ml_orders
      column: total
      expected_median_range: [100, 500]
      expected_min: 0
`);
  expect(issues).toEqual([]);
  expect(suite?.checks.map(({ table, title }) => [table, title])).toEqual([
    ['ml_users', 'ml_users: completeness, user_id'],
    ['ml_events', 'ml_events: freshness, last sync'],
    ['ml_orders', 'ml_orders: distribution, median of total'],
    ['ml_orders', 'ml_orders: distribution, minimum of total'],
  ]);
});

test('breaks nothing down by what it calls personal, whose values messages would name', () => {
  const { issues } = parseSuite(`dataset: users
personal: [City]
completeness: [{column: id, per: city}]
categories:
  - column: city
`);
  expect(issues.map(({ line, path, message }) => [line, path, message.split(',')[0]])).toEqual([
    [3, 'completeness.0.per', 'city is personal'],
    [5, 'categories.0.column', 'city is personal'],
  ]);
});

test('says everything wrong at once, each with its line and what was probably meant', () => {
  const { issues, suite } = parseSuite(`dataset: users
compleetness: []
completeness:
  - {colum: email}
  - {column: email, rule: notnull}
  - {column: email, threshold: 0.95}
  - {column: email, where: "age > 3) or (1=1"}
volume: [{}]
distribution: [{column: age, expected_mean_range: [45, 25]}]
freshness: [{max_age_hours: soon}]
uniqueness: [{unique_columns: [id], level: fatal}]
`);
  expect(suite).toBeNull();
  expect(issues.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
    '2:1 compleetness is not known here. Did you mean completeness?',
    '4:5 column is missing, as in completeness: [{column: email, rule: not_null, threshold: 95}]',
    '4:6 colum is not known here. Did you mean column?',
    '5:27 rule is one of: not_null, not_empty. Did you mean not_null?',
    '6:32 threshold is in percent: 0.95 means 0.95%. Write 95.',
    '7:28 A ) has no opening bracket.',
    '8:10 One of these is missing: min_rows, max_rows, max_change_pct.',
    '9:30 expected_mean_range is [from, to], and its first number is the larger one.',
    '10:29 max_age_hours takes a number.',
    '11:44 level is one of: warn, error, block, quarantine.',
  ]);
});

test('broken YAML is told with its line', () => {
  expect(parseSuite('dataset: users\nvolume: [{min_rows: 1}\n').issues[0]).toMatchObject({ line: 3 });
  expect(parseSuite('').issues).toMatchObject([{ line: 1, column: 1 }]);
  expect(parseSuite('- a').issues).toHaveLength(1);
});

test('of broken YAML only the mistake is told, not what it makes of the lines below', () => {
  const checks = Array.from({ length: 150 }, (_, n) => `  - { column: c${n}, threshold: 99 }\n`).join('');
  const told = (text: string) => parseSuite(text).issues.map(({ line, column, message }) => [line, column, message]);
  expect(told(`dataset: users\n  completeness:\n${checks}`)).toHaveLength(1);
  expect(told(`dataset: "users\ncompleteness:\n${checks}`)).toEqual([[1, 10, 'This quote is never closed.']]);
  expect(told('dataset: a\ndataset: b\nvolume: [{ min_rows: 1 }]\nvolume: []\n')).toHaveLength(2);
});

test('a table that no check names is one problem, and none beside the line that should name it', () => {
  const checks =
    'volume: [{ min_rows: 1 }]\nfreshness: [{ max_age_hours: 2 }]\nuniqueness: [{ unique_columns: [id] }]\n';
  const told = (text: string) => parseSuite(text).issues.map(({ line, message }) => `${line} ${message}`);
  expect(told(checks)).toEqual([
    '1 Name the table: dataset at the top, or table inside the check. 2 more checks need it.',
  ]);
  expect(told(`datset: users\n${checks}`)).toEqual(['1 datset is not known here. Did you mean dataset?']);
  expect(told(`dataset: [users]\n${checks}`)).toHaveLength(1);
});

test('a table has to be named somewhere', () => {
  expect(parseSuite('volume: [{min_rows: 1}]').issues).toMatchObject([
    { message: 'Name the table: dataset at the top, or table inside the check.', path: 'volume.0' },
  ]);
});

test('the key outlives a change of limits, and two checks of the same thing differ', () => {
  const keys = (text: string) => parseSuite(`dataset: t\n${text}`).suite?.checks.map(({ key }) => key);
  expect(keys('completeness: [{column: a, threshold: 90}]')).toEqual(
    keys('completeness: [{column: a, threshold: 95}]'),
  );
  expect(keys('completeness: [{column: a}, {column: a, level: warn}, {column: a, where: "b > 0"}]')).toEqual([
    't / completeness / a',
    't / completeness / a / 2',
    't / completeness / a / b > 0',
  ]);
});

test('every kind’s example parses, and is known to the schema', () => {
  for (const kind of checkKinds) {
    expect(parseSuite(`dataset: t\n${kind.example}`).issues).toEqual([]);
    expect(suiteJsonSchema().properties).toHaveProperty(kind.name);
    expect(kind.limits.every((limit) => limit in kind.properties)).toBe(true);
  }
});

test('what stands beside the checks is read, and refused with its line too', () => {
  const { suite, issues } = parseSuite(`dataset: orders
owner: data platform
schedule: {cron: "0 6 * * 1-5", time_zone: Europe/Berlin}
samples: {rows: 3, days: 1}
personal: [note]
history: {column: created_at, every: week}
completeness: {column: a, per: country, minimum_rows: 10, tags: [core], level: quarantine, scope: table}
volume: {min_rows: 1, owner: ada}`);
  expect(issues).toEqual([]);
  expect(suite).toMatchObject({
    schedule: { type: 'cron', expression: '0 6 * * 1-5', timeZone: 'Europe/Berlin' },
    samples: { rows: 3, days: 1, personal: ['note'] },
    history: { column: 'created_at', every: 'week', periods: 60 },
  });
  expect(suite?.checks).toMatchObject([
    { per: 'country', minimumRows: 10, tags: ['core'], level: 'quarantine', scope: 'table', owner: 'data platform' },
    { owner: 'ada', scope: 'table', level: 'error' },
  ]);
  const wrong = parseSuite(`dataset: orders
schedule: {cron: "61 6 * * *"}
samples: {rows: 1000}
uniqueness: {unique_columns: [id], level: quarantine}
freshness: {max_age_hours: 1, per: country}
freshness2: []
sql: {query: "delete from {table}"}
condition: {holds: "a = 1; drop table x"}
jsonata: {holds: "a +"}`);
  expect(wrong.issues.map(({ line, message }) => `${line}: ${message.slice(0, 45)}`)).toEqual([
    expect.stringMatching(/^2: /),
    expect.stringMatching(/^3: rows must be <= 100/),
    '4: uniqueness looks at several rows at once: non',
    expect.stringMatching(/^5: per is not known here/),
    expect.stringMatching(/^6: freshness2 is not known here/),
    '7: The query begins with select or with.',
    '8: One condition, without a semicolon.',
    expect.stringMatching(/^9: /),
  ]);
});

test('what would be said for nothing is refused', () => {
  const { issues } = parseSuite(`dataset: t
volume: {max_change_pct: 20, per: country}
sql: {query: "select 1", max: 1, where: "a > 1"}
freshness: {max_age_hours: 1, where: "a > 1"}
schema: {required: [a], where: "a > 1"}
reconciliation: {with_table: u, with_where: "true) or (true"}
range: {column: a, max: .inf}
distribution: {column: a, expected_mean_range: [.nan, 1]}
categories: {column: a, where: "a > 1"}`);
  expect(issues.map(({ line, path, message }) => `${line} ${path}: ${message.slice(0, 42)}`)).toEqual([
    '2 volume.per: The parts have no load before to be compar',
    '3 sql.where: It would not be heeded: write the conditio',
    '4 freshness.where: It would not be heeded: name a column, who',
    '5 schema.where: It would not be heeded: the columns of a t',
    '6 reconciliation.with_where: A ) has no opening bracket.',
    '7 range.max: max takes a number or text.',
    '8 distribution.expected_mean_range.0: 0 takes a number.',
  ]);
});

test('each check has the lines where it stands', () => {
  const { places } = parseSuite(`dataset: t
volume: [{ min_rows: 1 }]
checks:
  uniqueness:
    - unique_columns: [id]
      level: block

    - unique_columns: [id]
freshness:
  max_age_hours: 24
`);
  expect([...(places?.values() ?? [])]).toEqual([
    { line: 2, endLine: 2 },
    { line: 9, endLine: 10 },
    { line: 5, endLine: 6 },
    { line: 8, endLine: 8 },
  ]);
});

test('checks of a text that is wrong elsewhere can be read', () => {
  const { issues, suite, readable } = parseSuite(`dataset: t
volume: [{ min_rows: 1 }]
completeness: [{ colum: id }]
`);
  expect([issues.length > 0, suite]).toEqual([true, null]);
  expect(readable?.checks.map(({ kind }) => kind)).toEqual(['volume']);
});

import { expect, test } from 'vitest';
import { checkKinds } from '#quality/checks/index.ts';
import { goodOrders, type Order } from '#tests/harness/orders.ts';
import { lake } from './fixtures/lake.ts';

/** Each kind over orders in a bucket, with what it says of the whole stream: two appended loads, one row of each wrong. */
const SAID: readonly [declared: string, said: string, follows: 'load' | 'asked'][] = [
  ['completeness: {column: email}', 'fail: email is 99% filled, limit 100%', 'load'],
  ['freshness: {column: created_at, max_age_hours: 24}', 'pass: the newest created_at is 2h old, limit 1d', 'load'],
  ['freshness: {max_age_hours: 24, name: synced}', 'pass: the last published sync is 0m old, limit 1d', 'load'],
  ['volume: {min_rows: 100}', 'pass: 100 rows, limit at least 100 rows', 'load'],
  ['uniqueness: {unique_columns: [id]}', 'fail: id is repeated in 1 row, limit 0', 'asked'],
  [
    'distribution: {column: id, expected_max: 98, expected_mean_range: [0, 60]}',
    'fail: the maximum of id is 99, limit at most 98',
    'load',
  ],
  ['anomaly: {metric: rows}', 'pass: the number of rows: learning: 6 measurements, 0 so far', 'load'],
  ['drift: {column: channel, as: categories}', 'pass: channel has nothing to be compared with yet', 'load'],
  ['categories: {column: channel}', 'pass: channel has 2 values; there is no load before', 'load'],
  [
    'accepted_values: {column: channel, values: [app]}',
    'fail: channel is none of the accepted values in 1 row, limit 0',
    'load',
  ],
  ['format: {column: email, format: email}', 'fail: email is not an email address in 1 row, limit 0', 'load'],
  ["pattern: {column: email, pattern: '^u'}", 'fail: email does not match the pattern in 1 row, limit 0', 'load'],
  ['range: {column: id, min: 1}', 'fail: id is below 1 in 2 rows, limit 0', 'load'],
  ['length: {column: channel, max: 3}', 'pass: channel has more than 3 characters in 0 rows, limit 0', 'load'],
  ['condition: {holds: "id < 99"}', 'fail: id < 99 does not hold in 1 row, limit 0', 'load'],
  [
    'referential: {column: id, references: {table: orders, column: id}}',
    'pass: id is not in orders in 0 rows, limit 0',
    'asked',
  ],
  ['schema: {required: [id, vat]}', 'fail: vat is missing', 'load'],
  ['reconciliation: {with_table: orders}', 'pass: 100 rows, orders has 100, limit 0 apart', 'asked'],
  ['gaps: {column: created_at, every: hour}', 'fail: created_at has no row in 1 hour, limit 0', 'load'],
  ['sql: {query: "select * from {table} where id > 98"}', 'fail: the query gives 1 row, limit 0', 'asked'],
  ['jsonata: {holds: "id < 99"}', 'fail: the expression does not hold in 1 row, limit 0', 'load'],
  ['volume: {min_rows: 2, per: channel, name: parts}', 'fail: channel = web: 1 row, limit at least 2 rows', 'asked'],
];

/** A hundred orders, an hour apart, in two loads: an id twice, an hour missing, one address wrong and one missing. */
const ORDERS: Order[] = goodOrders(0, 100).map((order, index) => ({
  ...order,
  created_at: new Date(Date.UTC(2026, 0, 2, 10) - (99 - index) * 3_600_000).toISOString(),
  ...(index === 98 && { id: 0, created_at: '2026-01-01T00:00:00Z' }),
  ...(index === 50 && { email: null }),
  ...(index === 51 && { email: 'nope' }),
  ...(index === 60 && { channel: 'web' }),
}));

const suite = `dataset: orders\nchecks:\n${Object.entries(
  Object.groupBy(
    SAID.map(([declared]) => declared.split(/: (.*)/s) as [string, string]),
    ([kind]) => kind,
  ),
)
  .map(([kind, checks]) => `  ${kind}: [${checks?.map(([, params]) => params).join(', ')}]`)
  .join('\n')}`;

test('every kind of check is measured over a bucket: most as its loads come, the others when somebody asks', async () => {
  expect(new Set(SAID.map(([declared]) => declared.split(':')[0]))).toEqual(
    new Set(checkKinds.map(({ name }) => name)),
  );
  const { sync, give, results, ask } = await lake([suite]);
  give(ORDERS.slice(0, 50));
  expect((await sync()).failure).toBeNull();
  give(ORDERS.slice(50));
  expect((await sync()).failure).toBeNull();
  const followed = await results();
  expect(followed.bytesRead).toBeNull();
  const asks = SAID.filter(([, , follows]) => follows === 'asked');
  // What had not to be read is said of both loads; what has to be read waits, with its size.
  for (const [declared, said, follows] of SAID)
    if (follows === 'load' && !/drift|categories|anomaly/.test(declared))
      expect(followed.said, declared).toContain(said);
  expect(followed.unread).toEqual([{ table: 'orders', checks: asks.length, bytes: expect.any(Number) }]);

  await ask();
  const asked = await results();
  expect(asked.unread).toEqual([]);
  expect(asked.bytesRead).toBe(followed.unread[0]?.bytes);
  for (const [declared, said] of SAID)
    if (!/drift|categories|anomaly/.test(declared)) expect(asked.said, declared).toContain(said);
  expect(asked.said.filter((text) => text.startsWith('error'))).toEqual([]);
  expect(asked.said).toHaveLength(SAID.length + 1);
});

test('at the gate of a bucket each says what it was measured of, or why not and what to do', async () => {
  const { sync, give, results } = await lake([
    suite.replaceAll(
      /\{(?=(column|columns|min_rows|max_age|unique|metric|holds|references|required|with_table|query))/g,
      '{level: block, ',
    ),
  ]);
  give(ORDERS.slice(0, 50));
  const held = await sync();
  expect(held.failure?.code).toBe('load_held');
  const { said } = await results();
  const errors = said.filter((text) => text.startsWith('error'));
  expect(errors).toEqual([
    'error: orders is not on this machine: before publishing to a bucket only the load itself is. Let the check run after publishing (level: error).',
    'error: orders is not on this machine: before publishing to a bucket only the load itself is. Let the check run after publishing (level: error).',
  ]);
  expect(said).toHaveLength(SAID.length + 1);
});

import { expect, test } from 'vitest';
import { checksOf, noFacts } from './fixtures/suite-of.ts';
import { judgeUnread } from './unread.ts';

test('a stream that a bucket does not hold is not measured, not even how fresh it is', () => {
  const facts = { ...noFacts(), lastPublishedAt: new Date('2026-01-01T22:00:00Z') };
  const held = { connectionId: 'c', prefix: '', namespace: '', name: 'orders', files: ['a'], bytes: 1, publish: null };
  const checks = checksOf(
    'freshness: [{table: orders, max_age_hours: 24}, {table: order, max_age_hours: 24}]\nvolume: [{table: orders, min_rows: 1}]',
  );
  const { results, unread } = judgeUnread(checks, () => facts, [held]);
  expect(results.map(({ outcome, table, message }) => [outcome, table, message.split('.')[0]])).toEqual([
    ['pass', 'orders', 'the last published sync is 2h old, limit 1d'],
    ['error', 'order', 'No stream named order was published to this destination'],
  ]);
  expect(unread).toEqual([{ table: 'orders', checks: 1, bytes: 1 }]);
});

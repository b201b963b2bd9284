import { expect, test } from 'vitest';
import { type Run, runCounts, runState, titleParts, unreadText, valueText } from './models.ts';

const run = (change: Partial<Run>): Run => ({
  id: 1,
  trigger: 'sync',
  syncId: 1,
  bytesRead: null,
  unread: [],
  startedAt: '2026-11-24T05:00:00Z',
  finishedAt: '2026-11-24T05:00:01Z',
  failure: null,
  pass: 8,
  warn: 0,
  fail: 0,
  error: 0,
  ...change,
});

test('a run goes by its worst result', () => {
  expect(runState(null).word).toBe('Not run');
  expect(runState(run({})).word).toBe('Passes');
  expect(runState(run({ warn: 1 })).word).toBe('Warns');
  expect(runState(run({ warn: 1, error: 1 })).word).toBe('Fails');
  expect(runState(run({ finishedAt: null })).word).toBe('Running');
});

test('counts name the worst kind', () => {
  expect([run({}), run({ pass: 7, warn: 1 }), run({ pass: 6, warn: 1, fail: 1 })].map(runCounts)).toEqual([
    '8 of 8 pass',
    '1 of 8 warns',
    '1 of 8 fails',
  ]);
});

test('a title is its kind and what it looks at', () => {
  expect(titleParts({ kind: 'completeness', title: 'shop.orders: completeness, customer_email' })).toEqual({
    kind: 'Completeness',
    subject: 'customer_email',
  });
  expect(titleParts({ kind: 'volume', title: 'rows' })).toEqual({ kind: 'Volume', subject: 'rows' });
});

test('values are written as their check counts', () => {
  expect(valueText(61.44, { kind: 'completeness', valueText: '61.4%' })).toBe('61.4%');
  expect(valueText(80, { kind: 'completeness', valueText: '80% filled' })).toBe('80%');
  expect(valueText(8.36, { kind: 'freshness', valueText: '8h 22m' })).toBe('8.4h');
  expect(valueText(3912, { kind: 'volume', valueText: '3,912' })).toBe('3,912');
});

test('a run that would have had to read a bucket says how much', () => {
  const unread = [
    { table: 'orders', checks: 2, bytes: 340_000_000 },
    { table: 'users', checks: 1, bytes: null },
  ];
  expect(unreadText({ unread })).toBe('orders (2 checks, 340 MB), users (1 check, its size is not known)');
  expect(runCounts(run({ unread, pass: 0 }))).toBe('Needs the bucket');
  expect(runState(run({ unread })).word).toBe('Passes');
});

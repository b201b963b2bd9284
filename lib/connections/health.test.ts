import { expect, test } from 'vitest';
import { healthOf, type Signs } from './health.ts';

const well: Signs = {
  active: true,
  pausedReason: null,
  last: { status: 'succeeded', message: null, held: false },
  current: null,
  ageMinutes: 30,
  targetMinutes: 120,
  checks: { total: 8, warn: 0, fail: 0, error: 0, worst: null },
};
const failed = { status: 'failed', message: '429 from Stripe', held: false } as const;
const checks = (change: object) => ({
  total: 8,
  warn: 0,
  fail: 0,
  error: 0,
  worst: 'email complete',
  ...change,
});

test.each<[string, Partial<Signs>, string, string | null]>([
  ['all is well', {}, 'healthy', null],
  ['nothing ran yet', { last: null, ageMinutes: null, checks: null }, 'new', 'waiting for its first sync'],
  ['a sync runs', { current: { attempt: 1, status: 'running' } }, 'running', null],
  ['a check warns', { checks: checks({ warn: 1 }) }, 'warning', '1 of 8 checks warn: email complete'],
  ['a second attempt runs', { current: { attempt: 2, status: 'running' } }, 'retrying', null],
  [
    'a failed one is tried again',
    { last: failed, current: { attempt: 1, status: 'incomplete' } },
    'retrying',
    '429 from Stripe',
  ],
  ['the data is old', { ageMinutes: 121 }, 'late', null],
  ['old data without a target', { ageMinutes: 9_999, targetMinutes: null }, 'healthy', null],
  ['the last sync failed', { last: failed }, 'failing', '429 from Stripe'],
  ['the last sync was partial', { last: { ...failed, status: 'partial' } }, 'failing', '429 from Stripe'],
  ['checks fail', { checks: checks({ fail: 1, error: 1 }) }, 'failing', '2 of 8 checks fail: email complete'],
  ['a load is held', { last: { ...failed, held: true } }, 'blocked', '429 from Stripe'],
  ['paused, whatever else', { active: false, pausedReason: 'by ada', last: failed }, 'paused', 'by ada'],
])('%s', (_, change, health, reason) => {
  expect(healthOf({ ...well, ...change })).toEqual({ health, reason });
});

import { expect, test } from 'vitest';
import { isTroubled, sentence } from './trouble.ts';

const FINE = { name: 'ml_users', sync: { status: 'succeeded' }, dbt: null, quality: null, training: null } as const;

test.each([
  ['a failed sync', { sync: { status: 'failed' } }],
  ['a sync that published only in part', { sync: { status: 'partial' } }],
  ['a failed dbt run', { dbt: { status: 'error' } }],
  ['a failing check', { quality: { failed: 1 } }],
  ['a failed training', { training: { status: 'FAILED' } }],
] as const)('%s is trouble', (_, change) => {
  expect(isTroubled({ ...FINE, ...change })).toBe(true);
});

test('the first sentence names those in trouble', () => {
  const bad = (name: string) => ({ ...FINE, name, dbt: { status: 'error' } as const });
  expect(sentence([])).toBe('No pipeline yet');
  expect(sentence([FINE, FINE])).toBe('All 2 pipelines work');
  expect(sentence([FINE, bad('a')])).toBe('a is in trouble');
  expect(sentence([bad('a'), bad('b'), bad('c')])).toBe('a, b and 1 more are in trouble');
});

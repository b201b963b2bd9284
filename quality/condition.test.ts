import { expect, test } from 'vitest';
import { conditionProblem } from './condition.ts';

test.each([
  `age > 17 and country in ('DE', 'FR')`,
  `name = 'it''s; -- fine'`,
  `"odd "" name" is not null`,
  `payload ->> 'a' = 'b'`,
  `tags[1] = 'x' or note like 'e%'`,
])('%s is a condition', (text) => {
  expect(conditionProblem(text)).toBeNull();
});

test.each([
  '',
  'a = 1; drop table users',
  'a = 1) or (1 = 1',
  "a = 'open",
  'a = 1 -- rest',
  'a /* b */ = 1',
  String.raw`a = E'\') or 1=1'`,
  'a = $$x$$',
  '(a = 1',
  'a[1) = 1',
])('%s is refused', (text) => {
  expect(conditionProblem(text)).not.toBeNull();
});

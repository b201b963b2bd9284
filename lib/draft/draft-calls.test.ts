import { expect, test } from 'vitest';
import { nameOf } from './draft-calls.ts';

test.each([
  ['https://api.example.com/v1/users/42/orders.json', 'orders'],
  ['https://api.example.com/v2/line%2Ditems', 'line_items'],
  ['https://api.example.com/orders/100%', 'orders'],
  ['https://api.example.com/', 'example'],
])('%s is read as %s', (url, name) => {
  expect(nameOf(url)).toBe(name);
});

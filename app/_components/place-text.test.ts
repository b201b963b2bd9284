import { expect, test } from 'vitest';
import { placeText } from './place-text.ts';

test('a place is said from the outside in', () => {
  expect(placeText({ stream: 'orders', page: 3, row: 12 })).toBe('stream orders, page 3, row 12');
  expect(placeText(undefined)).toBe('');
});

test('a slice is said in words', () => {
  const slice = (value: object) => placeText({ slice: JSON.stringify(value) });
  expect(slice({ end_time: '2026-11-26T16:38:54.275000Z', start_time: '2026-11-21T19:00:00.000000Z' })).toBe(
    'slice 2026-11-21T19:00:00Z to 2026-11-26T16:38:54Z',
  );
  expect(slice({ repository: 'weir', parent: { id: 7 } })).toBe('slice repository weir, parent {"id":7}');
  expect(slice({})).toBe('');
  expect(placeText({ stream: 'orders', slice: 'all', page: 1 })).toBe('stream orders, page 1');
  expect(placeText({ slice: 'customers.csv' })).toBe('slice customers.csv');
});

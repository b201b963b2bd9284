import { expect, it } from 'vitest';
import { joinUrl } from './join-url.ts';

it.each([
  ['https://api.example.com', '', 'https://api.example.com/'],
  ['https://api.example.com/v1/', '', 'https://api.example.com/v1/'],
  ['https://api.example.com/v1', 'orders', 'https://api.example.com/v1/orders'],
  ['https://api.example.com/v1/', 'orders/', 'https://api.example.com/v1/orders/'],
  ['https://api.example.com/v1', '/orders', 'https://api.example.com/orders'],
  ['https://api.example.com/v1', '?page=2', 'https://api.example.com/v1/?page=2'],
  ['https://api.example.com/v1', 'https://other.example.com//a', 'https://other.example.com//a'],
  ['https://api.example.com/v1', 'groups//g1/links', 'https://api.example.com/v1/groups/g1/links'],
  ['https://api.example.com//v1', 'groups?next=a//b', 'https://api.example.com/v1/groups?next=a//b'],
  ['https://api.example.com/v1', 'reports/r1:run', 'https://api.example.com/v1/reports/r1:run'],
])('joins %s and %s', (start, path, wanted) => {
  expect(joinUrl(start, path)?.href).toBe(wanted);
});

it('has no address for a start that is none', () => {
  expect(joinUrl('api.example.com', 'orders')).toBeNull();
});

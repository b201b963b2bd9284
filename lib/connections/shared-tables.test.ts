import { expect, test } from 'vitest';
import { freePrefix, type Landing, sharedTables } from './shared-tables.ts';

const orders = (change: Partial<Landing> = {}): Landing => ({
  ...{ destinationId: 'w', namespaceDefinition: 'destination', namespaceFormat: null, prefix: '' },
  streams: [{ name: 'orders' }, { name: 'items', namespace: 'eu' }],
  ...change,
});

test.each([
  ['the same destination and names', {}, ['orders', 'items']],
  ['another destination', { destinationId: 'x' }, []],
  ['a prefix', { prefix: 'eu_' }, []],
  ['a prefix that gives the same name', { prefix: 'o', streams: [{ name: 'rders' }] }, ['orders']],
  ['other streams', { streams: [{ name: 'customers' }] }, []],
  ['a namespace of its own', { namespaceDefinition: 'custom', namespaceFormat: 'eu' }, []],
  [
    'namespaces of the source where it has none',
    { namespaceDefinition: 'source', streams: [{ name: 'orders' }] },
    ['orders'],
  ],
] satisfies [string, Partial<Landing>, string[]][])('%s', (_what, change, shared) =>
  expect(sharedTables(orders(), [orders(change)]).map(({ stream }) => stream)).toEqual(shared),
);

test('a prefix is proposed where a table is another connection’s already, by the name of the source', () => {
  const taken = (...prefixes: string[]) => prefixes.map((prefix) => orders({ prefix }));
  expect(freePrefix(orders(), [], 'Shop API')).toBe('');
  expect(freePrefix(orders(), taken('eu_'), 'Shop API')).toBe('');
  expect(freePrefix(orders(), taken(''), 'Shop API')).toBe('shop_api_');
  expect(freePrefix(orders(), taken('', 'shop_api_'), 'Shop API')).toBe('shop_api_2_');
  expect(freePrefix(orders(), taken(''), 'Orders')).toBe('own_');
  expect(freePrefix(orders(), taken(''), '订单')).toBe('own_');
  expect(freePrefix(orders(), taken(''), '7 Seas — the whole catalogue of them')).toBe('seas_the_whole_cat_');
});

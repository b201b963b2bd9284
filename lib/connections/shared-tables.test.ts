import { expect, test } from 'vitest';
import { type Landing, sharedTables } from './shared-tables.ts';

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

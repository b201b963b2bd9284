import { describe, expect, test } from 'vitest';
import { type KnownNames, suiteNamesAt } from './suite-names.ts';

const KNOWN: KnownNames = {
  tables: [
    {
      table: 'orders',
      columns: [
        { name: 'id', type: 'integer' },
        { name: 'email', type: 'text' },
        { name: 'Total amount', type: 'numeric' },
      ],
    },
    { table: 'shop.customers', columns: [{ name: 'customer_id', type: 'bigint' }] },
  ],
  owners: ['data platform'],
  tags: ['pii'],
};

/** What is offered where the text has a bar. */
function offered(text: string): string[] {
  const offset = text.indexOf('|');
  return suiteNamesAt(text.replace('|', ''), offset, KNOWN).map(({ text: name, detail }) => `${name} ${detail}`);
}

const ORDERS = ['id integer', 'email text', '"Total amount" numeric'];

describe('names in a suite', () => {
  test.each([
    ['dataset: |', ['orders 3 columns', 'shop.customers 1 columns']],
    ['dataset: or|', ['orders 3 columns', 'shop.customers 1 columns']],
    ['dataset: orders\ncompleteness: [{ column: | }]', ORDERS],
    ['dataset: orders\ncompleteness:\n  - column: |', ORDERS],
    ['dataset: orders\ncompleteness:\n  - column: |\n    level: block\n', ORDERS],
    ['dataset: orders\nuniqueness: [{ unique_columns: [id, |] }]', ORDERS],
    ['dataset: orders\nuniqueness:\n  - unique_columns:\n      - |\n', ORDERS],
    ['dataset: orders\npersonal: [|]', ORDERS],
    [
      'dataset: orders\nvolume: [{ min_rows: 1, where: "email is null and | ',
      ['id integer', 'email text', 'Total amount numeric'],
    ],
    ['dataset: orders\ncompleteness: [{ table: shop.customers, column: | }]', ['customer_id bigint']],
    ['dataset: orders\ncompleteness: [{ column: |, table: shop.customers }]', ['customer_id bigint']],
    [
      'dataset: orders\ncompleteness:\n  - table: shop.customers\n    column: |\n  - column: id\n',
      ['customer_id bigint'],
    ],
    ['dataset: orders\ncompleteness:\n  - column: id\n    table: shop.customers\n  - column: |\n', ORDERS],
    ['dataset: orders\nreferential: [{ column: |, references: { table: shop.customers } }]', ORDERS],
    [
      'dataset: orders\nreferential: [{ column: id, references: { table: shop.customers, column: | } }]',
      ['customer_id bigint'],
    ],
    [
      'dataset: orders\nreferential:\n  - column: id\n    references:\n      table: shop.customers\n      column: |\n',
      ['customer_id bigint'],
    ],
    ['dataset: orders\nreferential:\n  - column: |\n    references:\n      table: shop.customers\n', ORDERS],
    [
      'dataset: orders\nreferential: [{ column: id, references: { table: | } }]',
      ['orders 3 columns', 'shop.customers 1 columns'],
    ],
    ['owner: |', ['"data platform" owner']],
    ['dataset: orders\nvolume: [{ min_rows: 1, tags: [|] }]', ['pii tag']],
    ['dataset: public.orders\ncompleteness: [{ column: | }]', ORDERS],
    ['dataset: nothing\ncompleteness: [{ column: | }]', []],
    ['dataset: orders\nvolume: [{ min_rows: | }]', []],
    ['# dataset: |', []],
  ])('%s', (text, names) => expect(offered(text)).toEqual(names));
});

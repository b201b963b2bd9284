import { expect, test } from 'vitest';
import { outlineChecks } from '../outline-checks.ts';
import { unknownNames } from './unknown-names.ts';

const TABLES = [
  {
    table: 'orders',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'email', type: 'text' },
    ],
  },
];

function unknown(text: string) {
  return unknownNames(text, outlineChecks(text).checks, TABLES).map(
    ({ line, column, endColumn, message, nearest }) => `${line}:${column}-${endColumn} ${message} ${nearest}`,
  );
}

test('a column that the table lacks is told where it stands, once, with what was probably meant', () => {
  expect(
    unknown(`dataset: orders
completeness:
  - column: id
  - level: block
    column: emial
uniqueness: [{ unique_columns: [id, emal], per: country }]
`),
  ).toEqual([
    '5:13-18 orders has no column emial. Did you mean email? email',
    '6:37-41 orders has no column emal. Did you mean email? email',
    '6:49-56 orders has no column country. null',
  ]);
});

test('a table that is not there is told at the dataset, or in the check that names it', () => {
  expect(
    unknown(`dataset: public.order
volume: [{ min_rows: 1 }, { table: orders, min_rows: 2 }, { table: other, min_rows: 3 }]
completeness: [{ column: anything }]
`),
  ).toEqual([
    '1:10-22 There is no table public.order, or not yet. null',
    '2:68-73 There is no table other, or not yet. null',
  ]);
});

test('nothing is said while no table is known', () => {
  expect(
    unknownNames(
      'dataset: a\nvolume: [{ min_rows: 1 }]',
      outlineChecks('dataset: a\nvolume: [{ min_rows: 1 }]').checks,
      [],
    ),
  ).toEqual([]);
});

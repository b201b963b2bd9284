import { expect, test } from 'vitest';
import { outlineChecks } from '../outline-checks.ts';
import { otherTables } from './other-tables.ts';

const tableOf = (stream: string, prefix = '') => ({
  stream,
  names: [`${prefix}${stream}`, `public.${prefix}${stream}`],
});
const CONNECTIONS = [
  { id: 'theirs', name: 'Earthquakes', destinationId: 'w', tables: [tableOf('earthquakes'), tableOf('alerts')] },
  { id: 'own', name: 'Mine', destinationId: 'w', tables: [tableOf('earthquakes', 'own_'), tableOf('more', 'own_')] },
  { id: 'far', name: 'Far', destinationId: 'x', tables: [tableOf('other')] },
];

function said(text: string, connectionId: string | null): (string | number | null)[][] {
  const found = otherTables(text, outlineChecks(text).checks, connectionId, CONNECTIONS);
  return found.map(({ message, nearest, line, column }) => [message, nearest, line, column]);
}

test('a table that another connection loads is named, with the one that was probably meant', () => {
  const text =
    'dataset: earthquakes\nvolume: [{ min_rows: 1 }]\ncompleteness: [{ table: public.alerts, column: id }]\n';
  expect(said(text, 'own')).toEqual([
    [
      'earthquakes is loaded by Earthquakes, not by this connection; its table is own_earthquakes',
      'own_earthquakes',
      1,
      10,
    ],
    [
      'public.alerts is loaded by Earthquakes, not by this connection; its tables are own_earthquakes, own_more',
      null,
      3,
      25,
    ],
  ]);
});

test.each([
  ['its own table', 'own_earthquakes', 'own'],
  ['its own table with the schema', 'public.own_earthquakes', 'own'],
  ['a table that no connection loads', 'a_dbt_model', 'own'],
  ['a table of another destination', 'other', 'own'],
  ['no connection', 'earthquakes', null],
])('nothing is said of %s', (_what, table, connectionId) =>
  expect(said(`dataset: ${table}\nvolume: [{ min_rows: 1 }]\n`, connectionId)).toEqual([]),
);

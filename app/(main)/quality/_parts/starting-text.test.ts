import { expect, test } from 'vitest';
import { parseSuite } from '#quality/parse-suite.ts';
import { isStartingText, startingText, withDataset } from './starting-text.ts';

const connection = (targetMinutes: number | null, names = ['own_quakes', 'public.own_quakes']) => ({
  ...{ id: 'c', name: 'Mine', destinationId: 'w', tables: [{ stream: 'quakes', names }], targetMinutes },
});

test.each([
  ['none', undefined, 'my_table', 24],
  ['hourly', connection(120), 'own_quakes', 24],
  ['daily', connection(2 * 1440), 'own_quakes', 48],
  ['weekly', connection(14 * 1440), 'own_quakes', 336],
  ['only by hand', connection(null), 'own_quakes', undefined],
  ['with a name to be quoted', connection(60, ['eu quakes: all']), 'eu quakes: all', 24],
])('a suite begins with the connection’s own table, and as old as its data may grow: %s', (_when, of, table, hours) => {
  const text = startingText(of);
  const { suite, issues } = parseSuite(text);
  expect(issues).toEqual([]);
  expect(suite?.checks[0]?.table).toBe(table);
  expect(suite?.checks.find(({ kind }) => kind === 'freshness')?.params.max_age_hours).toBe(hours);
  expect(text).toContain('#   - column: updated_at');
  // What stands there as an example holds once it is no comment.
  expect(parseSuite(text.replaceAll(/^# ?(?=( {2}|\w+:$))/gm, '')).issues).toEqual([]);
});

test('it is nobody’s work until somebody has changed it', () => {
  const all = [connection(60), connection(null, ['other'])];
  expect(all.map((one) => isStartingText(startingText(one), all))).toEqual([true, true]);
  expect(isStartingText(`${startingText(all[0])}# mine`, all)).toBe(false);
});

test('the table is changed where it stands, or put first', () => {
  expect(withDataset('# a\ndataset: "a b" # why\nvolume: []\n', 'c')).toBe('# a\ndataset: c # why\nvolume: []\n');
  expect(withDataset('volume: []\n', 'a b')).toBe('dataset: "a b"\nvolume: []\n');
});

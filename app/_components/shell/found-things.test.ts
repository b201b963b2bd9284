import { expect, test } from 'vitest';
import { type Found, foundIn, numbered } from './found-things.ts';

const thing = (group: string, name: string): Found => ({ group, name, icon: 'jobs', href: `/${name}` });

test('every word of a search counts, the group among the text', () => {
  const things = [thing('Sources', 'Shop EU'), thing('Destinations', 'Shop warehouse'), thing('Sources', 'CRM')];
  const names = (search: string) => foundIn(things, search).map(({ name }) => name);
  expect(names('shop')).toEqual(['Shop EU', 'Shop warehouse']);
  expect(names('source shop')).toEqual(['Shop EU']);
  expect(names('eu  SHOP')).toEqual(['Shop EU']);
  expect(names('nothing')).toEqual([]);
});

test('of a thousand, a few are shown', () => {
  const many = Array.from({ length: 1_000 }, (_, index) => thing('Connections', `pipeline_${index}`));
  expect(foundIn(many, 'pipeline')).toHaveLength(8);
  expect(foundIn(many, 'pipeline_999').map(({ name }) => name)).toEqual(['pipeline_999']);
});

test('a number leads to its sync and its incident', () => {
  expect(numbered('4821').map(({ href }) => href)).toEqual(['/jobs/4821', '/incidents/4821']);
  expect(numbered(' inc-212 ').map(({ href }) => href)).toEqual(['/incidents/212']);
  expect(numbered('orders 7')).toEqual([]);
});

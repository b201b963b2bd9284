import { expect, test } from 'vitest';
import type { JsonValue } from '#lib/json.ts';
import { findLists } from './find-lists.ts';

const ROOT = 'https://api.example.com/v1';

test.each<[string, JsonValue, string[]]>([
  ['fields that are addresses', { films: `${ROOT}/films/`, people_url: `${ROOT}/people/` }, ['films', 'people']],
  ['a template’s parameters are left off', { repos_url: `${ROOT}/repos{?page,sort}` }, ['repos']],
  [
    'links of HAL, the own one aside',
    { _links: { self: { href: '/v1' }, orders: { href: '/v1/orders' } } },
    ['orders'],
  ],
  [
    'a list of named links',
    [
      { name: 'Orders', url: '/v1/orders' },
      { rel: 'users', href: '/v1/users' },
    ],
    ['Orders', 'users'],
  ],
  ['paths alone', { paths: ['/v1/orders', '/v1/users'] }, ['orders', 'users']],
  ['ends of addresses, where they are called so', { endpoints: ['orders', 'users'] }, ['orders', 'users']],
  ['words elsewhere', { status: 'ok', tags: ['orders'] }, []],
  ['other hosts, pages and pictures', { a: 'https://other.example/x', b: '/docs/index.html', avatar_url: '/a/1' }, []],
  ['a place that only a value would fill', { user_url: `${ROOT}/users/{user}` }, []],
  ['nothing at all', null, []],
])('%s', (_name, body, names) => {
  expect(findLists(body, ROOT).map(({ name }) => name)).toEqual(names);
});

test('an end of an address goes on from where it was read', () => {
  expect(findLists({ endpoints: ['orders'] }, ROOT)).toEqual([{ name: 'orders', url: `${ROOT}/orders` }]);
});

test('an address that is no valid text is a list all the same, and none is asked without encryption', () => {
  expect(findLists(['/v1/100%'], ROOT)).toEqual([{ name: '100%', url: 'https://api.example.com/v1/100%' }]);
  expect(findLists({ films: 'http://api.example.com/v1/films' }, ROOT)).toEqual([
    { name: 'films', url: `${ROOT}/films` },
  ]);
});

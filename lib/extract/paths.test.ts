import { expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { createAt, replaceAt, valueAt, valuesAt } from './paths.ts';

const manifest = (): JsonObject => ({ retriever: { requester: { path: 'a' } }, list: [{ path: 'b' }, { name: 'c' }] });

test('a path leads through objects and lists', () => {
  expect(valueAt(manifest(), ['list', 0, 'path'])).toBe('b');
  expect(valueAt(manifest(), ['list', '-1', 'name'])).toBe('c');
  expect(valueAt(manifest(), ['list', 'path'])).toBeUndefined();
  expect(valueAt(manifest(), ['constructor'])).toBeUndefined();
  expect(valueAt(manifest(), [])).toEqual(manifest());
});

test('patterns lead to several places', () => {
  expect(valuesAt(manifest(), ['list', '*', 'path'])).toEqual(['b']);
  expect(valuesAt(manifest(), ['**', 'path'])).toEqual(['a', 'b']);
  expect(valuesAt(manifest(), ['re*', 'requester', 'pa*'])).toEqual(['a']);
});

test('replacing makes nothing, creating does', () => {
  const value = manifest();
  expect(replaceAt(value, ['**', 'path'], 'new')).toBe(2);
  expect(replaceAt(value, ['retriever', 'paginator', 'type'], 'new')).toBe(0);
  expect(value).toEqual({ retriever: { requester: { path: 'new' } }, list: [{ path: 'new' }, { name: 'c' }] });
  createAt(value, ['retriever', 'routers', 1, 'type'], 'List');
  expect(value.retriever).toEqual({ requester: { path: 'new' }, routers: [null, { type: 'List' }] });
});

test('a key that means something to JavaScript is a key like others', () => {
  const value: JsonObject = {};
  createAt(value, ['__proto__', 'polluted'], true);
  expect(Object.keys(value)).toEqual(['__proto__']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

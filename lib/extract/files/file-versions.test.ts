import { expect, test } from 'vitest';
import { FileVersions } from './file-versions.ts';
import { namedAddresses } from './providers/addresses.ts';

const entries = ['a', 'b', '__proto__'].map((name) => ({ name, version: null, bytes: null }));

test('a state says what had been read when it was taken, whatever was read since', () => {
  const versions = new FileVersions(entries, { a: '1', gone: '1' });
  const first = versions.state(false);
  versions.set('b', '1');
  versions.set('a', '2');
  versions.set('__proto__', '1');
  expect(first).toEqual({ complete: false, files: { a: '1' } });
  expect(JSON.stringify(versions.state(true))).toBe('{"complete":true,"files":{"a":"2","b":"1","__proto__":"1"}}');
  expect([versions.of('a'), versions.of('toString')]).toEqual(['2', null]);
});

test('very many files cost one after another what few do', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => ({ name: `${index}.csv`, version: '1', bytes: 1 }));
  const versions = new FileVersions(many, {});
  const states = many.map(({ name }) => {
    versions.set(name, '1');
    return versions.state(false);
  });
  expect(Object.keys(states.at(-1)?.files ?? {})).toHaveLength(100_000);
  expect(Object.keys(states[9]?.files ?? {})).toHaveLength(10);
});

test('each address has the version that a state of before keeps of it, though one is another without a query', () => {
  const known = { 'https://x/get': 'first', 'https://x/get?id=2': 'second' };
  const addresses = namedAddresses(Object.keys(known)).map((one) => ({ ...one, version: null, bytes: null }));
  const versions = new FileVersions(addresses, known);
  expect(addresses.map(({ name }) => versions.of(name))).toEqual(['first', 'second']);
});

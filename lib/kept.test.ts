import { expect, test } from 'vitest';
import { createKept } from './kept.ts';

function keepable(name: string, ended: string[]) {
  return { end: async () => void ended.push(name) };
}

test('what was left is given once', async () => {
  const kept = createKept();
  const one = keepable('one', []);
  await kept.put('a', one);
  expect(kept.take('a')).toBe(one);
  expect(kept.take('a')).toBeUndefined();
});

test('the oldest ends where there are too many, and all of them at the end', async () => {
  const kept = createKept();
  const ended: string[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) await kept.put(name, keepable(name, ended));
  expect(ended).toEqual(['a']);
  await kept.put('b', keepable('second b', ended));
  expect(ended).toEqual(['a', 'b']);
  await kept.end();
  expect(ended.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'second b']);
});

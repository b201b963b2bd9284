import { expect, test } from 'vitest';
import { countLines, diffSchemas } from './schema-diff.ts';

const columns = (text: string) =>
  text.split(' ').map((column) => {
    const [name = '', type = ''] = column.split(':');
    return { name, type };
  });

test('a whole schema is shown with what came, went and changed, each in its place', () => {
  const lines = diffSchemas(
    columns('id:bigint email:text note:text amount:bigint'),
    columns('id:bigint email:text amount:numeric contact:jsonb'),
  );
  expect(lines.map(({ kind, name, type, was }) => [kind, name, type, was])).toEqual([
    ['same', 'id', 'bigint', null],
    ['same', 'email', 'text', null],
    ['removed', 'note', 'text', null],
    ['changed', 'amount', 'numeric', 'bigint'],
    ['added', 'contact', 'jsonb', null],
  ]);
  expect(countLines(lines)).toEqual({ added: 1, removed: 1, changed: 1 });
});

test('what is gone at the begin and several in a row keep their order', () => {
  expect(diffSchemas(columns('a:text b:text c:text d:text'), columns('d:text')).map(({ name }) => name)).toEqual([
    ...['a', 'b', 'c', 'd'],
  ]);
});

test('the first schema is all new', () => {
  expect(countLines(diffSchemas([], columns('a:text b:text')))).toEqual({ added: 2, removed: 0, changed: 0 });
});

import { expect, test } from 'vitest';
import { schemaRows } from './schema-rows.ts';

const object = (properties: Record<string, object>) => ({ type: 'object', properties }) as never;

test('what differs comes first, then what is new, what was not seen, and what is the same', () => {
  const rows = schemaRows(
    object({ same: { type: 'number' }, gone: { type: 'string' }, wrong: { type: 'integer' }, any: {} }),
    object({
      same: { type: ['integer', 'null'] },
      any: { type: 'string' },
      fresh: { type: ['string', 'null'], format: 'date-time' },
      wrong: { type: ['string', 'null'] },
    }),
  );
  expect(rows).toEqual([
    { name: 'wrong', seen: 'string', declared: 'integer', state: 'differs' },
    { name: 'fresh', seen: 'string, date-time', declared: null, state: 'new' },
    { name: 'gone', seen: null, declared: 'string', state: 'unseen' },
    { name: 'same', seen: 'integer', declared: 'number', state: 'same' },
    { name: 'any', seen: 'string', declared: 'anything', state: 'same' },
  ]);
});

test('a time where a day is declared differs', () => {
  const rows = schemaRows(
    object({ at: { type: 'string', format: 'date' } }),
    object({ at: { type: 'string', format: 'date-time' } }),
  );
  expect(rows[0]?.state).toBe('differs');
});

test('without a declared schema all is new', () => {
  expect(schemaRows(null, object({ a: { type: 'null' } }))).toEqual([
    { name: 'a', seen: 'null', declared: null, state: 'new' },
  ]);
});

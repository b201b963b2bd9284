import { expect, test } from 'vitest';
import { schemaRows, takeOver } from './schema-rows.ts';

const object = (properties: Record<string, object>) => ({ type: 'object', properties }) as never;
const short = (declared: never, seen: never) =>
  schemaRows(declared, seen).map(({ path, seen: was, declared: says, state }) => [path.join('.'), was, says, state]);

test('what differs comes first, then what is new, what was not seen, and what is the same', () => {
  expect(
    short(
      object({ same: { type: 'number' }, gone: { type: 'string' }, wrong: { type: 'integer' }, any: {} }),
      object({
        same: { type: ['integer', 'null'] },
        any: { type: 'string' },
        fresh: { type: ['string', 'null'], format: 'date-time' },
        wrong: { type: ['string', 'null'] },
      }),
    ),
  ).toEqual([
    ['wrong', 'string', 'integer', 'differs'],
    ['fresh', 'string, date-time', null, 'new'],
    ['gone', null, 'string', 'unseen'],
    ['same', 'integer', 'number', 'same'],
    ['any', 'string', 'anything', 'same'],
  ]);
});

test('a time where a day is declared differs', () => {
  const rows = short(
    object({ at: { type: 'string', format: 'date' } }),
    object({ at: { type: 'string', format: 'date-time' } }),
  );
  expect(rows[0]?.[3]).toBe('differs');
});

test('without a declared schema all is new, with the types that it lands as', () => {
  expect(schemaRows(null, object({ at: { type: 'string', format: 'date-time' } }))).toEqual([
    {
      ...{ path: ['at'], seen: 'string, date-time', declared: null, state: 'new' },
      lands: { postgres: 'timestamp with time zone', parquet: 'timestamptz' },
    },
  ]);
});

test('nested fields stand below their own, those of lists too', () => {
  const declared = object({
    to: object({ city: { type: 'string' } }),
    lines: { type: 'array', items: object({ sku: { type: 'integer' } }) },
  });
  const seen = object({
    to: object({ city: { type: 'string' }, zip: { type: 'string' } }),
    lines: { type: 'array', items: object({ sku: { type: 'string' } }) },
  });
  expect(short(declared, seen)).toEqual([
    ['lines', 'array', 'array', 'same'],
    ['lines.*', 'object', 'object', 'same'],
    ['lines.*.sku', 'string', 'integer', 'differs'],
    ['to', 'object', 'object', 'same'],
    ['to.zip', 'string', null, 'new'],
    ['to.city', 'string', 'string', 'same'],
  ]);
});

test('one nested field is taken over, and all around it stays', () => {
  const declared = {
    ...{ $schema: 'x', type: 'object' },
    properties: {
      lines: {
        type: 'array',
        items: object({ sku: { type: 'integer', description: 'of the shop' }, no: { type: 'integer' } }),
      },
    },
  };
  const seen = object({ lines: { type: 'array', items: object({ sku: { type: 'string' }, no: { type: 'string' } }) } });
  expect(takeOver(declared as never, seen, ['lines', '*', 'sku'])).toEqual({
    ...{ $schema: 'x', type: 'object' },
    properties: {
      lines: {
        type: 'array',
        items: object({ sku: { type: 'string', description: 'of the shop' }, no: { type: 'integer' } }),
      },
    },
  });
  expect(takeOver(null, object({ a: { type: 'string' } }), ['a'])).toEqual({
    ...{ type: 'object', additionalProperties: true, properties: { a: { type: 'string' } } },
  });
});

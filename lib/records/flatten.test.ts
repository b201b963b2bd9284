import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { flatFieldName, flattenRecord, flattenSchema, parentPath } from './flatten.ts';

const acme: JsonObject = {
  id: 1,
  name: 'Acme Corp',
  contact: { email: 'info@acme.com', phone: '+1234567890' },
  addresses: [
    { type: 'billing', city: 'New York' },
    { type: 'shipping', city: 'Boston' },
  ],
};

const shown = (record: JsonObject) =>
  Object.fromEntries(Object.entries(record).map(([field, value]) => [flatFieldName(field), value]));

describe('flat rows', () => {
  test('fields of objects move up, arrays of objects become rows that point to their parent', () => {
    const [parent, ...children] = flattenRecord(acme);
    expect(shown(parent?.record ?? {})).toEqual({
      id: 1,
      name: 'Acme Corp',
      contact_email: 'info@acme.com',
      contact_phone: '+1234567890',
    });
    expect(children.map(({ path, parentHashId, record }) => ({ path, parentHashId, record }))).toEqual([
      { path: 'addresses', parentHashId: parent?.hashId, record: { type: 'billing', city: 'New York' } },
      { path: 'addresses', parentHashId: parent?.hashId, record: { type: 'shipping', city: 'Boston' } },
    ]);
  });

  test('other arrays stay, and an array that mixes objects with other things too', () => {
    const [row, ...none] = flattenRecord({ tags: ['a'], empty: [], mixed: [{ a: 1 }, 2], nothing: {} });
    expect(row?.record).toEqual({ tags: ['a'], empty: [], mixed: [{ a: 1 }, 2] });
    expect(none).toEqual([]);
  });

  test('a null among objects is no row, and keeps no other from being one; nulls alone stay', () => {
    const [row, ...children] = flattenRecord({ lines: [{ n: 1 }, null, { n: 2 }], nulls: [null] });
    expect(row?.record).toEqual({ nulls: [null] });
    expect(children.map(({ record }) => record)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('grandchildren point to the child; an array inside an object is named by both', () => {
    const rows = flattenRecord({ a: { items: [{ n: 1, parts: [{ p: 1 }] }] } });
    expect(rows.map(({ path }) => flatFieldName(path))).toEqual(['', 'a_items', 'a_items_parts']);
    expect(rows[2]?.parentHashId).toBe(rows[1]?.hashId);
    const paths = rows.map(({ path }) => path);
    expect(parentPath(paths[2] ?? '', paths)).toBe(paths[1]);
  });

  test('the hash is of the values: the same for the same values in any order, another for any other value', () => {
    const [a] = flattenRecord({ x: 1, y: 'b' });
    const [b] = flattenRecord({ y: 'b', x: 1 });
    const [c] = flattenRecord({ x: 1, y: 'c' });
    expect(a?.hashId).toBe(b?.hashId);
    expect(a?.hashId).not.toBe(c?.hashId);
    expect(a?.hashId).toMatch(/^[0-9a-f]{32}$/);
  });

  test('a field that is called like a nested one stays another field', () => {
    const [row] = flattenRecord({ contact_email: 'top', contact: { email: 'nested' } });
    expect(Object.values(row?.record ?? {}).toSorted()).toEqual(['nested', 'top']);
  });

  test('whatever the record, no value is lost and every row has its parent', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ depthSize: 'small' }, fc.integer(), fc.string(), tie('object'), fc.array(tie('object'))),
      object: fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), tie('any'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(value.object as fc.Arbitrary<JsonObject>, (record) => {
        const rows = flattenRecord(record);
        const ids = new Set(rows.map((row) => row.hashId));
        for (const row of rows) if (row.parentHashId !== null) expect(ids).toContain(row.parentHashId);
        const flat = rows.flatMap((row) => Object.values(row.record)).flatMap(scalarsOf);
        expect(flat.toSorted()).toEqual(scalarsOf(record).toSorted());
      }),
    );
  });
});

test('the schema is laid out like the records', () => {
  const schema: JsonObject = {
    properties: {
      id: { type: 'integer' },
      contact: { type: ['null', 'object'], properties: { since: { type: 'string', format: 'date' } } },
      tags: { type: 'array', items: { type: 'string' } },
      addresses: { type: 'array', items: { type: 'object', properties: { city: { type: 'string' } } } },
    },
  };
  const tables = [...flattenSchema(schema)].map(([path, { properties }]) => [path, shown(properties as JsonObject)]);
  expect(tables).toEqual([
    [
      '',
      {
        id: { type: 'integer' },
        contact_since: { type: 'string', format: 'date' },
        tags: { type: 'array', items: { type: 'string' } },
      },
    ],
    ['addresses', { city: { type: 'string' } }],
  ]);
});

function scalarsOf(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(scalarsOf);
  return [JSON.stringify(value)];
}

test('a field may be called as JavaScript calls an object’s prototype', () => {
  const record = JSON.parse('{"__proto__": 1, "nested": {"__proto__": "x"}}');
  const [row] = flattenRecord(record);
  expect(Object.entries(row?.record ?? {})).toEqual([
    ['__proto__', 1],
    ['nested\u0000__proto__', 'x'],
  ]);
});

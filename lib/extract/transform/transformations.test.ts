import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { streamsOver } from '../fixtures/answering-client.ts';
import { matchesPath, removeAt } from './match-path.ts';

/** What becomes of records. */
async function made(transformations: string, ...records: object[]): Promise<JsonObject[]> {
  const yaml = `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester: { url: "https://api.test/orders" }
      record_selector: { extractor: { field_path: [data] } }
    transformations: [${transformations}]
`;
  return (await streamsOver(() => ({ data: records }), yaml).read('orders')).records;
}

describe('keys', () => {
  test('in lower case, at the top', async () => {
    expect(await made('{ type: KeysToLower }', { ID: 1, In: { Deep: 2 } })).toEqual([{ id: 1, in: { Deep: 2 } }]);
  });

  test('a text replaced, in objects in objects, with values of the record', async () => {
    expect(
      await made('{ type: KeysReplace, old: "{{ record.sep }}", new: "$&" }', {
        sep: ' ',
        'a b': { 'c d': [{ 'e f': 1 }] },
      }),
    ).toEqual([{ sep: ' ', 'a$&b': { 'c$&d': [{ 'e f': 1 }] } }]);
  });

  test.each([
    ['FBALiveID', 'fbalive_id'],
    ['userName', 'user_name'],
    ['User Name', 'user_name'],
    ['user-name (EUR)', 'user_name_eur_'],
    ['_id', '_id'],
    ['1MonthActive', '_1_month_active'],
    ['99', '_99'],
    ['Größe', 'grosse'],
    ['ÆrøId', 'aero_id'],
    ['a__b', 'a_b'],
    ['名前', '名前'],
  ])('%s in snake case is %s', async (key, expected) => {
    expect(await made('{ type: KeysToSnakeCase }', { [key]: { [key]: 1 } })).toEqual([
      { [expected]: { [expected]: 1 } },
    ]);
  });
});

describe('FlattenFields', () => {
  test('nested fields come to the top; names that are taken get their path', async () => {
    expect(await made('{ type: FlattenFields }', { id: 1, a: { b: 2, c: { d: 3 } }, e: { b: 4 } })).toEqual([
      { id: 1, d: 3, b: 4, 'a.b': 2 },
    ]);
  });

  test('lists too, unless the manifest says no', async () => {
    expect(await made('{ type: FlattenFields }', { tags: ['x', { k: 'y' }] })).toEqual([
      { 'tags.0': 'x', 'tags.1.k': 'y' },
    ]);
    expect(await made('{ type: FlattenFields, flatten_lists: false }', { a: { tags: ['x'] } })).toEqual([
      { tags: ['x'] },
    ]);
  });
});

describe('DpathFlattenFields', () => {
  const record = { id: 1, properties: { name: 'a', size: 2 } };
  test.each([
    ['', { ...record, name: 'a', size: 2 }],
    [', delete_origin_value: true', { id: 1, name: 'a', size: 2 }],
    [', replace_record: true', { name: 'a', size: 2 }],
    [
      ", delete_origin_value: true, key_transformation: { prefix: \"{{ config.get('p', 'p_') }}\", suffix: _s }",
      { id: 1, p_name_s: 'a', p_size_s: 2 },
    ],
  ])('%s', async (more, expected) => {
    expect(await made(`{ type: DpathFlattenFields, field_path: [properties]${more} }`, record)).toEqual([expected]);
  });

  test('a name that is taken leaves the record as it is, and so does a path that leads nowhere', async () => {
    const taken = { name: 'mine', properties: { name: 'a' } };
    const flatten = '{ type: DpathFlattenFields, field_path: [properties], delete_origin_value: true }';
    expect(await made(flatten, taken, { id: 2 })).toEqual([taken, { id: 2 }]);
  });

  test('the first object that a star leads to', async () => {
    const flatten = '{ type: DpathFlattenFields, field_path: [a, "*"] }';
    expect(await made(flatten, { a: { x: { n: 1 }, y: { n: 2 } } })).toEqual([
      { a: { x: { n: 1 }, y: { n: 2 } }, n: 1 },
    ]);
  });
});

describe('AddFields', () => {
  const add = (value: string, more = '') => `{ type: AddFields, fields: [{ path: [v], value: "${value}"${more} }] }`;
  test.each([
    ['{{ 1 }}', '', 1],
    ['{{ 1 }}', ', value_type: string', '1'],
    ['{{ 1 }}', ', value_type: integer', 1],
    ['{{ 1.5 }}', ', value_type: number', 1.5],
    ['{{ true }}', ', value_type: boolean', true],
    ['{{ true }}', ', value_type: string', 'True'],
    ['{{ record.id }}', '', 7],
  ])('%s%s is %o', async (value, more, expected) => {
    expect(await made(add(value, more), { id: 7 })).toEqual([{ id: 7, v: expected }]);
  });

  test('its condition sees the record, the value and the path; later fields see earlier ones', async () => {
    const both = `{ type: AddFields, condition: "{{ value and path[0] != 'c' }}", fields: [{ path: [a, b], value: "{{ record.id }}" }, { path: [d], value: "{{ record.a }}" }, { path: [c], value: "1" }] }`;
    expect(await made(both, { id: 7 }, { id: 0 })).toEqual([{ id: 7, a: { b: 7 }, d: { b: 7 } }, { id: 0 }]);
  });
});

describe('RemoveFields', () => {
  const remove = (pointers: string, more = '') => `{ type: RemoveFields, field_pointers: ${pointers}${more} }`;
  test.each([
    ['[[a]]', { a: 1, b: 2 }, { b: 2 }],
    ['[[a, b]]', { a: { b: 1, c: 2 } }, { a: { c: 2 } }],
    ['[["*", b]]', { a: { b: 1 }, c: { b: 2, d: 3 } }, { a: {}, c: { d: 3 } }],
    ['[["**", b]]', { b: 0, a: { x: { b: 1, c: 2 } } }, { a: { x: { c: 2 } } }],
    ['[["tmp_*"], ["x?"]]', { tmp_a: 1, tmp: 2, x1: 3, x12: 4 }, { tmp: 2, x12: 4 }],
    ['[["[ab]"]]', { a: 1, b: 2, c: 3 }, { c: 3 }],
    ['[["["]]', { '[': 1, b: 2 }, { b: 2 }],
    ['[[list, 0]]', { list: [1, 2, 3] }, { list: [null, 2, 3] }],
    ['[[list, 2]]', { list: [1, 2, 3] }, { list: [1, 2] }],
    ['[[list, "*"]]', { list: [1, 2, 3] }, { list: [null, null] }],
    ['[[list, "*", k]]', { list: [{ k: 1, l: 2 }, 'x'] }, { list: [{ l: 2 }, 'x'] }],
    ['[[missing, x]]', { a: 1 }, { a: 1 }],
  ])('%s of %o', async (pointers, record, expected) => {
    expect(await made(remove(pointers), record)).toEqual([expected]);
  });

  test('its condition is about values, no objects', async () => {
    const empty = remove('[["**"]]', ', condition: "{{ property == \'\' }}"');
    expect(await made(empty, { a: '', b: { c: '', d: 1 }, e: ['', 'x', ''] })).toEqual([
      { b: { d: 1 }, e: [null, 'x'] },
    ]);
    const named = remove('[[a]]', ', condition: "{{ property == 1 }}"');
    expect(await made(named, { a: 1, b: 1 }, { a: 2 })).toEqual([{ b: 1 }, { a: 2 }]);
  });

  test('a path with ** removes whatever lies below, from any record, and nothing else', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.integer(),
        fc.dictionary(key, tie('tree')),
        fc.array(tie('tree'), { maxLength: 3 }),
      ),
    }));
    const keysOf = (value: unknown): string[] =>
      typeof value === 'object' && value !== null
        ? [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(keysOf)]
        : [];
    fc.assert(
      fc.property(fc.dictionary(key, tree), (value) => {
        const record = structuredClone(value) as JsonObject;
        removeAt(record, ['**', 'a']);
        expect(keysOf(record)).not.toContain('a');
        expect(Object.keys(record)).toEqual(Object.keys(value).filter((name) => name !== 'a'));
      }),
    );
    expect(matchesPath(['a', 'b', 'c'], ['a', '**', 'c'])).toBe(true);
    expect(matchesPath(['a'], ['a', '**', 'a'])).toBe(false);
  });
});

test('AddFields takes its path as written, and makes a list where a position follows', async () => {
  const add = async (path: string[], record: object) =>
    (await made(`{ type: AddFields, fields: [{ path: ${JSON.stringify(path)}, value: x }] }`, record))[0];
  expect(await add(['list', '1', 'a'], {})).toEqual({ list: [null, { a: 'x' }] });
  expect(await add(['list', '0'], { list: 'text' })).toEqual({ list: ['x'] });
  expect(await add(['object', '0'], { object: { b: 1 } })).toEqual({ object: { b: 1, 0: 'x' } });
  expect(await add(["{{ 'a' }}", '002'], {})).toEqual({ "{{ 'a' }}": [null, null, 'x'] });
});

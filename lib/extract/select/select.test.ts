import { describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { streamsOver } from '../fixtures/answering-client.ts';
import { normalize } from './normalize.ts';

/** The records that a selector makes of a body. */
async function selected(selector: string, body: unknown) {
  const yaml = `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester: { url: "https://api.test/orders" }
      record_selector: ${selector}
`;
  return streamsOver(() => body, yaml).read('orders');
}

describe('RecordExpander', () => {
  const expand = (more: string) =>
    `{ extractor: { field_path: [data], record_expander: { expand_records_from_field: [lines, data]${more} } } }`;
  const data = [{ id: 1, lines: { data: [{ n: 1 }, { n: 2 }] } }, { id: 2, lines: { data: [] } }, { id: 3 }];

  test('each item of a list is a record; a record without items is left out, or stays', async () => {
    expect((await selected(expand(''), { data })).records).toEqual([{ n: 1 }, { n: 2 }]);
    expect((await selected(expand(', on_no_records: emit_parent'), { data })).records).toEqual([
      ...[{ n: 1 }, { n: 2 }, data[1], data[2]],
    ]);
  });

  test('the record that it comes from may stay with it', async () => {
    const [first] = (await selected(expand(', remain_original_record: true'), { data })).records;
    expect(first).toEqual({ n: 1, original_record: data[0] });
    const plain = { data: [{ lines: { data: ['x'] } }] };
    expect((await selected(expand(', remain_original_record: true'), plain)).records).toEqual([
      { value: 'x', original_record: plain.data[0] },
    ]);
  });

  test('a star opens several lists', async () => {
    const stars = '{ extractor: { field_path: [], record_expander: { expand_records_from_field: [s, "*", i] } } }';
    expect((await selected(stars, { s: [{ i: [{ n: 1 }] }, { i: [{ n: 2 }] }, {}] })).records).toEqual([
      { n: 1 },
      { n: 2 },
    ]);
  });
});

describe('JsonataFilter', () => {
  const filter = (expression: string) =>
    `{ extractor: { field_path: [data] }, record_filter: { type: JsonataFilter, expression: '${expression}' } }`;
  const data = [{ id: 1, total: 5, tags: ['a'] }, { id: 2, total: 0, tags: [] }, { id: 3 }];

  test.each([
    ['total > 1', [1]],
    ['tags', [1]],
    ['$exists(total)', [1, 2]],
    ['$not(total = 0) and id < 3', [1]],
  ])('%s', async (expression, ids) => {
    const { records, all } = await selected(filter(expression), { data });
    expect(records.map(({ id }) => id)).toEqual(ids);
    expect(all[0]).toMatchObject({ read: 3, filtered: 3 - ids.length });
  });

  test('an expression that is none is refused when the manifest is read', async () => {
    await expect(selected(filter('total >'), { data })).rejects.toThrow(/line|character|\d+:/);
  });
});

/** Each as the CDK casts it. */
describe('values are cast by the schema', () => {
  const cast = (value: JsonValue, schema: JsonObject) => normalize({ v: value }, { properties: { v: schema } }).v;

  test.each<[JsonValue, JsonObject, JsonValue]>([
    [12.7, { type: 'integer' }, 12],
    ['1_000', { type: 'integer' }, 1000],
    ['12.5', { type: 'integer' }, '12.5'],
    ['12345678901234567890', { type: 'integer' }, 12345678901234567890n],
    [' 1e2 ', { type: 'number' }, 100],
    [null, { type: 'string' }, 'None'],
    [null, { type: ['string', 'null'] }, null],
    [null, { type: 'boolean' }, false],
    [5, { type: 'boolean' }, true],
    [[], { type: 'boolean' }, false],
    ['yes', { type: 'boolean' }, true],
    ['perhaps', { type: 'boolean' }, 'perhaps'],
    [true, { type: 'string' }, 'True'],
    ['a', { type: 'array', items: { type: 'string' } }, 'a'],
    [5, { type: 'array', items: { type: ['string'] } }, ['5']],
    ['a', { type: 'array' }, ['a']],
    ['5', { type: ['integer', 'string'] }, '5'],
  ])('%j by %j', (value, schema, expected) => {
    expect(cast(value, schema)).toEqual(expected);
  });

  test('also below values of several types, in branches and beside what is named', () => {
    const inner = { properties: { n: { type: 'integer' } } };
    expect(cast({ n: '1' }, { type: ['object', 'string'], ...inner })).toEqual({ n: 1 });
    expect(cast({ n: '1' }, { anyOf: [{ type: 'string' }, { type: 'object', ...inner }] })).toEqual({ n: 1 });
    expect(cast({ other: { n: '1' } }, { type: 'object', additionalProperties: inner })).toEqual({ other: { n: 1 } });
    expect(cast([{ n: '1' }, 'x'], { type: 'array', items: { type: 'object', ...inner } })).toEqual([{ n: 1 }, 'x']);
  });
});

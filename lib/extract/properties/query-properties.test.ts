import { describe, expect, test } from 'vitest';
import type { RecordedRequest } from '#tests/harness/read-requests.ts';
import { manifestOf, scriptedSource } from '../fixtures/scripted-source.ts';

const ALL: Record<string, unknown>[] = [
  { id: 1, a: 1, b: 2, c: { x: 1 }, d: { y: 1 } },
  { id: 2, a: 3, b: 4, c: { x: 2 }, d: { y: 2 } },
];

/** An API that gives the fields that it is asked for, and `id` with each. */
const api = ({ query }: RecordedRequest) => {
  const names = ['id', ...(query.get('fields') ?? '').split(',')];
  const only = (record: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
  return { body: { data: ALL.map(only) } };
};

const asked = async (
  properties: string,
  { more = {}, jsonSchema = {} }: { more?: object; jsonSchema?: object } = {},
) => {
  const source = await scriptedSource(
    { '/orders': api, ...more },
    manifestOf({
      orders: `request_parameters:\n  fields:\n    type: QueryProperties\n${properties.replaceAll(/^/gm, '    ')}`,
    }),
  );
  const { records, events } = await source.read('orders', { jsonSchema: jsonSchema as never });
  return { records, events, fields: source.asked('/orders').map(({ query }) => query.get('fields')) };
};

test('the fields of a list stand in the request, those that are always wanted first', async () => {
  expect((await asked('property_list: [a, b]\nalways_include_properties: [id]')).fields).toEqual(['id,a,b']);
});

describe('more fields than one request takes', () => {
  test('several requests, and the parts of each record put together', async () => {
    const { fields, records, events } = await asked(
      'property_list: [a, b, c, d]\nproperty_chunking: { property_limit_type: property_count, property_limit: 2 }',
    );
    expect(fields).toEqual(['a,b', 'c,d']);
    expect(records).toEqual(ALL);
    expect(events[0]).toMatchObject({ type: 'page', read: 2, filtered: 0 });
  });

  test('they may be limited by their length', async () => {
    const { fields } = await asked(
      'property_list: [a, b, c, d]\nalways_include_properties: [id]\nproperty_chunking: { property_limit_type: characters, property_limit: 12 }',
    );
    expect(fields).toEqual(['id,a,b,c', 'id,d']);
  });

  test('the parts are found by the fields that the manifest names; a record without them stands for itself', async () => {
    const nested = ({ query }: RecordedRequest) => {
      const isFirst = query.get('fields') === 'a';
      return {
        body: {
          data: [
            { k: 'x', l: 'y', n: isFirst ? { a: 1 } : { b: 2 } },
            { l: 'y', a: isFirst },
          ],
        },
      };
    };
    const { records } = await asked(
      'property_list: [a, b]\nproperty_chunking: { property_limit_type: property_count, property_limit: 1, record_merge_strategy: { key: [k, l] } }',
      { more: { '/orders': nested } },
    );
    expect(records).toEqual([
      { l: 'y', a: true },
      { l: 'y', a: false },
      { k: 'x', l: 'y', n: { a: 1, b: 2 } },
    ]);
  });
});

test('the API may be asked which fields there are, once', async () => {
  const source = await scriptedSource(
    { '/orders': api, '/fields': { body: { data: [{ f: { name: 'a' } }, { f: { name: 'b' } }, {}] } } },
    manifestOf({
      orders: `
request_parameters: { fields: "{{ stream_partition.extra_fields['query_properties'] | join(',') }}" }
fetch_properties_from_endpoint:
  property_field_path: [f, name]
  retriever: { requester: { url: SERVER/fields }, record_selector: { extractor: { field_path: [data] } } }`,
    }).replace(
      '\n      record_selector:',
      '\n      paginator: { type: DefaultPaginator, pagination_strategy: { type: PageIncrement, page_size: 2 }, page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page } }\n      record_selector:',
    ),
  );
  await source.read('orders', { limits: { maxPages: 2 } });
  expect(source.asked('/fields')).toHaveLength(1);
  expect(source.asked('/orders').map(({ query }) => query.get('fields'))).toEqual(['a,b', 'a,b']);
});

test('only what the connection has chosen is asked for', async () => {
  const { fields } = await asked(
    'property_list: [a, b, c]\nproperty_selector: { type: JsonSchemaPropertySelector, transformations: [{ type: KeysReplace, old: x_, new: "" }] }',
    { jsonSchema: { properties: { x_a: {}, c: {} } } },
  );
  expect(fields).toEqual(['a,c']);
});

test('two of them in one request are one too many', async () => {
  const two = manifestOf({
    orders:
      'request_parameters: { a: { type: QueryProperties, property_list: [] }, b: { type: QueryProperties, property_list: [] } }',
  });
  await expect(scriptedSource({}, two)).rejects.toThrow('One request parameter at the most');
});

import { describe, expect, test } from 'vitest';
import { manifestOf, scriptedSource } from '../fixtures/scripted-source.ts';

/** The request that a stream with such a requester sends. */
async function sent(requester: string, config = {}) {
  const { read, asked } = await scriptedSource(
    { '/orders': { body: { data: [] } } },
    manifestOf({ orders: `http_method: POST\n${requester}` }),
    { config },
  );
  await read('orders');
  const [request] = asked('/orders');
  return { type: request?.headers['content-type'], body: request?.body };
}

test.each([
  ['request_body: { type: RequestBodyPlainText, value: "ids={{ config.ids }}" }', undefined, 'ids=1,2'],
  [
    'request_body: { type: RequestBodyUrlEncodedForm, value: { a: "{{ config.ids }}", "{{ config.name }}": "x y", none: "" } }',
    'application/x-www-form-urlencoded',
    'a=1%2C2&key=x+y',
  ],
  [
    'request_body: { type: RequestBodyJsonObject, value: { n: "{{ 1 + 1 }}", deep: { list: ["{{ config.name }}"], none: "{{ none }}" } } }',
    'application/json',
    '{"n":2,"deep":{"list":["key"]}}',
  ],
  [
    'request_body: { type: RequestBodyGraphQL, value: { query: "query { orders(first: 2) { id } }", variables: { name: "{{ config.name }}" } } }',
    'application/json',
    '{"query":"query { orders(first: 2) { id } }","variables":{"name":"key"}}',
  ],
  ['request_body_json: { a: 1 }', 'application/json', '{"a":1}'],
  [`request_body_json: "{{ {'a': config.name} }}"`, 'application/json', '{"a":"key"}'],
  ['request_body_data: { a: "1" }', 'application/x-www-form-urlencoded', 'a=1'],
  ['request_body_data: "<xml/>"', undefined, '<xml/>'],
])('%s', async (requester, type, body) => {
  expect(await sent(requester, { ids: '1,2', name: 'key' })).toEqual({ type, body });
});

test('templates see no page token on the first page, and an object with it on the others', async () => {
  const { read, asked } = await scriptedSource(
    { '/orders': { body: { data: [{ id: 1 }] } } },
    manifestOf({
      orders: `request_parameters: { since: "{{ 'now' if next_page_token is none else '' }}", page: "{{ next_page_token.next_page_token }}" }`,
    }).replace(
      'record_selector:',
      `paginator: { type: DefaultPaginator, pagination_strategy: { type: CursorPagination, cursor_value: p2, stop_condition: "{{ last_page_size == 0 }}" }, page_token_option: { type: RequestOption, inject_into: header, field_name: x-page } }\n      record_selector:`,
    ),
  );
  await read('orders').catch(() => undefined);
  expect(asked('/orders').map(({ query }) => String(query))).toEqual(['since=now', 'page=p2']);
});

describe('what is put into a body', () => {
  const paged = (option: string, body: string) =>
    manifestOf({ orders: `http_method: POST\n${body}` }).replace(
      'record_selector:',
      `paginator: { type: DefaultPaginator, pagination_strategy: { type: PageIncrement, page_size: 1, inject_on_first_request: true }, page_token_option: ${option} }\n      record_selector:`,
    );

  test('at a path, beside what stands there', async () => {
    const { read, asked } = await scriptedSource(
      { '/orders': { body: { data: [] } } },
      paged(
        '{ type: RequestOption, inject_into: body_json, field_path: [variables, page, "{{ config.key }}"] }',
        'request_body: { type: RequestBodyGraphQL, value: { query: "q", variables: { page: { size: 1 } } } }',
      ),
      { config: { key: 'number' } },
    );
    await read('orders');
    expect(asked('/orders').map((request) => request.json())).toMatchObject([
      { query: 'q', variables: { page: { size: 1, number: expect.anything() } } },
    ]);
  });

  test('a form and a JSON body in one request are refused', async () => {
    const { read } = await scriptedSource(
      { '/orders': { body: { data: [] } } },
      paged('{ type: RequestOption, inject_into: body_data, field_name: page }', 'request_body_json: { a: 1 }'),
    );
    await expect(read('orders')).rejects.toMatchObject({ code: 'duplicate_option' });
  });
});

test('the slice is left out of requests with a page token where the manifest says so', async () => {
  const manifest = manifestOf({ orders: '' }).replace(
    'record_selector:',
    `ignore_stream_slicer_parameters_on_paginated_requests: true
      partition_router: { type: ListPartitionRouter, values: [x], cursor_field: shop, request_option: { type: RequestOption, inject_into: request_parameter, field_name: shop } }
      paginator: { type: DefaultPaginator, pagination_strategy: { type: PageIncrement, page_size: 1 }, page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page } }
      record_selector:`,
  );
  const { read, asked } = await scriptedSource(
    { '/orders': [{ body: { data: [{ id: 1 }] } }, { body: { data: [] } }] },
    manifest,
  );
  await read('orders');
  expect(asked('/orders').map(({ target }) => target)).toEqual(['/orders?shop=x', '/orders?page=1']);
});

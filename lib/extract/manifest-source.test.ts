import { describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { testClock } from '#tests/harness/clock.ts';
import { type AnswerFunction, type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import { sourceOf } from './fixtures/read-manifest.ts';

interface Shop {
  readonly requester?: string;
  readonly selector?: string;
  readonly stream?: string;
  readonly config?: JsonObject;
  readonly spec?: string;
}

/** A shop's orders, with more of the manifest where a test is about it. */
async function shop(script: Script, { requester = '', selector, stream = '', spec = '', config = {} }: Shop) {
  const server = await scriptedServer(script);
  onTestFinished(() => server.close());
  const run = sourceOf(
    `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester:
        url: ${server.url}/orders
${requester.replaceAll(/^/gm, '        ')}
      record_selector:
${(selector ?? 'extractor: { field_path: [data] }').replaceAll(/^/gm, '        ')}
${stream.replaceAll(/^/gm, '    ')}
${spec}`,
    { config, clock: testClock('2026-03-01T00:00:00Z') },
  );
  return { server, ...run, records: async () => (await run.read('orders')).records };
}

const data = (...records: JsonObject[]) => [{ body: { data: records } }];

describe('requests carry credentials', () => {
  const sent = async (authenticator: string, config: JsonObject) => {
    const { server, records } = await shop(data({ id: 1 }), { requester: `authenticator: ${authenticator}`, config });
    await records();
    return server.requests[0];
  };

  test('bearer', async () => {
    const request = await sent('{ type: BearerAuthenticator, api_token: "{{ config.token }}" }', { token: 'abc' });
    expect(request?.headers.authorization).toBe('Bearer abc');
  });

  test('basic, also in letters beyond ASCII and without a password', async () => {
    const both = '{ type: BasicHttpAuthenticator, username: "{{ config.user }}", password: "{{ config.password }}" }';
    const decoded = (header = '') => Buffer.from(header.replace('Basic ', ''), 'base64').toString();
    expect(decoded((await sent(both, { user: 'jörg', password: 'p:w' }))?.headers.authorization)).toBe('jörg:p:w');
    const one = '{ type: BasicHttpAuthenticator, username: "{{ config.user }}" }';
    expect(decoded((await sent(one, { user: 'jörg' }))?.headers.authorization)).toBe('jörg:');
  });

  test('a key, where it belongs', async () => {
    const key = (into: string) =>
      sent(`{ type: ApiKeyAuthenticator, api_token: "{{ config.key }}", ${into} }`, { key: 'k&1' });
    expect((await key('header: X-Key'))?.headers['x-key']).toBe('k&1');
    expect((await key('inject_into: { inject_into: header, field_name: X-Key }'))?.headers['x-key']).toBe('k&1');
    expect((await key('inject_into: { inject_into: request_parameter, field_name: key }'))?.target).toBe(
      '/orders?key=k%261',
    );
  });
});

describe('requests carry options', () => {
  test('parameters, headers and a body with templates', async () => {
    const { server, records } = await shop(data({ id: 1 }), {
      requester: `http_method: POST
request_parameters: { shop: "{{ config.shop }}", empty: "{{ config.nothing }}" }
request_headers: { X-Shop: "{{ config.shop }}" }
request_body_json: { query: { shop: "{{ config.shop }}", most: 10 } }`,
      config: { shop: 'harbour & sons' },
    });
    expect(await records()).toEqual([{ id: 1 }]);
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', target: '/orders?shop=harbour+%26+sons' });
    expect(request?.headers).toMatchObject({ 'x-shop': 'harbour & sons', 'content-type': 'application/json' });
    expect(request?.json()).toEqual({ query: { shop: 'harbour & sons', most: 10 } });
  });

  test('a form', async () => {
    const { server, records } = await shop(data({ id: 1 }), {
      requester: 'http_method: POST\nrequest_body_data: { shop: "{{ config.shop }}", a: b }',
      config: { shop: 'a b' },
    });
    await records();
    expect(server.requests[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(server.requests[0]?.body).toBe('shop=a+b&a=b');
  });
});

describe('records', () => {
  const body = {
    shops: [
      { name: 'a', orders: [{ id: 1, total: 5 }] },
      {
        name: 'b',
        orders: [
          { id: 2, total: 50 },
          { id: 3, total: 7 },
        ],
      },
    ],
  };

  test('are found by path, wildcards included', async () => {
    const path = async (field_path: string) =>
      (await shop([{ body }], { selector: `extractor: { field_path: ${field_path} }` })).records();
    expect(await path('[shops, "1", orders]')).toEqual(body.shops[1]?.orders);
    expect(await path('[shops, "*", orders, "*"]')).toEqual([
      { id: 1, total: 5 },
      { id: 2, total: 50 },
      { id: 3, total: 7 },
    ]);
    expect(await path('[]')).toEqual([body]);
  });

  test('are built by JSONata', async () => {
    const { records } = await shop([{ body }], {
      selector: `extractor: { type: JsonataExtractor, expression: 'shops.{ "shop": name, "sum": $sum(orders.total) }' }`,
    });
    expect(await records()).toEqual([
      { shop: 'a', sum: 5 },
      { shop: 'b', sum: 57 },
    ]);
  });

  test('are filtered before they are transformed, or after', async () => {
    const selector = (first: boolean) => `extractor: { field_path: [data] }
record_filter: { condition: "{{ record.total > 6 }}" }
transform_before_filtering: ${first}`;
    const stream = `transformations: [{ type: AddFields, fields: [{ path: [total], value: "{{ record.total * 2 }}" }] }]`;
    const before = await shop(data({ total: 5 }, { total: 7 }), { selector: selector(false), stream });
    expect(await before.records()).toEqual([{ total: 14 }]);
    const after = await shop(data({ total: 5 }, { total: 7 }), { selector: selector(true), stream });
    expect(await after.records()).toEqual([{ total: 10 }, { total: 14 }]);
  });

  test('are changed in the order of the transformations', async () => {
    const { records } = await shop(data({ id: 1, customer: { name: 'Ann', mail: 'a@b.c' }, notes: 'x' }), {
      stream: `transformations:
  - type: AddFields
    fields:
      - { path: [name], value: "{{ record.customer.name | lower }}" }
      - { path: [label], value: "{{ record.name }}-{{ record.id }}" }
      - { path: [flags, paid], value: "{{ true }}" }
  - type: RemoveFields
    field_pointers: [[notes], [customer, mail]]
  - type: JsonataTransformation
    expression: '$merge([$, { "shop": $uppercase(name) }])'`,
    });
    expect(await records()).toEqual([
      { id: 1, customer: { name: 'Ann' }, name: 'ann', label: 'ann-1', flags: { paid: true }, shop: 'ANN' },
    ]);
  });

  test('keep every digit', async () => {
    const raw = '{"data":[{"id":9007199254740993,"rate":0.1234567890123456789}]}';
    const { records } = await shop([{ body: raw }], {});
    const [record] = await records();
    expect(String(record?.id)).toBe('9007199254740993');
    expect(String(record?.rate)).toBe('0.1234567890123456789');
  });

  test('that JSONata makes of a record must be objects', async () => {
    const { records } = await shop(data({ id: 1 }), {
      stream: `transformations: [{ type: JsonataTransformation, expression: id }]`,
    });
    await expect(records()).rejects.toMatchObject({
      code: 'expression_failed',
      where: { stream: 'orders', page: 1, row: 1 },
    });
  });
});

describe('DatetimeBasedCursor', () => {
  const byDay = `incremental_sync:
  type: DatetimeBasedCursor
  cursor_field: at
  datetime_format: "%Y-%m-%d"
  start_datetime: "2026-02-27"
  step: P1D
  cursor_granularity: P1D
  start_time_option: { inject_into: request_parameter, field_name: from }
  end_time_option: { inject_into: request_parameter, field_name: to }`;
  const orders = [
    { id: 1, at: '2026-02-27' },
    { id: 2, at: '2026-02-28' },
    { id: 3, at: '2026-02-28' },
  ];
  const script: AnswerFunction = ({ query }) => ({
    body: { data: orders.filter(({ at }) => at >= String(query.get('from')) && at <= String(query.get('to'))) },
  });

  test('reads in slices, and each closes with a state', async () => {
    const { server, read } = await shop(script, { stream: byDay });
    const { records, states } = await read('orders');
    expect(records).toEqual(orders);
    const targets = server.requests.map(({ query }) => `${query.get('from')}..${query.get('to')}`);
    expect(targets.slice(0, 2)).toEqual(['2026-02-27..2026-02-27', '2026-02-28..2026-03-01']);
    expect(states.slice(0, 2)).toEqual([{ at: '2026-02-27' }, { at: '2026-02-28' }]);
    expect(states).toHaveLength(server.requests.length);
  });

  test('goes on where the state says, and reads that day again: nothing at the edge is lost', async () => {
    const { server, read } = await shop(script, { stream: byDay });
    const { records, states } = await read('orders', { state: { at: '2026-02-28' } });
    expect(records.map(({ id }) => id)).toEqual([2, 3]);
    expect(server.requests[0]?.query.get('from')).toBe('2026-02-28');
    expect(states.at(-1)).toEqual({ at: '2026-02-28' });
  });

  test('a look-back window reads before the state again', async () => {
    const { server, read } = await shop(script, { stream: `${byDay}\n  lookback_window: P1D` });
    await read('orders', { state: { at: '2026-02-28' } });
    expect(server.requests[0]?.query.get('from')).toBe('2026-02-27');
  });

  test('never before the start', async () => {
    const { server, read } = await shop(script, { stream: `${byDay}\n  lookback_window: P30D` });
    await read('orders', { state: { at: '2026-02-28' } });
    expect(server.requests[0]?.query.get('from')).toBe('2026-02-27');
  });

  test('a slice that fails leaves the states of those before, and the next read begins there', async () => {
    const failing: AnswerFunction = (request, index) =>
      request.query.get('from') === '2026-02-28' ? { status: 400 } : script(request, index);
    const { server, read } = await shop(failing, { stream: byDay });
    await expect(read('orders')).rejects.toMatchObject({
      code: 'http_400',
      where: { stream: 'orders', slice: expect.stringContaining('2026-02-28'), page: 1 },
    });
    server.on('*', script);
    const { records } = await read('orders', { state: { at: '2026-02-27' } });
    expect(records.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  test('records out of order: the newest counts, and nothing in between is skipped', async () => {
    const { read } = await shop(data({ id: 1, at: '2026-02-28' }, { id: 2, at: '2026-02-27' }), {
      stream: byDay.replace('  step: P1D\n  cursor_granularity: P1D\n', ''),
    });
    const { records, states } = await read('orders');
    expect(records).toHaveLength(2);
    expect(states).toEqual([{ at: '2026-02-28' }]);
  });

  test('no records at all still give a state to go on from', async () => {
    const { read } = await shop(data(), { stream: byDay.replace('  step: P1D\n  cursor_granularity: P1D\n', '') });
    const { states } = await read('orders');
    expect(states).toEqual([{ at: '2026-02-27' }]);
  });

  test('without a cursor the state says that there is none', async () => {
    const { read } = await shop(data({ id: 1 }), {});
    expect((await read('orders')).states).toEqual([{ __ab_no_cursor_state_message: true }]);
  });
});

describe('a source', () => {
  const SPEC = `spec:
  connection_specification:
    type: object
    required: [token]
    properties:
      token: { type: string, airbyte_secret: true }
      size: { type: integer, default: 20 }
`;

  test('describes its streams', async () => {
    const { discover } = await shop(data(), {
      stream: `primary_key: [shop, id]
schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: { id: { type: integer } } } }
incremental_sync: { type: DatetimeBasedCursor, cursor_field: at, datetime_format: "%Y-%m-%d", start_datetime: "2026-02-27" }`,
    });
    expect(await discover()).toMatchObject([
      {
        name: 'orders',
        jsonSchema: { type: 'object', properties: { id: { type: 'integer' } } },
        supportedSyncModes: ['full_refresh', 'incremental'],
        sourceDefinedCursor: true,
        defaultCursorField: ['at'],
        sourceDefinedPrimaryKey: [['shop'], ['id']],
      },
    ]);
  });

  test('checks itself by the first record of the streams that the check names', async () => {
    const { check, server } = await shop([{ body: { data: [{ id: 1 }] } }], { spec: SPEC, config: { token: 'abcd' } });
    expect(await check()).toEqual({ ok: true, message: 'Read from orders.' });
    expect(server.requests).toHaveLength(1);
  });

  test('says why the check failed, and never the secret', async () => {
    const { check } = await shop([{ status: 401, body: { message: 'The token s3cret-token is unknown' } }], {
      spec: SPEC,
      config: { token: 's3cret-token' },
      requester: 'authenticator: { type: BearerAuthenticator, api_token: "{{ config.token }}" }',
    });
    const { ok, message } = await check();
    expect(ok).toBe(false);
    expect(message).toMatch(
      /answered 401: The token \*+ is unknown \(stream orders, page 1\)\. The credentials were refused/,
    );
  });

  test('takes the defaults of the spec where the config says nothing', async () => {
    const { server, records } = await shop(data({ id: 1 }), {
      spec: SPEC,
      config: { token: 'abcd' },
      requester: 'request_parameters: { size: "{{ config.size }}" }',
    });
    await records();
    expect(server.requests[0]?.query.get('size')).toBe('20');
  });

  test('a stream that is gone from the manifest is named', async () => {
    const { read } = await shop(data(), {});
    await expect(read('customers')).rejects.toMatchObject({
      code: 'unknown_stream',
      message: 'The manifest has no stream named customers any more.',
    });
  });

  test('reads no more records than a test asks for, and closes no slice that it did not read whole', async () => {
    const { server, read } = await shop(data({ id: 1 }), {
      stream: `incremental_sync: { type: DatetimeBasedCursor, cursor_field: at, datetime_format: "%Y-%m-%d", start_datetime: "2026-02-20", step: P1D, cursor_granularity: P1D }`,
    });
    const { records, states } = await read('orders', { limits: { maxRecords: 1 } });
    expect({ records, states }).toEqual({ records: [{ id: 1 }], states: [] });
    expect(server.requests).toHaveLength(1);
  });
});

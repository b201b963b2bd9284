import { afterAll, beforeAll, expect } from 'vitest';
import type { Answer } from '#tests/harness/scripted-server.ts';
import { fault } from './fault.ts';
import { type Connected, manifestOf, openWorld, page, type World } from './world.ts';

// What an API can do to a sync. After each fault the next sync must end with every row once.

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const SEVEN = [1, 2, 3, 4, 5, 6, 7];
const pages: readonly Answer[] = [{ body: page(1, 3) }, { body: page(4, 6) }, { body: page(7, 7) }];
/** Seven orders on three pages; what is given comes in place of a page, once. */
const orders = (instead: Readonly<Record<number, readonly Answer[]>> = {}) => {
  const left = new Map(Object.entries(instead).map(([number, answers]) => [Number(number), [...answers]]));
  return ({ query }: { query: URLSearchParams }): Answer => {
    const number = Number(query.get('page') ?? 1);
    return left.get(number)?.shift() ?? pages[number - 1] ?? { body: { data: [] } };
  };
};

const ids = async ({ prefix }: Connected, table = 'orders') =>
  (await world.query<{ id: string }>(`select id::text from public.${prefix}${table} order by id`)).map(({ id }) =>
    Number(id),
  );

/** A sync of seven orders with answers in between; all rows are there at its end, once. */
async function survives(instead: Readonly<Record<number, readonly Answer[]>>) {
  const api = await world.api({ '/orders': orders(instead) });
  const connection = await world.connect(manifestOf(api, { name: 'orders' }), api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  expect(await ids(connection)).toEqual(SEVEN);
  return api;
}

/** A sync that fails for a reason that its message gives, leaves what was there, and goes through once the fault is gone. */
async function fails(instead: Readonly<Record<number, readonly Answer[]>>, message: RegExp) {
  const api = await world.api({ '/orders': orders() });
  const connection = await world.connect(manifestOf(api, { name: 'orders' }), api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  api.on('/orders', orders(instead));
  const ended = await world.sync(connection);
  expect(ended).toMatchObject({ status: 'failed' });
  expect(ended.failure?.message).toMatch(message);
  expect(await ids(connection)).toEqual(SEVEN);
  api.on('/orders', orders());
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  expect(await ids(connection)).toEqual(SEVEN);
}

const times = (count: number, answer: Answer): Answer[] => Array.from({ length: count }, () => answer);

fault(
  1,
  async () => {
    const api = await survives({ 2: [{ status: 429, headers: { 'retry-after': '1' } }] });
    expect(api.requests).toHaveLength(4);
  },
  { sample: true },
);

fault(2, async () => {
  await survives({ 1: [{ status: 429, headers: { 'retry-after': 'Wed, 01 Jan 2020 00:00:00 GMT' } }] });
});

fault(3, async () => {
  await survives({ 2: times(2, { status: 429 }) });
});

fault(4, async () => {
  await survives({ 1: [{ status: 500 }, { status: 503 }], 2: [{ status: 502 }, { status: 504 }] });
});

fault(5, async () => {
  await fails({ 2: times(20, { status: 500, body: { message: 'boom' } }) }, /answered 500.*boom/);
});

fault(6, async () => {
  await survives({ 2: [{ resetAfter: 0 }, { body: page(4, 6), resetAfter: 10 }] });
  await fails({ 1: times(20, { resetAfter: 0 }) }, /reach|reset|connection/i);
});

fault(9, async () => {
  await survives({
    2: [
      { body: page(4, 6), cutAfter: 20 },
      { body: page(4, 6), chunkBytes: 16, cutAfter: 40 },
    ],
  });
  await fails({ 3: times(20, { body: page(7, 7), contentLength: 9_999, close: 'silent' }) }, /broke off|ended/);
});

fault(10, async () => {
  const garbage: Answer = { body: 'no gzip at all', headers: { 'content-encoding': 'gzip' } };
  await survives({ 1: [garbage] });
  await fails({ 2: times(20, garbage) }, /gzip|encoding|decode/i);
});

fault(11, async () => {
  await fails({ 1: times(20, { body: Buffer.alloc(300 * 1024 * 1024), encoding: 'gzip' }) }, /unpacks/);
});

fault(12, async () => {
  await fails({ 2: times(20, { body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } }) }, /JSON/);
});

fault(13, async () => {
  await fails({ 3: times(20, { body: '{"data": [{"id": 7' }) }, /JSON/);
});

fault(27, async () => {
  await survives({ 1: [{ body: page(1, 3), close: 'silent' }], 2: [{ body: page(4, 6), close: 'announced' }] });
});

fault(7, async () => {
  const slow = new Promise<void>((resolve) => {
    setTimeout(resolve, 400);
  });
  await survives({ 2: [{ body: page(4, 6), eachByte: (index) => (index % 16 === 0 ? slow : Promise.resolve()) }] });
});

fault(14, async () => {
  const api = await world.api({ '/orders': { body: { error: { code: 12, message: 'no such account' } } } });
  const handler = `error_handler:
  type: DefaultErrorHandler
  response_filters:
    - { type: HttpResponseFilter, action: FAIL, predicate: "{{ 'error' in response }}", error_message: "The shop says: {{ response['error']['message'] }}" }`;
  const told = await world.connect(manifestOf(api, { name: 'orders', requester: handler }), api);
  expect((await world.sync(told)).failure?.message).toMatch(/The shop says: no such account/);

  const nowhere = await world.connect(manifestOf(api, { name: 'orders', recordPath: 'rows' }), api);
  const { syncId } = await world.client.post<{ syncId: number }>(`/connections/${nowhere.id}/sync`);
  expect(await world.client.syncEnd(syncId)).toMatchObject({ status: 'succeeded' });
  expect(JSON.stringify(await world.client.get(`/syncs/${syncId}/log`))).toMatch(
    /No page had records at rows; the answer had error/,
  );
});

fault(15, async () => {
  const api = await world.api({
    '/orders': ({ query }) => {
      const token = query.get('after');
      if (token === null) return { body: { ...page(1, 3), next: 'a' } };
      return { body: token === 'a' ? { data: [], next: 'b' } : { ...page(4, 7), next: null } };
    },
  });
  const connection = await world.connect(manifestOf(api, { name: 'orders', paginator: TOKENS }), api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  expect(await ids(connection)).toEqual(SEVEN);
});

fault(
  16,
  async () => {
    const next: Record<string, string> = { '': 'a', a: 'b', b: 'a' };
    const api = await world.api({
      '/orders': ({ query }) => ({ body: { ...page(1, 3), next: next[query.get('after') ?? ''] } }),
    });
    const connection = await world.connect(manifestOf(api, { name: 'orders', paginator: TOKENS }), api);
    const ended = await world.sync(connection);
    expect(ended).toMatchObject({ status: 'failed' });
    expect(ended.failure?.message).toMatch(/circles/);
    expect(api.requests.length).toBeLessThan(20);
  },
  { sample: true },
);

fault(
  17,
  async () => {
    const api = await world.api({ '/orders': (_request, index) => ({ body: { ...page(1, 3), next: `t${index}` } }) });
    const connection = await world.connect(manifestOf(api, { name: 'orders', paginator: TOKENS }), api);
    const ended = await world.sync(connection);
    expect(ended).toMatchObject({ status: 'failed' });
    expect(ended.failure?.message).toMatch(/did not end after/);
  },
  { timeoutMs: 600_000 },
);

fault(18, async () => {
  const api = await world.api({
    '/orders': ({ query }) => {
      const number = Number(query.get('page') ?? 1);
      return { body: [page(1, 3), page(4, 6), page(7, 7)][number - 1] ?? { data: [] } };
    },
  });
  const filtered = manifestOf(api, { name: 'orders' }).replace(
    'extractor:',
    `record_filter: { type: RecordFilter, condition: "{{ record['id'] not in [4, 5, 6] }}" }, extractor:`,
  );
  const connection = await world.connect(filtered, api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  expect(await ids(connection)).toEqual([1, 2, 3, 7]);
});

fault(19, async () => {
  // A row is put in front while pages are counted: the last of page 1 comes again on page 2.
  const api = await world.api({
    '/orders': ({ query }) => {
      const number = Number(query.get('page') ?? 1);
      return { body: [page(1, 3), page(3, 5), page(6, 7)][number - 1] ?? { data: [] } };
    },
  });
  const connection = await world.connect(incremental(api), api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  expect(await ids(connection)).toEqual(SEVEN);
});

fault(21, async () => {
  let expired = true;
  const api = await world.api({
    '/token': () => ({ body: { access_token: `t${expired ? 1 : 2}`, expires_in: 3600 } }),
    '/orders': ({ query, headers }) => {
      const number = Number(query.get('page') ?? 1);
      if (number === 2 && headers.authorization === 'Bearer t1') {
        expired = false;
        return { status: 401, body: { error: 'expired' } };
      }
      return pages[number - 1] ?? { body: { data: [] } };
    },
  });
  const connection = await world.connect(manifestOf(api, { name: 'orders', requester: oauth(api.url) }), api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  expect(await ids(connection)).toEqual(SEVEN);

  const refused = await world.api({
    '/token': { body: { access_token: 't', expires_in: 3600 } },
    '/orders': { status: 401, body: { error: 'revoked' } },
  });
  const never = await world.connect(manifestOf(refused, { name: 'orders', requester: oauth(refused.url) }), refused);
  const ended = await world.sync(never);
  expect(ended).toMatchObject({ status: 'failed' });
  expect(ended.failure?.message).toMatch(/401/);
  expect(refused.requests.filter(({ path }) => path === '/orders').length).toBeLessThanOrEqual(2);
});

fault(
  23,
  async () => {
    const api = await world.api({
      '/orders': orders(),
      '/users': { body: { data: [{ id: 1 }] } },
      '/secret': { status: 403, body: { message: 'not for you' } },
    });
    const streams = ['orders', 'secret', 'users'].map((name) => ({ name }));
    const connection = await world.connect(manifestOf(api, ...streams), api);
    const ended = await world.sync(connection);
    expect(ended).toMatchObject({ status: 'partial' });
    expect(ended.failure?.message).toMatch(/secret|403/);
    expect(await ids(connection)).toEqual(SEVEN);
    expect(await ids(connection, 'users')).toEqual([1]);
  },
  { sample: true },
);

fault(24, async () => {
  const api = await world.api({
    '/users': { status: 404, body: { message: 'gone' } },
    '/orders': orders(),
  });
  const parent = manifestOf(api, { name: 'users' }).split('streams:\n')[1] ?? '';
  const router = `partition_router:
  type: SubstreamPartitionRouter
  parent_stream_configs:
    - type: ParentStreamConfig
      parent_key: id
      partition_field: user
      stream: { $ref: "#/streams/1" }`;
  const child = manifestOf(api, { name: 'orders', paginator: router });
  const connection = await world.connect(`${child}${parent}`, api);
  const ended = await world.sync(connection);
  expect(ended).toMatchObject({ status: 'failed' });
  expect(ended.failure?.message).toMatch(/404/);
});

fault(25, async () => {
  const other = await world.api({ '/orders': orders() });
  const api = await world.api({});
  const to = (location: string): Answer => ({ status: 302, headers: { location } });
  const read = async (answer: Answer) => {
    api.on('/orders', answer);
    const connection = await world.connect(manifestOf(api, { name: 'orders', paginator: null }), api);
    return await world.sync(connection);
  };
  expect((await read(to('http://169.254.169.254/latest/meta-data'))).failure?.message).toMatch(/169\.254/);
  expect((await read(to('/orders'))).failure?.message).toMatch(/redirect/i);
  expect((await read(to('file:///etc/passwd'))).status).toBe('failed');
  expect(other.requests).toEqual([]);
});

fault(28, async () => {
  const api = await world.api({ '/orders': { status: 500 } });
  const manifest = manifestOf(api, {
    name: 'orders',
    requester: 'http_method: POST\nrequest_body_json: { q: 1 }',
    paginator: null,
  });
  const connection = await world.connect(manifest, api);
  expect(await world.sync(connection)).toMatchObject({ status: 'failed' });
  const [first = ''] = api.requests.map(({ method }) => method);
  expect(first).toBe('POST');
});

fault(30, async () => {
  const days = [5, 1, 7, 3, 2, 6, 4];
  const rows = days.map((day, index) => ({ id: index + 1, at: `2026-01-0${day}T00:00:00Z` }));
  const api = await world.api({
    '/orders': ({ query }) => {
      const number = Number(query.get('page') ?? 1);
      return { body: { data: rows.slice((number - 1) * 3, number * 3) } };
    },
  });
  const connection = await world.connect(incremental(api), api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  expect(await ids(connection)).toEqual(SEVEN);
  const state = JSON.stringify(await world.client.get(`/connections/${connection.id}`));
  expect(state).not.toContain('2026-01-04T00:00:00Z"}');
});

const TOKENS = `paginator:
  type: DefaultPaginator
  page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: after }
  pagination_strategy:
    type: CursorPagination
    cursor_value: "{{ response['next'] }}"
    stop_condition: "{{ not response['next'] }}"`;

function oauth(url: string): string {
  return `authenticator:
  type: OAuthAuthenticator
  token_refresh_endpoint: ${url}/token
  client_id: a
  client_secret: b-secret
  refresh_token: c-secret`;
}

function incremental(api: Parameters<typeof manifestOf>[0]): string {
  return manifestOf(api, {
    name: 'orders',
    more: `incremental_sync:
  type: DatetimeBasedCursor
  cursor_field: at
  datetime_format: "%Y-%m-%dT%H:%M:%SZ"
  start_datetime: "2026-01-01T00:00:00Z"`,
  });
}

import { afterAll, beforeAll, expect } from 'vitest';
import type { Answer, ScriptedServer } from '#tests/harness/scripted-server.ts';
import { fault } from './fault.ts';
import { idsOf, orders, pages, SEVEN } from './orders.ts';
import { gate, manifestOf, openWorld, page, type World } from './world.ts';

// What an API can say that is wrong, late, too much or nothing. After each fault every row is there once, or the sync says why not.

const MOST_PAGES = 300;

let world: World;
beforeAll(async () => {
  world = await openWorld({ WEIR_MOST_PAGES: String(MOST_PAGES) });
});
afterAll(() => world?.close());

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
  expect(await world.client.syncEnd(syncId)).toMatchObject({ status: 'succeeded', failure: null });
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
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, connection)).toEqual(SEVEN);
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

fault(17, async () => {
  const api = await world.api({
    '/orders': (_request, index) => ({ body: { ...page(index, index), next: `t${index}` } }),
  });
  const connection = await world.connect(manifestOf(api, { name: 'orders', paginator: TOKENS }), api);
  const ended = await world.sync(connection);
  expect(ended).toMatchObject({ status: 'failed', attempts: 1 });
  expect(ended.failure?.message).toContain(`did not end after ${MOST_PAGES}`);
  expect(api.requests).toHaveLength(MOST_PAGES);
});

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
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, connection)).toEqual([1, 2, 3, 7]);
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
  const { syncId, ended } = await world.syncOf(connection);
  expect(ended).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, connection)).toEqual(SEVEN);
  const told = (id: number) => world.client.get(`/syncs/${id}/log`).then((log) => JSON.stringify(log));
  expect(await told(syncId)).toContain('7 inserted, 1 merged with rows of the same key in this load');

  // A row is taken away while pages are counted, and another one moves to a page that was read: reading an overlap brings it.
  const at = (id: number) => `2026-01-0${id}T00:00:00Z`;
  const all = SEVEN.map((id) => ({ id, name: `row ${id}`, at: at(id) }));
  let gone = false;
  const shifting = await world.api({
    '/orders': ({ query }) => {
      const number = Number(query.get('page') ?? 1);
      const left = all.filter(({ id, at }) => at >= (query.get('since') ?? '') && !(gone && id === 1));
      gone = true;
      return { body: { data: left.slice((number - 1) * 3, number * 3) } };
    },
  });
  const overlap = manifestOf(shifting, { name: 'orders', more: `${BY_TIME}\n  lookback_window: P7D` });
  const deleted = await world.connect(overlap, shifting);
  expect(await world.sync(deleted)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, deleted)).toEqual([1, 2, 3, 5, 6, 7]);
  const next = await world.syncOf(deleted);
  expect(next.ended).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, deleted)).toEqual(SEVEN);
});

fault(20, async () => {
  // No query gives more than six rows, and whoever asks for more is refused.
  const rows = Array.from({ length: 20 }, (_, index) => {
    return { id: index + 1, at: `2026-01-${String(index + 1).padStart(2, '0')}T00:00:00Z` };
  });
  const capped = ({ query }: { query: URLSearchParams }): Answer => {
    const number = Number(query.get('page') ?? 1);
    if (number > 2) return { status: 400, body: { message: 'no more than 6 results' } };
    const found = rows.filter(({ at }) => at >= (query.get('since') ?? ''));
    return { body: { data: found.slice((number - 1) * 3, number * 3) } };
  };
  const api = await world.api({ '/orders': capped });
  const refused = await world.connect(incremental(api), api);
  expect(await world.sync(refused)).toMatchObject({
    status: 'failed',
    failure: { message: expect.stringContaining('no more than 6 results') },
  });
  expect((await world.client.get<{ state: unknown }>(`/connections/${refused.id}`)).state ?? null).toBeNull();
  const sliced = incremental(api).replace(
    '    retriever:\n      type: SimpleRetriever\n',
    `    retriever:
      type: SimpleRetriever
      pagination_reset: { type: PaginationReset, action: SPLIT_USING_CURSOR, limits: { type: PaginationResetLimits, number_of_records: 6 } }
`,
  );
  const connection = await world.connect(sliced, api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, connection)).toEqual(rows.map(({ id }) => id));
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
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, connection)).toEqual(SEVEN);

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

fault(22, async () => {
  // Each refresh token works once; who comes with an old one is signed out for good.
  let current = 1;
  let signedOut = false;
  const { held, open } = gate();
  const api = await world.api({
    '/token': async ({ body }) => {
      signedOut ||= new URLSearchParams(body).get('refresh_token') !== `once-${current}`;
      if (signedOut) return { status: 400, body: { error: 'invalid_grant' } };
      current += 1;
      await held;
      return { body: { access_token: `access-${current}`, refresh_token: `once-${current}`, expires_in: 3600 } };
    },
    '/orders': (request) =>
      request.headers.authorization === `Bearer access-${current}` ? orders()(request) : { status: 401 },
  });
  const rotating = `authenticator:
  type: OAuthAuthenticator
  token_refresh_endpoint: ${api.url}/token
  client_id: a
  client_secret: b-secret
  refresh_token_updater: {}`;
  const first = await world.connect(manifestOf(api, { name: 'orders', requester: rotating }), api, {
    config: {
      credentials: { refresh_token: 'once-1', access_token: 'old', token_expiry_date: '2020-01-01T00:00:00Z' },
    },
  });
  const second = await world.another(first);
  const syncs = [await world.start(first), await world.start(second)];
  await api.waitForRequests(1);
  open();
  for (const syncId of syncs) expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', attempts: 1 });
  for (const connection of [first, second]) expect(await idsOf(world, connection)).toEqual(SEVEN);
  expect(signedOut).toBe(false);
  // What was given last is what is stored: the next sync goes on with it.
  expect(await world.sync(first)).toMatchObject({ status: 'succeeded', failure: null });
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
    expect(await idsOf(world, connection)).toEqual(SEVEN);
    expect(await idsOf(world, connection, 'users')).toEqual([1]);
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

fault(29, async () => {
  for (const aheadMs of [600_000, -600_000]) {
    // The source stamps rows with its own clock, and filters by it.
    const now = Date.now() + aheadMs;
    const rows = Array.from({ length: 4 }, (_, index) => ({ id: index + 1, at: stamp(now - 3_000 + index * 1_000) }));
    const api = await world.api({
      '/orders': ({ query }) => {
        const since = query.get('since') ?? '';
        return { body: { data: rows.filter(({ at }) => at >= since) } };
      },
    });
    const manifest = manifestOf(api, { name: 'orders', more: `${BY_TIME}\n  lookback_window: PT15M`, paginator: null });
    const connection = await world.connect(manifest, api);
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    // Later ones, one of them committed late with an older time, as other clocks would have it.
    rows.push({ id: 5, at: stamp(now - 60_000) }, { id: 6, at: stamp(now) }, { id: 7, at: stamp(now + 1_000) });
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    expect(await idsOf(world, connection)).toEqual(SEVEN);
  }
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
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, connection)).toEqual(SEVEN);
  const state = JSON.stringify(await world.client.get(`/connections/${connection.id}`));
  expect(state).not.toContain('2026-01-04T00:00:00Z"}');
});

const stamp = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

const TOKENS = `paginator:
  type: DefaultPaginator
  page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: after }
  pagination_strategy:
    type: CursorPagination
    cursor_value: "{{ response['next'] }}"
    stop_condition: "{{ not response['next'] }}"`;

const BY_TIME = `incremental_sync:
  type: DatetimeBasedCursor
  cursor_field: at
  datetime_format: "%Y-%m-%dT%H:%M:%SZ"
  start_datetime: "2026-01-01T00:00:00Z"
  start_time_option: { type: RequestOption, inject_into: request_parameter, field_name: since }`;

function oauth(url: string): string {
  return `authenticator:
  type: OAuthAuthenticator
  token_refresh_endpoint: ${url}/token
  client_id: a
  client_secret: b-secret
  refresh_token: c-secret`;
}

function incremental(api: ScriptedServer): string {
  return manifestOf(api, { name: 'orders', more: BY_TIME });
}

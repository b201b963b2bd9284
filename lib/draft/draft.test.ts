import { describe, expect, test } from 'vitest';
import { language } from '#lib/extract/kinds.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import type { Call } from './draft.ts';
import { draftCalls } from './draft-calls.ts';
import { parseCurl } from './from-curl.ts';
import { parseHar } from './from-har.ts';
import { writeManifest } from './write-manifest.ts';

const orders = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => ({
    order_id: `o-${from + index}`,
    total: index * 1.5,
    status: index % 2 ? 'open' : 'paid',
    updated_at: `2026-01-0${1 + (index % 9)}T10:00:00Z`,
  }));

const call = (body: JsonValue, changes: Partial<Call> & { answerHeaders?: Record<string, string> } = {}): Call => ({
  method: 'GET',
  url: 'https://shop.example.com/v1/orders',
  headers: {},
  answer: { status: 200, headers: changes.answerHeaders ?? {}, body },
  ...changes,
});

/** The stream as the manifest has it; the manifest is one that Weir takes. */
function drafted(...calls: Call[]) {
  const result = writeManifest(draftCalls(calls));
  const { manifest, issues } = parseManifest(result.manifest, language);
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  const stream = manifest?.streams[0]?.component as JsonObject;
  const retriever = stream.retriever as JsonObject;
  return { ...result, stream, retriever, paginator: retriever.paginator as JsonObject | undefined };
}

const evidenceOf = ({ findings }: ReturnType<typeof drafted>, part: string) =>
  findings.find((item) => item.part === part)?.evidence;

describe('records', () => {
  test.each<[string, JsonValue, string[]]>([
    ['a list is its records', orders(3), []],
    ['an object around a list', { data: orders(3), total: 3 }, ['data']],
    ['far inside', { response: { body: { orders: orders(3) } } }, ['response', 'body', 'orders']],
    ['the longer of two lists', { errors: [{ code: 1 }], items: orders(20) }, ['items']],
    ['a list named as the path is', { users: orders(3), orders: orders(3) }, ['orders']],
    ['a single object', { id: 1, name: 'only one' }, []],
    ['a list that is empty now', { data: [], total: 0 }, ['data']],
  ])('%s', (_name, body, path) => {
    const { retriever } = drafted(call(body));
    expect((retriever.record_selector as JsonObject).extractor).toMatchObject({ field_path: path });
  });
});

describe('pages', () => {
  const strategyOf = (found: ReturnType<typeof drafted>) => found.paginator?.pagination_strategy;

  test('by the header Link', () => {
    const found = drafted(
      call(orders(3), { answerHeaders: { Link: '<https://shop.example.com/v1/orders?page=2>; rel="next"' } }),
    );
    expect(strategyOf(found)).toMatchObject({
      type: 'CursorPagination',
      cursor_value: "{{ headers['link']['next']['url'] }}",
    });
    expect(found.paginator?.page_token_option).toMatchObject({ type: 'RequestPath' });
  });

  test('by an address in the answer', () => {
    const found = drafted(call({ data: orders(3), links: { next: 'https://shop.example.com/v1/orders?after=9' } }));
    expect(strategyOf(found)).toMatchObject({ cursor_value: "{{ response.get('links', {}).get('next') }}" });
    expect(evidenceOf(found, 'pagination')).toBe('`links.next` is the address of the next page.');
  });

  test('by a token in the answer', () => {
    const found = drafted(call({ items: orders(3), nextPageToken: 'abc' }));
    expect(found.paginator?.page_token_option).toMatchObject({ field_name: 'pageToken' });
    expect(evidenceOf(found, 'pagination')).toContain('a guess');
  });

  test('after the last record, as Stripe does', () => {
    const found = drafted(call({ object: 'list', has_more: true, data: [{ id: 'a' }, { id: 'b' }] }));
    expect(strategyOf(found)).toMatchObject({ cursor_value: "{{ last_record['id'] }}" });
    expect(found.paginator?.page_token_option).toMatchObject({ field_name: 'starting_after' });
  });

  test('by a page number in the address; its parameters are the paginator’s', () => {
    const found = drafted(
      call({ data: orders(5) }, { url: 'https://shop.example.com/v1/orders?page=1&per_page=5&status=open' }),
    );
    expect(strategyOf(found)).toMatchObject({ type: 'PageIncrement', page_size: 5, start_from_page: 1 });
    expect(found.paginator?.page_size_option).toMatchObject({ field_name: 'per_page' });
    expect((found.retriever.requester as JsonObject).request_parameters).toEqual({ status: 'open' });
  });

  test('by an offset that the answer names', () => {
    const found = drafted(call({ data: orders(5), offset: 0, limit: 5, total: 20 }));
    expect(strategyOf(found)).toMatchObject({ type: 'OffsetIncrement', page_size: 5 });
  });

  test('none where nothing says so', () => {
    expect(drafted(call({ data: orders(5) })).paginator).toBeUndefined();
  });
});

describe('keys and cursors', () => {
  test('a key is set and different in every record, and called like one', () => {
    expect(drafted(call({ data: orders(5) })).stream.primary_key).toEqual(['order_id']);
    expect(drafted(call({ data: [{ id: 1 }, { id: 1 }] })).stream.primary_key).toBeUndefined();
  });

  test('a cursor is a time whose name says change; what the API can’t filter Weir leaves out', () => {
    expect(drafted(call({ data: orders(5) })).stream.incremental_sync).toMatchObject({
      cursor_field: 'updated_at',
      datetime_format: '%Y-%m-%dT%H:%M:%SZ',
      is_client_side_incremental: true,
    });
  });

  test('a parameter of the address that says since is what the cursor fills', () => {
    const url = 'https://shop.example.com/v1/orders?updated_since=2026-01-01';
    expect(drafted(call({ data: orders(5) }, { url })).stream.incremental_sync).toMatchObject({
      start_time_option: { field_name: 'updated_since' },
    });
  });

  test.each([
    [1_767_225_600, '%s'],
    [1_767_225_600_123, '%ms'],
    ['2026-01-01', '%Y-%m-%d'],
    ['2026-01-01 10:00:00', '%Y-%m-%d %H:%M:%S'],
    ['2026-01-01T10:00:00.123+02:00', '%Y-%m-%dT%H:%M:%S.%f%z'],
  ])('the time %s is written %s', (modified, format) => {
    const found = drafted(call({ data: [{ id: 1, modified }] }));
    expect(found.stream.incremental_sync).toMatchObject({ datetime_format: format });
  });
});

describe('authentication', () => {
  test.each<[string, Partial<Call>, JsonObject, Record<string, string>]>([
    [
      'a bearer token',
      { headers: { Authorization: 'Bearer tok-1' } },
      { type: 'BearerAuthenticator' },
      { api_token: 'tok-1' },
    ],
    [
      'user and password',
      { headers: { authorization: `Basic ${Buffer.from('ada:p:w').toString('base64')}` } },
      { type: 'BasicHttpAuthenticator' },
      { username: 'ada', password: 'p:w' },
    ],
    ['a key in a header', { headers: { 'X-Api-Key': 'k' } }, { type: 'ApiKeyAuthenticator' }, { api_key: 'k' }],
    [
      'a key in the address',
      { url: 'https://x.example/a?api_key=k' },
      { type: 'ApiKeyAuthenticator' },
      { api_key: 'k' },
    ],
  ])('%s becomes a setting and stays out of the manifest', (_name, changes, authenticator, values) => {
    const found = drafted(call({ data: orders(2) }, changes));
    expect((found.retriever.requester as JsonObject).authenticator).toMatchObject(authenticator);
    expect(found.values).toEqual(values);
    for (const secret of Object.values(values).filter((value) => value.length > 1))
      expect(found.manifest).not.toContain(secret);
  });

  test('a refusal says what is asked for', () => {
    const found = drafted(
      call('no', { answer: { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="x"' }, body: 'no' } }),
    );
    expect((found.retriever.requester as JsonObject).authenticator).toMatchObject({ type: 'BasicHttpAuthenticator' });
  });
});

describe('a curl command', () => {
  test('as a browser copies it', () => {
    const parsed = parseCurl(`curl 'https://shop.example.com/api/orders?status=open' \\
      -H 'accept: application/json' \\
      -H $'x-note: it\\'s \\u0041' \\
      -b 'session=1' --compressed`);
    expect(parsed).toEqual({
      method: 'GET',
      url: 'https://shop.example.com/api/orders?status=open',
      headers: { accept: 'application/json', 'x-note': "it's A", Cookie: 'session=1' },
    });
  });

  test('with a body it is a POST, and JSON is parsed', () => {
    expect(parseCurl(`curl -s https://a.example/search -d '{"q": 12345678901234567890}'`)).toMatchObject({
      method: 'POST',
      body: { q: 12345678901234567890n },
    });
    expect(parseCurl('curl -G a.example/search -d q=1 --data-urlencode "name=a b"').url).toBe(
      'https://a.example/search?q=1&name=a+b',
    );
  });

  test.each([
    ['-XDELETE https://a.example', 'DELETE'],
    ['--request=PUT https://a.example', 'PUT'],
    ['-o out.json --max-time 5 https://a.example', 'GET'],
  ])('curl %s is a %s', (rest, method) => {
    expect(parseCurl(`curl ${rest}`)).toMatchObject({ method, url: 'https://a.example/' });
  });

  test('user and password', () => {
    expect(parseCurl('curl -u ada:secret https://a.example').headers.Authorization).toBe('Basic YWRhOnNlY3JldA==');
  });

  test.each([
    ['wget https://a.example', /begin with curl/],
    ["curl 'https://a.example", /never closed/],
    ['curl -s', /no address/],
    ['curl ftp://a.example', /http and https/],
    ['curl https://a.example -d @body.json', /body\.json/],
  ])('%s says what is wrong', (command, message) => {
    expect(() => parseCurl(command)).toThrow(message);
  });
});

describe('a recording of a browser', () => {
  const entry = (url: string, text: string, mimeType = 'application/json', status = 200) => ({
    request: { method: 'GET', url, headers: [{ name: 'Authorization', value: 'Bearer t-1' }] },
    response: { status, headers: [], content: { mimeType, text } },
  });
  const har = (...entries: object[]) => JSON.stringify({ log: { entries } });

  test('one stream for each call with JSON, the longest answer of each', () => {
    const calls = parseHar(
      har(
        entry('https://a.example/', '<html>', 'text/html'),
        entry('https://a.example/api/users?page=1', JSON.stringify({ data: orders(1) })),
        entry('https://a.example/api/users?page=2', JSON.stringify({ data: orders(3) })),
        entry('https://a.example/api/items/7', '{"id": 7}'),
        entry('https://a.example/api/items/8', '{"id": 8}'),
        entry('https://a.example/api/broken', '{"id":', 'application/json'),
        entry('https://a.example/api/gone', '{}', 'application/json', 404),
      ),
    );
    expect(calls.map(({ url }) => url)).toEqual([
      'https://a.example/api/users?page=2',
      'https://a.example/api/items/7',
    ]);
    const { manifest } = drafted(...calls);
    expect(manifest).toContain('name: users');
    expect(manifest).not.toContain('t-1');
  });

  test.each([
    ['{}', /log\.entries/],
    ['no json', /log\.entries/],
    [har(entry('https://a.example/', '<html>', 'text/html')), /JSON answer/],
  ])('%s says what is wrong', (text, message) => {
    expect(() => parseHar(text)).toThrow(message);
  });
});

test('two streams of one name are told apart', () => {
  const { manifest } = drafted(
    call({ data: orders(2) }),
    call({ data: orders(2) }, { url: 'https://shop.example.com/v2/orders' }),
  );
  expect(manifest).toContain('name: orders_2');
});

test('the manifest of the demo’s call reads as one that somebody wrote', async () => {
  const found = drafted(
    call(
      { data: orders(3), meta: { page: 1, per_page: 3 } },
      { url: 'https://shop.example.com/v1/orders?page=1&per_page=3', headers: { Authorization: 'Bearer t-1' } },
    ),
  );
  await expect(found.manifest).toMatchFileSnapshot('./fixtures/orders.txt');
});

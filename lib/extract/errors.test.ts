import { describe, expect, onTestFinished, test } from 'vitest';
import { failureText, toFailure, WeirError } from '#lib/errors.ts';
import { testClock } from '#tests/harness/clock.ts';
import { type Answer, type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import { sourceOf } from './fixtures/read-manifest.ts';

const GOOD: Answer = { body: { data: [{ id: 1 }] } };

interface Shop {
  readonly requester?: string;
  readonly stream?: string;
  readonly config?: Record<string, string>;
}

/** A shop with pages of orders; what goes wrong is in the script. */
async function shop(script: Script, { requester = '', stream = '', config = {} }: Shop = {}) {
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
      record_selector: { extractor: { field_path: [data] } }
      paginator:
        type: DefaultPaginator
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
        pagination_strategy: { type: PageIncrement, page_size: 1 }
${stream.replaceAll(/^/gm, '    ')}
`,
    { config, clock: testClock('2026-03-01T12:00:00Z') },
  );
  /** The error as it is shown, with the server's address made short. */
  const failure = async () => {
    const error = await run.read('orders').then(
      () => {
        throw new Error('The read did not fail.');
      },
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(WeirError);
    const { kind, code } = error as WeirError;
    const text = failureText(toFailure(error)).replaceAll(`127.0.0.1:${server.port}`, 'shop');
    return { kind, code, text, where: (error as WeirError).where };
  };
  return { server, ...run, failure, waits: () => run.clock.waits };
}

describe('an answer that is refused for good', () => {
  test('401: the credentials, after one try', async () => {
    const { failure, server } = await shop([{ status: 401, body: { error: { message: 'Token expired' } } }]);
    expect(await failure()).toMatchObject({
      kind: 'config',
      code: 'http_401',
      text: 'shop answered 401: Token expired (stream orders, page 1). The credentials were refused: check the token or key of the source, and whether it has run out.',
    });
    expect(server.requests).toHaveLength(1);
  });

  test('403: the rights', async () => {
    const { failure } = await shop([{ status: 403, body: 'no' }]);
    expect(await failure()).toMatchObject({
      kind: 'config',
      text: expect.stringContaining('answered 403'),
    });
  });

  test('404: the address, without its parameters', async () => {
    const { failure, server } = await shop([{ status: 404 }], { requester: 'request_parameters: { key: s3cret }' });
    const { code, text, where } = await failure();
    expect(code).toBe('http_404');
    expect(text).toMatch(/stream orders, page 1\) There is nothing at this address: check url, path/);
    expect(where.url).toBe(`${server.url}/orders`);
  });

  test('on a later page: the pages before it came, and the page is named', async () => {
    const { failure, read, server } = await shop([GOOD, GOOD, { status: 400, body: { message: 'bad page' } }]);
    expect((await failure()).text).toBe(
      'shop answered 400: bad page (stream orders, page 3). Look at the request in a test of this stream: a parameter or its format is not what the API expects.',
    );
    server.on('/orders', [GOOD, { body: { data: [] } }]);
    expect((await read('orders')).records).toEqual([{ id: 1 }]);
  });
});

describe('an answer that may pass', () => {
  test('429 with Retry-After: waits just that', async () => {
    const { read, waits, exchanges } = await shop([
      { status: 429, headers: { 'Retry-After': '7' } },
      GOOD,
      { body: { data: [] } },
    ]);
    expect((await read('orders')).records).toEqual([{ id: 1 }]);
    expect(waits()).toEqual([7_000]);
    expect(exchanges[0]).toMatchObject({ try: 1, page: 1, action: 'retry', waitMs: 7_000, response: { status: 429 } });
    expect(exchanges[1]).toMatchObject({ try: 2, page: 1, action: 'success' });
  });

  test('429 with a date', async () => {
    const { read, waits } = await shop([
      { status: 429, headers: { 'Retry-After': 'Sun, 01 Mar 2026 12:00:30 GMT' } },
      { status: 429, headers: { 'Retry-After': 'Sun, 01 Mar 2020 12:00:00 GMT' } },
      { body: { data: [] } },
    ]);
    await read('orders');
    expect(waits().filter((ms) => ms > 0)).toEqual([30_000]);
  });

  test('429 with an absurd wait ends, and says what limits it', async () => {
    const { failure, waits } = await shop([{ status: 429, headers: { 'Retry-After': '1000000000' } }]);
    const { kind, code, text } = await failure();
    expect({ kind, code }).toEqual({ kind: 'transient', code: 'http_429' });
    expect(text).toMatch(/The API limits how often it may be asked/);
    expect(waits().reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(600_000);
  });

  test('500 twice: each page once', async () => {
    const { read, waits, server } = await shop([GOOD, { status: 500 }, { status: 503 }, GOOD, { body: { data: [] } }]);
    expect((await read('orders')).records).toEqual([{ id: 1 }, { id: 1 }]);
    expect(waits()).toHaveLength(2);
    expect(server.requests.map(({ query }) => query.get('page'))).toEqual([null, '1', '1', '1', '2']);
  });

  test('500 for ever: tried six times, longer each time, and told as the fault of the API', async () => {
    const { failure, waits, server } = await shop([{ status: 500, body: '<h1>Oops</h1>' }]);
    expect(await failure()).toMatchObject({
      kind: 'transient',
      code: 'http_500',
      text: expect.stringMatching(
        /^shop answered 500 6 times.*\(stream orders, page 1\)\. The API has a fault of its own/,
      ),
    });
    expect(server.requests).toHaveLength(6);
    expect(waits()).toHaveLength(5);
    expect(waits()).toEqual(waits().toSorted((a, b) => a - b));
  });

  test('max_retries counts tries after the first', async () => {
    const { failure, server } = await shop([{ status: 503 }], { requester: 'error_handler: { max_retries: 2 }' });
    expect((await failure()).code).toBe('http_503');
    expect(server.requests).toHaveLength(3);
  });

  test('a connection that is cut, and nobody at the other side', async () => {
    const cut = await shop([{ resetAfter: 0 }, GOOD, { body: { data: [] } }]);
    expect((await cut.read('orders')).records).toEqual([{ id: 1 }]);
    const gone = await shop([GOOD]);
    await gone.server.close();
    const { kind, code, text } = await gone.failure();
    expect({ kind, code }).toEqual({ kind: 'transient', code: 'unreachable' });
    expect(text).toMatch(/^shop refused the connection\. .*\(stream orders, page 1\) Check that the service is up/);
  });
});

describe('a body that is not what was asked for', () => {
  test('HTML with 200: said, with how it begins', async () => {
    const { failure } = await shop([GOOD, { body: '<html>\n  <h1>Maintenance</h1>' }]);
    const { code, text } = await failure();
    expect(code).toBe('bad_json');
    expect(text).toMatch(/no JSON; it begins: <html> <h1>Maintenance<\/h1>.* \(stream orders, page 2\)\. /);
  });

  test('JSON that breaks off is never the last page', async () => {
    const { failure } = await shop([GOOD, { body: '{"data": [{"id": 2}, {"id"' }]);
    expect(await failure()).toMatchObject({ code: 'bad_json', where: { stream: 'orders', page: 2 } });
  });

  test('a body that is cut is fetched again', async () => {
    const { read, server } = await shop([{ ...GOOD, cutAfter: 9 }, GOOD, { body: { data: [] } }]);
    expect((await read('orders')).records).toEqual([{ id: 1 }]);
    expect(server.requests).toHaveLength(3);
  });

  test('a body that is cut for ever fails', async () => {
    const { failure } = await shop([{ ...GOOD, chunkBytes: 4, cutAfter: 12 }]);
    expect(await failure()).toMatchObject({
      kind: 'transient',
      code: 'response_truncated',
      text: expect.stringMatching(/^The answer of shop broke off before its end\..*\(stream orders, page 1\)/),
    });
  });

  test('records that are none', async () => {
    const { failure } = await shop([{ body: { data: [{ id: 1 }, 'two'] } }]);
    expect(await failure()).toMatchObject({
      kind: 'config',
      code: 'no_record',
      text: 'What the record path gives is "two", not a record. (stream orders, page 1, row 2) Correct field_path so that it leads to a list of objects; the response in a test of this stream shows where they are.',
    });
  });

  test('a record path that leads nowhere gives no records, and a notice with what was there', async () => {
    const { read } = await shop([{ body: { items: [{ id: 1 }], total: 1 } }]);
    const { records, events } = await read('orders');
    expect(records).toEqual([]);
    expect(events).toContainEqual({
      type: 'notice',
      level: 'warn',
      message: 'No page had records at data; the answer had items, total.',
    });
  });
});

describe('what the manifest says of answers', () => {
  test('a status that is ignored ends the pages', async () => {
    const { read } = await shop([GOOD, { status: 404 }], {
      requester: 'error_handler: { response_filters: [{ http_codes: [404], action: IGNORE }] }',
    });
    expect((await read('orders')).records).toEqual([{ id: 1 }]);
  });

  test('an error inside of a 200 fails with its own words', async () => {
    const { failure } = await shop([{ body: { ok: false, reason: 'quota of the plan' } }], {
      requester: `error_handler:
  response_filters:
    - { predicate: "{{ response.ok == false }}", action: FAIL, failure_type: config_error, error_message: "The shop says: {{ response.reason }}" }`,
    });
    expect(await failure()).toMatchObject({
      kind: 'config',
      text: expect.stringContaining('The shop says: quota of the plan (stream orders, page 1)'),
    });
  });

  test('a text in the body is tried again, with the wait that is declared', async () => {
    const { read, waits } = await shop([{ status: 400, body: 'try later' }, { body: { data: [] } }], {
      requester: `error_handler:
  response_filters: [{ error_message_contains: later, action: RETRY }]
  backoff_strategies: [{ type: ConstantBackoffStrategy, backoff_time_in_seconds: 4 }]`,
    });
    await read('orders');
    expect(waits()).toEqual([5_000]);
  });
});

describe('what the manifest or the config has wrong', () => {
  test('an address that is none', async () => {
    const run = sourceOf(
      `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester: { url_base: "{{ config.shop }}", path: /orders }
      record_selector: { extractor: { field_path: [data] } }
`,
      { config: { shop: 'shop.example' } },
    );
    await expect(run.read('orders')).rejects.toMatchObject({
      kind: 'config',
      code: 'bad_url',
      message: expect.stringMatching(/^"shop\.example.*" is no address/),
      where: { stream: 'orders' },
    });
  });

  test('a template that fails while reading names its place', async () => {
    const { failure } = await shop([GOOD], {
      stream: `transformations:
  - type: AddFields
    fields: [{ path: [half], value: "{{ record.id / 0 }}" }]`,
    });
    const { kind, text, where } = await failure();
    expect(kind).toBe('config');
    expect(where).toMatchObject({ stream: 'orders', page: 1, row: 1 });
    expect(text).toContain('division by zero');
  });

  test('a state whose cursor does not fit its format says what to do', async () => {
    const run = (await shop([GOOD], { stream: cursor('updated_at') })).read('orders', {
      state: { updated_at: 'yesterday' },
    });
    await expect(run).rejects.toMatchObject({
      kind: 'config',
      code: 'bad_state',
      message: expect.stringContaining('"yesterday"'),
      hint: expect.stringContaining('full refresh'),
      where: { stream: 'orders' },
    });
  });

  test('one parameter that two parts set', async () => {
    const { failure } = await shop([GOOD, GOOD], { requester: 'request_parameters: { page: "7" }' });
    expect(await failure()).toMatchObject({
      kind: 'config',
      code: 'duplicate_option',
      text: expect.stringMatching(/^The request parameter page is set twice.*\(stream orders, page 2\)/),
    });
  });
});

describe('a cancelled read', () => {
  test('ends in the middle of a request and of a wait', async () => {
    const stop = new AbortController();
    const server = await scriptedServer(() => {
      stop.abort(new DOMException('cancelled', 'AbortError'));
      return { hang: true };
    });
    onTestFinished(() => server.close());
    const run = sourceOf(
      `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester: { url: ${server.url} }
      record_selector: { extractor: { field_path: [] } }
`,
      { signal: stop.signal },
    );
    await expect(run.read('orders')).rejects.toThrow('cancelled');
    expect(server.requests).toHaveLength(1);
  });
});

function cursor(field: string): string {
  return `incremental_sync:
  type: DatetimeBasedCursor
  cursor_field: ${field}
  datetime_format: "%Y-%m-%d"
  start_datetime: "2026-02-01"`;
}

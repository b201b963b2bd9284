import { describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { type AnswerFunction, type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import { sourceOf } from './fixtures/read-manifest.ts';

/** A shop whose orders are asked for with this paginator. */
async function shop(script: Script, paginator: string, stream = '') {
  const server = await scriptedServer(script);
  onTestFinished(() => server.close());
  const run = sourceOf(`
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester: { url: ${server.url}/orders }
      record_selector: { extractor: { field_path: [data] }${stream} }
      paginator:
        type: DefaultPaginator
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
${paginator.replaceAll(/^/gm, '        ')}
`);
  const asked = () => server.requests.map(({ query }) => query.toString());
  return { server, ...run, asked };
}

const orders = (from: number, count: number) => Array.from({ length: count }, (_, i) => ({ id: from + i }));
const ids = (records: JsonObject[]) => records.map(({ id }) => id);

/** Pages of a list by number, as most APIs answer. */
const numbered =
  (total: number, size: number, first = 1): AnswerFunction =>
  ({ query }) => {
    const from = (Number(query.get('page') ?? first) - first) * size;
    return { body: { data: orders(1, total).slice(from, from + size) } };
  };

describe('PageIncrement', () => {
  const strategy = 'pagination_strategy: { type: PageIncrement, page_size: 2, start_from_page: 1 }';

  test('asks for the next number until a page is short', async () => {
    const { read, asked } = await shop(numbered(5, 2), strategy);
    expect(ids((await read('orders')).records)).toEqual([1, 2, 3, 4, 5]);
    expect(asked()).toEqual(['', 'page=2', 'page=3']);
  });

  test('asks once more after a full last page', async () => {
    const { read, asked } = await shop(numbered(4, 2), strategy);
    expect(ids((await read('orders')).records)).toEqual([1, 2, 3, 4]);
    expect(asked()).toEqual(['', 'page=2', 'page=3']);
  });

  test('sends size and first number where the manifest says so', async () => {
    const { read, asked } = await shop(
      numbered(3, 2, 0),
      `page_size_option: { inject_into: request_parameter, field_name: per_page }
pagination_strategy: { type: PageIncrement, page_size: 2, inject_on_first_request: true }`,
    );
    expect(ids((await read('orders')).records)).toEqual([1, 2, 3]);
    expect(asked().map(sorted)).toEqual(['page=0&per_page=2', 'page=1&per_page=2']);
  });

  test('goes on when the filter empties a page: what came counts', async () => {
    const { read, asked } = await shop(
      numbered(5, 2),
      strategy,
      ', record_filter: { condition: "{{ record.id > 4 }}" }',
    );
    const { records, events } = await read('orders');
    expect(ids(records)).toEqual([5]);
    expect(events).toMatchObject([
      { type: 'page', page: 1, read: 2, filtered: 2 },
      { type: 'page', page: 2, read: 2, filtered: 2 },
      { type: 'page', page: 3, read: 1, filtered: 0 },
      { type: 'slice_closed' },
    ]);
    expect(asked()).toHaveLength(3);
  });

  test('ends at an empty page', async () => {
    const { read, asked } = await shop([{ body: { data: [] } }], strategy);
    expect((await read('orders')).records).toEqual([]);
    expect(asked()).toHaveLength(1);
  });

  test('ends with an error where the API gives the same page whatever it is asked for', async () => {
    const { read, asked } = await shop([{ body: { data: orders(1, 2) } }], strategy);
    await expect(read('orders')).rejects.toMatchObject({
      code: 'no_progress',
      message: 'The pages go round in circles: the same page came 10 times.',
      where: { stream: 'orders', page: 10 },
    });
    expect(asked()).toHaveLength(10);
  });

  test('reads no more pages than a test asks for', async () => {
    const { read, asked } = await shop(numbered(100, 2), strategy);
    await read('orders', { limits: { maxPages: 3 } });
    expect(asked()).toHaveLength(3);
  });
});

describe('OffsetIncrement', () => {
  const byOffset =
    (total: number, most: number): AnswerFunction =>
    ({ query }) => {
      const from = Number(query.get('page') ?? 0);
      return { body: { data: orders(1, total).slice(from, from + most) } };
    };

  test('leaves out what it has', async () => {
    const { read, asked } = await shop(byOffset(5, 2), 'pagination_strategy: { type: OffsetIncrement, page_size: 2 }');
    expect(ids((await read('orders')).records)).toEqual([1, 2, 3, 4, 5]);
    expect(asked()).toEqual(['', 'page=2', 'page=4']);
  });

  test('takes its size from the config', async () => {
    const paginator = `page_size_option: { inject_into: request_parameter, field_name: limit }
pagination_strategy: { type: OffsetIncrement, page_size: "{{ 1 + 1 }}" }`;
    const { read, asked } = await shop(byOffset(3, 2), paginator);
    expect(ids((await read('orders')).records)).toEqual([1, 2, 3]);
    expect(asked().map(sorted)).toEqual(['limit=2', 'limit=2&page=2']);
  });
});

describe('CursorPagination', () => {
  const strategy = `pagination_strategy:
  type: CursorPagination
  cursor_value: "{{ response.next }}"
  stop_condition: "{{ not response.next }}"`;
  const page = (from: number, next: unknown) => ({ body: { data: orders(from, 2), next } });

  test('sends the token of the page before', async () => {
    const { read, asked } = await shop([page(1, 'b'), page(3, 'c d&e'), page(5, null)], strategy);
    expect(ids((await read('orders')).records)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(asked()).toEqual(['', 'page=b', 'page=c+d%26e']);
  });

  test('goes on over an empty page in the middle', async () => {
    const { read } = await shop([page(1, 'b'), { body: { data: [], next: 'c' } }, page(3, null)], strategy);
    expect(ids((await read('orders')).records)).toEqual([1, 2, 3, 4]);
  });

  test('tells long tokens apart by their last letter, and knows one that came before', async () => {
    const [first, second] = ['1', '2'].map((end) => `${'t'.repeat(500)}${end}`);
    const tokens = [first, second, first];
    const { read, asked } = await shop(
      tokens.map((token, index) => page(2 * index + 1, token)),
      strategy,
    );
    await expect(read('orders')).rejects.toMatchObject({ code: 'no_progress', where: { page: 3 } });
    expect(asked()).toHaveLength(3);
  });

  test.each([
    ['the same token again', ['b', 'b'], 2],
    ['tokens in a circle', ['b', 'c', 'd', 'b'], 4],
  ])('stops at %s, and says so', async (_name, tokens, pages) => {
    const { read, asked } = await shop(
      tokens.map((token, index) => page(2 * index + 1, token)),
      strategy,
    );
    await expect(read('orders')).rejects.toMatchObject({
      kind: 'terminal',
      code: 'no_progress',
      message: 'The pages go round in circles: the token "b" came before.',
      hint: expect.stringContaining('stop condition'),
      where: { stream: 'orders', page: pages },
    });
    expect(asked()).toHaveLength(pages);
  });

  test('follows the last record of a page', async () => {
    const after: AnswerFunction = ({ query }) => ({
      body: {
        data: orders(Number(query.get('page') ?? 0) + 1, 5)
          .slice(0, Math.max(0, 5 - Number(query.get('page') ?? 0)))
          .slice(0, 2),
      },
    });
    const { read, asked } = await shop(
      after,
      `pagination_strategy:
  type: CursorPagination
  cursor_value: "{{ last_record.id }}"
  stop_condition: "{{ last_page_size < 2 }}"`,
    );
    expect(ids((await read('orders')).records)).toEqual([1, 2, 3, 4, 5]);
    expect(asked()).toEqual(['', 'page=2', 'page=4']);
  });

  test('follows the links of the headers', async () => {
    const links = '</orders?after=2>; rel="next", </orders>; rel="prev"';
    const { read, asked } = await shop(
      [{ headers: { Link: links }, body: { data: orders(1, 2) } }, { body: { data: orders(3, 1) } }],
      `pagination_strategy:
  type: CursorPagination
  cursor_value: "{{ headers.link.next.url.split('=')[1] }}"
  stop_condition: "{{ 'next' not in headers.link }}"`,
    );
    expect(ids((await read('orders')).records)).toEqual([1, 2, 3]);
    expect(asked()).toEqual(['', 'page=2']);
  });
});

test('headers are there as the server spells them; in lower case the link is parsed, else it is text', async () => {
  const { read, asked } = await shop(
    [
      { headers: { Link: '<b>; rel="next"', 'X-RateLimit-ID': '7' }, body: { data: orders(1, 2) } },
      { body: { data: [] } },
    ],
    `pagination_strategy:
  type: CursorPagination
  cursor_value: "{{ headers['X-RateLimit-ID'] ~ headers['x-ratelimit-id'] ~ headers.get('Link')[1] ~ headers.link.next.url }}"
  stop_condition: "{{ not headers.get('Link') }}"`,
  );
  await read('orders');
  expect(asked()).toEqual(['', 'page=77bb']);
});

describe('RequestPath', () => {
  const manifest = (url: string) => `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester:
        url_base: ${url}/v1/
        path: orders
        request_parameters: { sort: id }
      record_selector: { extractor: { field_path: [data] } }
      paginator:
        type: DefaultPaginator
        page_token_option: { type: RequestPath }
        pagination_strategy:
          type: CursorPagination
          cursor_value: "{{ response.next }}"
          stop_condition: "{{ not response.next }}"
`;

  test('takes whole addresses, with what they carry already', async () => {
    const server = await scriptedServer(({ query }) => ({
      body:
        query.get('p') === '2'
          ? { data: orders(2, 1) }
          : { data: orders(1, 1), next: `${server.url}/v2/more?p=2&sort=id` },
    }));
    onTestFinished(() => server.close());
    const { records } = await sourceOf(manifest(server.url)).read('orders');
    expect(ids(records)).toEqual([1, 2]);
    expect(server.requests.map(({ target }) => target)).toEqual(['/v1/orders?sort=id', '/v2/more?p=2&sort=id']);
  });

  test('takes paths, from the root of the host as in a link', async () => {
    const server = await scriptedServer(({ path }) => ({
      body: path.endsWith('next') ? { data: orders(2, 1) } : { data: orders(1, 1), next: '/orders/next' },
    }));
    onTestFinished(() => server.close());
    const { records } = await sourceOf(manifest(server.url)).read('orders');
    expect(ids(records)).toEqual([1, 2]);
    expect(server.requests[1]?.target).toBe('/orders/next?sort=id');
  });
});

describe('in a JSON body', () => {
  const body = async (script: Script, paginator: string) => {
    const server = await scriptedServer(script);
    onTestFinished(() => server.close());
    const { read } = sourceOf(`
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester: { url: ${server.url}/orders, http_method: POST }
      record_selector: { extractor: { field_path: [data] } }
      paginator: ${paginator}
`);
    await read('orders');
    return server.requests.map((request) => JSON.parse(request.body.toString()));
  };

  test('size and offset are numbers, side by side below one field', async () => {
    const paginator = `
        type: DefaultPaginator
        page_size_option: { type: RequestOption, inject_into: body_json, field_path: [options, count] }
        page_token_option: { type: RequestOption, inject_into: body_json, field_path: [options, offset] }
        pagination_strategy: { type: OffsetIncrement, page_size: 2 }`;
    expect(await body([{ body: { data: orders(1, 2) } }, { body: { data: orders(3, 1) } }], paginator)).toEqual([
      { options: { count: 2 } },
      { options: { count: 2, offset: 2 } },
    ]);
  });

  test('a token may be an object', async () => {
    const paginator = `
        type: DefaultPaginator
        page_size_option: { type: RequestOption, inject_into: body_json, field_name: first }
        page_token_option: { type: RequestOption, inject_into: body_json, field_name: variables }
        pagination_strategy:
          type: CursorPagination
          page_size: 2
          cursor_value: '{{ {"after": response.end} if response.end else "" }}'`;
    expect(await body([{ body: { data: orders(1, 2), end: 'c2' } }, { body: { data: [] } }], paginator)).toEqual([
      { first: 2 },
      { first: 2, variables: { after: 'c2' } },
    ]);
  });
});

test('without a paginator there is one request', async () => {
  const server = await scriptedServer([{ body: [{ id: 1 }] }]);
  onTestFinished(() => server.close());
  const { records } = await sourceOf(`
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester: { url: ${server.url} }
      record_selector: { extractor: { field_path: [] } }
`).read('orders');
  expect(records).toEqual([{ id: 1 }]);
  expect(server.requests).toHaveLength(1);
});

function sorted(query: string): string {
  return query.split('&').toSorted().join('&');
}

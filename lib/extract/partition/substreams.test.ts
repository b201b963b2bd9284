import { describe, expect, test } from 'vitest';
import type { StreamState } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { streamsOver } from '../fixtures/answering-client.ts';
import { language } from '../kinds.ts';

const CURSOR = `{ type: DatetimeBasedCursor, cursor_field: at, datetime_format: "%Y-%m-%d", start_datetime: "2026-01-01", start_time_option: { inject_into: request_parameter, field_name: since } }`;

/** Customers, and a child of theirs. */
const shop = ({
  parent = '',
  more = '',
  router = '',
  path = '/customers/{{ stream_partition.customer }}/orders',
  child = '',
} = {}) => `
version: 6.0.0
check: { stream_names: [customers] }
concurrency_level: { default_concurrency: 1 }
streams:
  - &customers
    name: customers
    incremental_sync: ${CURSOR}
    retriever:
      requester: { url_base: https://api.test, path: /customers }
      record_selector: { extractor: { field_path: [data] } }
${parent.replaceAll(/^/gm, '    ')}
  - name: orders
${child.replaceAll(/^/gm, '    ')}
    retriever:
      requester: { url_base: https://api.test, path: "${path}" }
      record_selector: { extractor: { field_path: [data] } }
      partition_router:
${(
  router ||
    `type: SubstreamPartitionRouter
parent_stream_configs:
  - stream: *customers
    parent_key: id
    partition_field: customer
${more.replaceAll(/^/gm, '    ')}`
).replaceAll(/^/gm, '        ')}
`;

const CUSTOMERS: JsonObject[] = [
  { id: 1, at: '2026-02-01', name: 'Ann', address: { city: 'Ulm' } },
  { id: 2, at: '2026-02-03', name: 'Bob' },
  { name: 'without a key' },
];
/** Orders of a customer carry its number and a day of their own. */
const api = (url: URL) => {
  if (url.pathname === '/customers') return { data: CUSTOMERS };
  const [, , customer = ''] = url.pathname.split('/');
  return { data: [{ customer, at: `2026-02-1${customer.slice(0, 1)}` }] };
};
const asked = (source: ReturnType<typeof streamsOver>) => source.client.asked;

describe('children of a parent', () => {
  test('are read once for each of its records; records without the key are left out', async () => {
    const source = streamsOver(api, shop());
    const { records, states } = await source.read('orders');
    expect(records.map(({ customer }) => customer)).toEqual(['1', '2']);
    expect(asked(source)).toEqual(['/customers?since=2026-01-01', '/customers/1/orders', '/customers/2/orders']);
    expect(states).toEqual(Array(2).fill({ __ab_no_cursor_state_message: true }));
  });

  test('see more fields of it, by path', async () => {
    const source = streamsOver(
      api,
      shop({
        more: 'extra_fields: [[name], [address, city]]',
        path: '/orders/{{ stream_slice.extra_fields.name }}/{{ stream_partition.extra_fields["address.city"] }}'.replaceAll(
          '"',
          "'",
        ),
      }),
    );
    await source.read('orders');
    expect(asked(source).slice(1)).toEqual(['/orders/Ann/Ulm', '/orders/Bob/None']);
  });

  test('send its key where the option says, and nothing for an empty one', async () => {
    const more = 'request_option: { inject_into: request_parameter, field_name: customer }';
    const source = streamsOver(
      (url) => (url.pathname === '/customers' ? { data: [{ id: 7 }, { id: 0 }] } : { data: [] }),
      shop({ more, path: '/orders' }),
    );
    await source.read('orders');
    expect(asked(source).slice(1)).toEqual(['/orders?customer=7', '/orders']);
  });

  test('may have a key deep in the record', async () => {
    const source = streamsOver(
      api,
      shop({ path: '/orders/{{ stream_partition.customer }}' }).replace('parent_key: id', 'parent_key: address/city'),
    );
    await source.read('orders');
    expect(asked(source).slice(1)).toEqual(['/orders/Ulm']);
  });

  test('keep no state of a parent whose router stands in a list, also where it is the only one', async () => {
    const child = `incremental_sync: ${CURSOR}`;
    const more = 'incremental_dependency: true';
    const router = `- type: SubstreamPartitionRouter
  parent_stream_configs:
    - { stream: *customers, parent_key: id, partition_field: customer, incremental_dependency: true }`;
    const alone = await streamsOver(api, shop({ child, more })).read('orders');
    expect(alone.states.at(-1)?.parent_state).toEqual({ customers: { at: '2026-02-03' } });
    const listed = await streamsOver(api, shop({ child, router })).read('orders');
    expect(listed.records).toEqual(alone.records);
    expect(listed.states.at(-1)).not.toHaveProperty('parent_state');
  });

  test('a parent that is read for itself, too, is asked once', async () => {
    const source = streamsOver(api, shop());
    await source.readBoth('customers', 'orders');
    expect(asked(source).filter((path) => path.startsWith('/customers?'))).toHaveLength(1);
  });

  test('and is asked anew where the manifest says that answers must not be kept', async () => {
    const source = streamsOver(api, shop().replace('path: /customers }', 'path: /customers, use_cache: false }'));
    await source.readBoth('customers', 'orders');
    expect(asked(source).filter((path) => path.startsWith('/customers?'))).toHaveLength(2);
  });

  test('nested: grandchildren know the partition of their parent', async () => {
    const yaml = `${shop()}
  - name: lines
    retriever:
      requester: { url_base: https://api.test, path: "/customers/{{ stream_partition.parent_slice.customer }}/lines/{{ stream_partition.order }}" }
      record_selector: { extractor: { field_path: [data] } }
      partition_router:
        type: SubstreamPartitionRouter
        parent_stream_configs:
          - parent_key: customer
            partition_field: order
            stream: ${JSON.stringify({
              name: 'orders',
              retriever: {
                requester: { url_base: 'https://api.test', path: '/customers/{{ stream_partition.customer }}/orders' },
                record_selector: { extractor: { field_path: ['data'] } },
                partition_router: {
                  type: 'SubstreamPartitionRouter',
                  parent_stream_configs: [
                    {
                      ...{ parent_key: 'id', partition_field: 'customer' },
                      stream: {
                        name: 'customers',
                        retriever: {
                          requester: { url_base: 'https://api.test', path: '/customers' },
                          record_selector: { extractor: { field_path: ['data'] } },
                        },
                      },
                    },
                  ],
                },
              },
            })}
`;
    const source = streamsOver(api, yaml);
    await source.read('lines');
    expect(asked(source)).toEqual([
      ...['/customers', '/customers/1/orders', '/customers/1/lines/1'],
      ...['/customers/2/orders', '/customers/2/lines/2'],
    ]);
  });

  test('lazily: the first page comes with the parent, and only without a state', async () => {
    const more = 'lazy_read_pointer: [orders]\nincremental_dependency: true';
    const lazy = (url: URL) =>
      url.pathname === '/customers'
        ? { data: [{ id: 1, at: '2026-02-01', orders: { data: [{ from: 'parent', at: '2026-02-02' }] } }] }
        : { data: [{ from: 'api', at: '2026-02-03' }] };
    const yaml = shop({ more, child: `incremental_sync: ${CURSOR}` });
    const first = streamsOver(lazy, yaml);
    const { records, states } = await first.read('orders');
    expect(records.map(({ from }) => from)).toEqual(['parent']);
    expect(asked(first)).toHaveLength(1);
    const again = streamsOver(lazy, yaml);
    expect((await again.read('orders', states.at(-1))).records.map(({ from }) => from)).toEqual(['api']);
  });
});

describe('the state of children', () => {
  const incremental = (more = '') => shop({ more, child: `incremental_sync: ${CURSOR}` });
  const partition = (customer: number, at: string) => ({ partition: { customer, parent_slice: {} }, cursor: { at } });

  test('is one for each partition, with a common one for those that come new', async () => {
    const { states } = await streamsOver(api, incremental()).read('orders');
    expect(states.at(-1)).toEqual({
      use_global_cursor: false,
      states: [partition(1, '2026-02-11'), partition(2, '2026-02-12')],
      state: { at: '2026-02-12' },
      lookback_window: 0,
      parent_state: {},
    });
  });

  test('the common one moves on only when all are read', async () => {
    const failing = (url: URL) => {
      if (url.pathname === '/customers/2/orders') throw new Error('gone');
      return api(url);
    };
    const source = streamsOver(failing, incremental());
    const states: StreamState[] = [];
    await expect(async () => {
      for await (const event of source.events('orders')) if (event.type === 'slice_closed') states.push(event.state);
    }).rejects.toThrow();
    expect(states.at(-1)).toMatchObject({ states: [partition(1, '2026-02-11')] });
    expect(states.at(-1)).not.toHaveProperty('state');
  });

  test('a partition goes on from its own, a new one from the common one less the time of the last sync', async () => {
    const source = streamsOver(api, incremental());
    await source.read('orders', {
      ...{ use_global_cursor: false, states: [partition(1, '2026-02-05')] },
      ...{ state: { at: '2026-02-10' }, lookback_window: 86_400 },
    });
    expect(asked(source).slice(1)).toEqual([
      '/customers/1/orders?since=2026-02-05',
      '/customers/2/orders?since=2026-02-09',
    ]);
  });

  test('a bare state of before counts for all', async () => {
    const source = streamsOver(api, incremental());
    await source.read('orders', { at: '2026-02-08' });
    expect(asked(source).slice(1)).toEqual([
      '/customers/1/orders?since=2026-02-08',
      '/customers/2/orders?since=2026-02-08',
    ]);
  });

  test('global_substream_cursor: one for all of them', async () => {
    const yaml = incremental().replaceAll('start_datetime', 'global_substream_cursor: true, start_datetime');
    const { states } = await streamsOver(api, yaml).read('orders');
    expect(states.at(-1)).toEqual({
      ...{ use_global_cursor: true, state: { at: '2026-02-12' }, lookback_window: 0, parent_state: {} },
    });
  });

  test('beyond 10,000 partitions one serves all of them', async () => {
    const many = Array.from({ length: 10_002 }, (_, id) => ({ id: id + 1, at: '2026-02-01' }));
    const source = streamsOver((url) => (url.pathname === '/customers' ? { data: many } : { data: [] }), incremental());
    let last: StreamState = {};
    for await (const event of source.events('orders')) if (event.type === 'slice_closed') last = event.state;
    expect(last.use_global_cursor).toBe(true);
    expect(last).not.toHaveProperty('states');
  });

  test('a partition that comes twice is read once, and that is told', async () => {
    const twice = (url: URL) => (url.pathname === '/customers' ? { data: [{ id: 1 }, { id: 1 }] } : { data: [] });
    const source = streamsOver(twice, incremental());
    expect((await source.read('orders')).notices).toEqual(['1 partitions came more than once and were read once.']);
    expect(asked(source)).toHaveLength(2);
  });

  test('incremental_dependency: only parents that changed are read, and their state is kept in that of the child', async () => {
    const yaml = incremental('incremental_dependency: true');
    const first = streamsOver(api, yaml);
    const { states } = await first.read('orders');
    expect(states.at(-1)?.parent_state).toEqual({ customers: { at: '2026-02-03' } });
    const again = streamsOver(api, yaml);
    await again.read('orders', states.at(-1));
    expect(asked(again)[0]).toBe('/customers?since=2026-02-03');
  });

  test('of the form before partitions is taken over', async () => {
    const yaml = incremental().replace(
      '  - name: orders\n',
      '  - name: orders\n    state_migrations: [{ type: LegacyToPerPartitionStateMigration }]\n',
    );
    const source = streamsOver(
      (url) => (url.pathname === '/customers' ? { data: [{ id: '1' }, { id: '2' }] } : api(url)),
      yaml,
    );
    const { states } = await source.read('orders', { '1': { at: '2026-02-07' } });
    expect(states.at(-1)?.states).toContainEqual({ partition: { customer: '1' }, cursor: { at: '2026-02-07' } });
  });
});

describe('several routers', () => {
  const LISTS = `- { type: ListPartitionRouter, values: [a, b], cursor_field: kind, request_option: { inject_into: request_parameter, field_name: kind } }
- { type: ListPartitionRouter, values: [1, 2], cursor_field: size, request_option: { inject_into: request_parameter, field_name: size } }`;

  test('make every combination, the first outermost', async () => {
    const source = streamsOver(api, shop({ router: LISTS, path: '/orders' }));
    await source.read('orders');
    expect(asked(source)).toEqual(
      [1, 2, 3, 4].map((_, index) => `/orders?kind=${'aabb'[index]}&size=${'1212'[index]}`),
    );
  });

  test('ask a parent once for all of them, and keep no state of it', async () => {
    const router = `- { type: ListPartitionRouter, values: [a, b], cursor_field: kind }
- { type: SubstreamPartitionRouter, parent_stream_configs: [{ stream: *customers, parent_key: id, partition_field: customer, incremental_dependency: true }] }`;
    const yaml = shop({
      router,
      path: '/{{ stream_partition.kind }}/{{ stream_partition.customer }}',
      child: `incremental_sync: ${CURSOR}`,
    });
    const source = streamsOver((url) => (url.pathname === '/customers' ? { data: CUSTOMERS } : { data: [] }), yaml);
    const { states } = await source.read('orders');
    expect(asked(source).map((path) => path.split('?')[0])).toEqual(['/customers', '/a/1', '/a/2', '/b/1', '/b/2']);
    expect(states.at(-1)).not.toHaveProperty('parent_state');
  });
});

test('GroupingPartitionRouter puts keys together, each once', async () => {
  const router = `type: GroupingPartitionRouter
group_size: 2
underlying_partition_router: { type: ListPartitionRouter, values: [a, b, a, c], cursor_field: id }`;
  const source = streamsOver(api, shop({ router, path: "/orders/{{ stream_partition.id | join('-') }}" }));
  await source.read('orders');
  expect(asked(source)).toEqual(['/orders/a-b', '/orders/c']);
  const twice = streamsOver(
    api,
    shop({ router: `${router}\ndeduplicate: false`, path: "/orders/{{ stream_partition.id | join('-') }}" }),
  );
  await twice.read('orders');
  expect(asked(twice)).toEqual(['/orders/a-b', '/orders/a-c']);
});

test('a dependency that can have no effect is pointed out with its line', () => {
  const { issues } = parseManifest(shop({ more: 'incremental_dependency: true' }), language);
  expect(issues).toMatchObject([
    {
      severity: 'warning',
      message: expect.stringMatching(/^incremental_dependency has no effect: the stream has no incremental_sync/),
      line: 15,
    },
  ]);
});

test('IncrementingCountCursor has no partitions', () => {
  const child = 'incremental_sync: { type: IncrementingCountCursor, cursor_field: id }';
  expect(() => streamsOver(api, shop({ child }))).toThrow(
    /IncrementingCountCursor works without a partition_router only/,
  );
});

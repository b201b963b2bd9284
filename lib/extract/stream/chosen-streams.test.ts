import { describe, expect, test } from 'vitest';
import type { StreamState } from '#lib/catalog.ts';
import { streamsOver } from '../fixtures/answering-client.ts';

const stream = (path: string, more = '') => `
      name: orders
      retriever:
        requester: { url: "https://api.example.com/${path}" }
        record_selector: { extractor: { field_path: [data] } }
${more.replaceAll(/^/gm, '      ')}`;

const CURSOR = `incremental_sync:
  type: DatetimeBasedCursor
  cursor_field: at
  datetime_format: "%Y-%m-%d"
  start_datetime: "2026-01-01"`;

const delegating = ({ more = '', full = CURSOR, incremental = CURSOR } = {}) => `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - type: StateDelegatingStream
    name: orders
    ${more}
    full_refresh_stream:${stream('all', full)}
    incremental_stream:${stream('events', incremental)}
`;

const answer = (url: URL) => ({ data: [{ from: url.pathname, at: '2026-02-20' }] });

describe('StateDelegatingStream', () => {
  const from = async (yaml: string, state: StreamState | null) => {
    const { records, states } = await streamsOver(answer, yaml).read('orders', state);
    return { from: records[0]?.from, state: states.at(-1) };
  };

  test('is read whole without a state, and by the other way from one on', async () => {
    expect(await from(delegating(), null)).toEqual({ from: '/all', state: { at: '2026-02-20' } });
    expect(await from(delegating(), {})).toMatchObject({ from: '/all' });
    expect(await from(delegating(), { at: '2026-02-10' })).toEqual({ from: '/events', state: { at: '2026-02-20' } });
  });

  test('is described as it is read first', async () => {
    const [found] = await streamsOver(answer, delegating({ full: 'primary_key: id' })).discover();
    expect(found).toMatchObject({
      name: 'orders',
      supportedSyncModes: ['full_refresh'],
      sourceDefinedPrimaryKey: [['id']],
    });
  });

  test('a state older than what the API keeps begins from the start', async () => {
    const kept = delegating({ more: 'api_retention_period: P30D' });
    expect(await from(kept, { at: '2026-01-29' })).toMatchObject({ from: '/all' });
    expect(await from(kept, { at: '2026-01-31' })).toMatchObject({ from: '/events' });
    const whole = { use_global_cursor: false, states: [], state: { at: '2026-01-05' } };
    expect(await from(kept, whole)).toMatchObject({ from: '/all' });
  });

  test('a whole read without a cursor that is done is as new as can be; a state that says nothing is not', async () => {
    const kept = delegating({ more: 'api_retention_period: "P{{ 10 }}D"', full: '' });
    expect(await from(kept, { __ab_no_cursor_state_message: true })).toMatchObject({ from: '/events' });
    expect(await from(kept, { other: '2026-02-27' })).toMatchObject({ from: '/all' });
  });

  test('is refused when the names differ, or a count has no age', () => {
    expect(() =>
      streamsOver(answer, delegating().replace('name: orders\n      retriever', 'name: all\n      retriever')),
    ).toThrow(/full_refresh_stream is named all: both streams take the name orders/);
    const count = 'incremental_sync: { type: IncrementingCountCursor, cursor_field: id }';
    expect(() => streamsOver(answer, delegating({ more: 'api_retention_period: P1D', full: count }))).toThrow(
      /an IncrementingCountCursor has no age/,
    );
    expect(() => streamsOver(answer, delegating({ full: count }))).not.toThrow();
  });

  test('as a parent it goes by the state that the child keeps of it', async () => {
    const child = (dependency: boolean) => `${delegating()}
  - name: lines
    incremental_sync: { type: DatetimeBasedCursor, cursor_field: at, datetime_format: "%Y-%m-%d", start_datetime: "2026-01-01" }
    retriever:
      requester: { url: "https://api.example.com/lines/{{ stream_partition.order }}" }
      record_selector: { extractor: { field_path: [data] } }
      partition_router:
        type: SubstreamPartitionRouter
        parent_stream_configs:
          - parent_key: id
            partition_field: order
            incremental_dependency: ${dependency}
            stream:
              type: StateDelegatingStream
              name: orders
              full_refresh_stream:${stream('all', CURSOR).replaceAll(/^ {6}/gm, '                ')}
              incremental_stream:${stream('events', CURSOR).replaceAll(/^ {6}/gm, '                ')}
`;
    const api = (url: URL) => ({ data: [{ id: url.pathname.slice(1), at: '2026-02-20' }] });
    const state = {
      ...{ use_global_cursor: false, states: [], state: { at: '2026-02-01' } },
      parent_state: { orders: { at: '2026-02-01' } },
    };
    const asked = async (dependency: boolean, given: StreamState | null) => {
      const source = streamsOver(api, child(dependency));
      const { states } = await source.read('lines', given);
      return { asked: source.client.asked, parents: states.at(-1)?.parent_state };
    };
    expect(await asked(true, null)).toEqual({
      ...{ asked: ['/all', '/lines/all'], parents: { orders: { at: '2026-02-20' } } },
    });
    expect(await asked(true, state)).toMatchObject({ asked: ['/events', '/lines/events'] });
    expect(await asked(false, state)).toMatchObject({ asked: ['/all', '/lines/all'] });
  });
});

test('ConditionalStreams are there where the condition holds for the config', async () => {
  const yaml = `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - {type: DeclarativeStream, name: items, retriever: { requester: { url: "https://api.example.com/items" }, record_selector: { extractor: { field_path: [data] } } } }
  - type: ConditionalStreams
    condition: "{{ config.get('archive') }}"
    streams:
      -${stream('archive').replaceAll('      ', '        ').trimStart().replace(/^/, ' ')}
`;
  const names = async (config: Record<string, boolean>) =>
    (await streamsOver(answer, yaml, { config }).discover()).map(({ name }) => name);
  expect(await names({ archive: true })).toEqual(['items', 'orders']);
  expect(await names({ archive: false })).toEqual(['items']);
  const on = streamsOver(answer, yaml, { config: { archive: true } });
  expect((await on.read('orders')).records).toMatchObject([{ from: '/archive' }]);
  const off = streamsOver(answer, yaml, { config: { archive: false } });
  await expect(off.read('orders')).rejects.toMatchObject({ code: 'unknown_stream' });
  expect(await off.check()).toMatchObject({
    ok: false,
    message: expect.stringContaining('orders, which is not there'),
  });
});

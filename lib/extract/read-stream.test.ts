import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { streamsOver } from './fixtures/answering-client.ts';
import type { ReadEvent } from './source.ts';

/** A stream with a slice for each day of January, read by so many at once. */
const daily = (concurrency: number, days = 31) => `
version: 6.0.0
check: { stream_names: [orders] }
concurrency_level: { default_concurrency: ${concurrency} }
streams:
  - name: orders
    retriever:
      requester: { url: "https://api.test/orders" }
      record_selector: { extractor: { field_path: [data] } }
      paginator:
        type: DefaultPaginator
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
        pagination_strategy: { type: PageIncrement, page_size: 2, start_from_page: 1 }
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: at
      datetime_format: "%Y-%m-%d"
      start_datetime: "2026-01-01"
      end_datetime: "2026-01-${days}"
      step: P1D
      cursor_granularity: P1D
      start_time_option: { inject_into: request_parameter, field_name: day }
`;

/** So many orders on each day; two to a page. */
const shop =
  (perDay: (day: string) => number, before: (day: string, page: number) => unknown = () => null) =>
  async (url: URL) => {
    const day = url.searchParams.get('day') ?? '';
    const page = Number(url.searchParams.get('page') ?? 1);
    await before(day, page);
    const all = Array.from({ length: perDay(day) }, (_, index) => ({ id: `${day}/${index + 1}`, at: day }));
    return { data: all.slice((page - 1) * 2, page * 2) };
  };

const settled = async () => {
  for (let round = 0; round < 20; round++) await setImmediate();
};

const shown = (event: ReadEvent) =>
  event.type === 'page'
    ? event.records.map(({ id }) => id).join(' ')
    : event.type === 'slice_closed'
      ? `closed: ${JSON.stringify(event.state)}`
      : event.type === 'notice'
        ? event.message
        : 'slice' in event
          ? event.slice
          : event.type;

describe('slices are read at once', () => {
  test('as many as the manifest says, and two where it says nothing', async () => {
    for (const width of [1, 2, 8]) {
      const { client, read } = streamsOver(
        shop(() => 3, settled),
        daily(width),
      );
      expect((await read('orders')).records).toHaveLength(90);
      expect(client.most()).toBe(width);
    }
    const { client, read } = streamsOver(
      shop(() => 1, settled),
      daily(1).replace(/concurrency_level.*/, ''),
    );
    await read('orders');
    expect(client.most()).toBe(2);
  });

  test('the number may come from the config, up to what the manifest allows', async () => {
    const yaml = daily(1).replace(
      '{ default_concurrency: 1 }',
      `{ default_concurrency: "{{ config.get('n', 50) }}", max_concurrency: 5 }`,
    );
    const { client, read } = streamsOver(
      shop(() => 1, settled),
      yaml,
    );
    await read('orders');
    expect(client.most()).toBe(5);
  });

  test('pages come in turn, and the order is the same whoever answers first', async () => {
    const order = async (before: (day: string, page: number) => unknown) => {
      const { events } = streamsOver(
        shop((day) => (day === '2026-01-02' ? 1 : 3), before),
        daily(2, 4),
      );
      const list: string[] = [];
      for await (const event of events('orders')) list.push(shown(event));
      return list;
    };
    const expected = await order(() => null);
    expect(expected).toEqual([
      '2026-01-01/1 2026-01-01/2',
      '2026-01-02/1',
      '2026-01-01/3',
      'closed: {"at":"2026-01-01"}',
      'closed: {"at":"2026-01-02"}',
      '2026-01-03/1 2026-01-03/2',
      '2026-01-03/3',
      'closed: {"at":"2026-01-03"}',
    ]);
    expect(await order((day) => day === '2026-01-01' && settled())).toEqual(expected);
    expect(await order((_day, page) => page === 1 && settled())).toEqual(expected);
  });

  test('a state is never ahead of the records: a slice waits for those before it', async () => {
    const { events } = streamsOver(
      shop((day) => (day === '2026-01-01' ? 40 : 1)),
      daily(4),
    );
    const given = new Set<string>();
    for await (const event of events('orders')) {
      if (event.type === 'page') for (const { id } of event.records) given.add(String(id));
      if (event.type !== 'slice_closed') continue;
      const day = Number(String(event.state.at).slice(-2));
      expect([...given].filter((id) => Number(id.slice(8, 10)) <= day)).toHaveLength(39 + day);
    }
    expect(given.size).toBe(69);
  });

  test('no more is held than one page for each of them, and nothing is asked for beyond that', async () => {
    const { client, events } = streamsOver(
      shop(() => 20),
      daily(3),
    );
    const iterator = events('orders')[Symbol.asyncIterator]();
    await iterator.next();
    await settled();
    expect(client.asked).toHaveLength(4);
    await iterator.return?.();
  });
});

describe('an end before the end', () => {
  test('an error in one slice ends the others, and comes once what was before it is handed out', async () => {
    const failing = shop(
      () => 2,
      (day) => {
        if (day === '2026-01-03') throw new Error('no');
        return day > '2026-01-03' ? new Promise(() => undefined) : null;
      },
    );
    const { client, events } = streamsOver(
      failing,
      daily(8).replace('/orders" }', '/orders", error_handler: { type: DefaultErrorHandler, max_retries: 0 } }'),
    );
    const list: string[] = [];
    const reading = (async () => {
      for await (const event of events('orders')) list.push(shown(event));
    })();
    await expect(reading).rejects.toMatchObject({
      where: { stream: 'orders', page: 1, slice: expect.stringContaining('2026-01-03') },
    });
    expect(list.slice(0, 2)).toEqual(['2026-01-01/1 2026-01-01/2', '2026-01-02/1 2026-01-02/2']);
    expect(client.underWay()).toBe(0);
  });

  test('a cancel ends all requests', async () => {
    const controller = new AbortController();
    const { client, read } = streamsOver(
      shop(
        () => 1,
        () => new Promise(() => undefined),
      ),
      daily(4),
    );
    const reading = read('orders', null, { signal: controller.signal });
    reading.catch(() => undefined);
    await settled();
    expect(client.underWay()).toBe(4);
    controller.abort(new Error('cancelled'));
    await expect(reading).rejects.toThrow('cancelled');
    expect(client.underWay()).toBe(0);
  });

  test('so does whoever stops listening', async () => {
    const { client, events } = streamsOver(
      shop(
        () => 9,
        (day) => day > '2026-01-01' && new Promise(() => undefined),
      ),
      daily(4),
    );
    for await (const event of events('orders')) {
      expect(shown(event)).toBe('2026-01-01/1 2026-01-01/2');
      break;
    }
    expect(client.underWay()).toBe(0);
  });

  test('a test read asks for nothing that it does not show', async () => {
    const { client, read } = streamsOver(
      shop(() => 9),
      daily(8),
    );
    const { records, states } = await read('orders', null, { limits: { maxSlices: 2, maxPages: 2 } });
    expect(records).toHaveLength(8);
    expect(states).toHaveLength(2);
    expect(client.asked).toHaveLength(4);
  });
});

describe('what is known already', () => {
  const feed = (option: string) =>
    daily(2).replace('      step: P1D\n      cursor_granularity: P1D\n', `      ${option}: true\n`);
  const days = ['2026-01-09', '2026-01-08', '2026-01-07', '2026-01-06', '2026-01-05', '2026-01-04'];
  const newestFirst = (url: URL) => {
    const page = Number(url.searchParams.get('page') ?? 1);
    return { data: days.slice((page - 1) * 2, page * 2).map((at) => ({ at })) };
  };

  test('of a feed is left out, and ends the paging', async () => {
    const { client, read } = streamsOver(newestFirst, feed('is_data_feed'));
    const { records, states } = await read('orders', { at: '2026-01-07' });
    expect(records.map(({ at }) => at)).toEqual(days.slice(0, 3));
    expect(states).toEqual([{ at: '2026-01-09' }]);
    expect(client.asked).toHaveLength(2);
  });

  test('of an API without a filter is left out here, after all pages', async () => {
    const { client, read } = streamsOver(newestFirst, feed('is_client_side_incremental'));
    const { all, records } = await read('orders', { at: '2026-01-07' });
    expect(records.map(({ at }) => at)).toEqual(days.slice(0, 3));
    expect(all).toContainEqual(expect.objectContaining({ read: 2, filtered: 1 }));
    expect(client.asked).toHaveLength(4);
  });
});

test('a stream gives a state though there is nothing to read', async () => {
  const { read } = streamsOver(
    shop(() => 0),
    daily(2),
  );
  expect((await read('orders', { at: '2026-02-01' })).states).toEqual([{ at: '2026-02-01' }]);
});

test('a cursor that counts goes on from its number', async () => {
  const yaml = `
version: 6.0.0
check: { stream_names: [events] }
streams:
  - name: events
    retriever:
      requester: { url: "https://api.test/events" }
      record_selector: { extractor: { field_path: [data] } }
    incremental_sync:
      type: IncrementingCountCursor
      cursor_field: id
      start_value: 5
      start_value_option: { inject_into: request_parameter, field_name: after }
`;
  const { client, read } = streamsOver(
    (url) => ({ data: [{ id: Number(url.searchParams.get('after')) + 2 }, { id: 'x' }] }),
    yaml,
  );
  expect((await read('events')).states).toEqual([{ id: 7 }]);
  expect((await read('events', { id: 7, kept: 'as it was' })).states).toEqual([{ id: 9, kept: 'as it was' }]);
  expect((await read('events', { state_type: 'integer', slices: [{ start: 0, end: 8 }] })).states).toEqual([
    { id: 10 },
  ]);
  expect(client.asked).toEqual(['/events?after=5', '/events?after=7', '/events?after=8']);
});

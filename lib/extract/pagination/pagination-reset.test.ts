import { describe, expect, test } from 'vitest';
import type { RecordedRequest } from '#tests/harness/read-requests.ts';
import type { Answer } from '#tests/harness/scripted-server.ts';
import { scriptedSource } from '../fixtures/scripted-source.ts';

/** An API that gives so many of its days from `from` on, two to a page, and no further. */
const DAYS = Array.from({ length: 9 }, (_, index) => ({ id: index + 1, at: `2026-01-0${index + 1}` }));
const api =
  (mostPages: number, refusal: Answer = { status: 416 }) =>
  ({ query }: RecordedRequest): Answer => {
    const page = Number(query.get('page') ?? 1);
    if (page > mostPages) return refusal;
    const from = DAYS.filter(({ at }) => at >= (query.get('from') ?? ''));
    return { body: { data: from.slice((page - 1) * 2, page * 2) } };
  };

const manifest = (reset: string) => `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester:
        url: SERVER/orders
        error_handler: { type: DefaultErrorHandler, response_filters: [{ http_codes: [416], action: RESET_PAGINATION }] }
      record_selector: { extractor: { field_path: [data] } }
      paginator:
        type: DefaultPaginator
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
        pagination_strategy: { type: PageIncrement, page_size: 2, start_from_page: 1 }
${reset ? `      pagination_reset: ${reset}` : ''}
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: at
      datetime_format: "%Y-%m-%d"
      start_datetime: "2026-01-01"
      end_datetime: "2026-01-31"
      start_time_option: { type: RequestOption, inject_into: request_parameter, field_name: from }
`;

const read = async (reset: string, answer: ReturnType<typeof api>) => {
  const source = await scriptedSource({ '/orders': answer }, manifest(reset));
  const all = await source.read('orders');
  const requests = source.asked('/orders').map(({ query }) => `${query.get('from')} ${query.get('page') ?? 1}`);
  return { ids: all.records.map(({ id }) => id), state: all.states.at(-1), requests };
};

describe('an API that gives only so many pages', () => {
  test('goes on from where the cursor is, when it says so', async () => {
    const { ids, state, requests } = await read('{ action: SPLIT_USING_CURSOR }', api(2));
    expect(requests).toEqual([
      ...['2026-01-01 1', '2026-01-01 2', '2026-01-01 3'],
      ...['2026-01-04 1', '2026-01-04 2', '2026-01-04 3'],
      ...['2026-01-07 1', '2026-01-07 2'],
    ]);
    expect([...new Set(ids)]).toEqual(DAYS.map(({ id }) => id));
    expect(state).toEqual({ at: '2026-01-09' });
  });

  test('or after so many records, before it says so', async () => {
    const { ids, requests } = await read('{ action: SPLIT_USING_CURSOR, limits: { number_of_records: 4 } }', api(2));
    expect(requests).toEqual([
      ...['2026-01-01 1', '2026-01-01 2', '2026-01-04 1', '2026-01-04 2', '2026-01-07 1', '2026-01-07 2'],
    ]);
    expect([...new Set(ids)]).toHaveLength(9);
  });

  test('that comes no further ends instead of going round', async () => {
    const same = ({ query }: RecordedRequest): Answer =>
      query.get('page') === '2'
        ? { status: 416 }
        : { body: { data: DAYS.slice(0, 2).map((day) => ({ ...day, at: '2026-01-01' })) } };
    await expect(read('{ action: SPLIT_USING_CURSOR }', same)).rejects.toMatchObject({ code: 'no_progress' });
  });
});

describe('from the first page', () => {
  test('once, and no third time', async () => {
    let refused = 0;
    const once = (request: RecordedRequest): Answer =>
      request.query.get('page') === '2' && refused++ === 0 ? { status: 416 } : api(9)(request);
    expect((await read('', once)).requests.slice(0, 4)).toEqual([
      ...['2026-01-01 1', '2026-01-01 2', '2026-01-01 1', '2026-01-01 2'],
    ]);
    await expect(read('{ action: RESET }', api(1))).rejects.toMatchObject({ code: 'no_progress' });
  });
});

test('limits and a record filter exclude each other', async () => {
  const both = manifest('{ action: RESET, limits: { number_of_records: 1 } }').replace(
    'extractor:',
    'record_filter: { condition: "{{ true }}" }, extractor:',
  );
  await expect(scriptedSource({}, both)).rejects.toThrow('exclude each other');
});

import { describe, expect, test } from 'vitest';
import { testClock } from '#tests/harness/clock.ts';
import type { Answers } from '#tests/harness/scripted-server.ts';
import { manifestOf, scriptedSource } from '../fixtures/scripted-source.ts';

const START = '2026-03-01T00:00:00Z';
const FULL: Answers = (_request, index) => ({ body: { data: [{ id: index }] } });

/** Five pages of orders, read within a budget; when each request went out, in seconds. */
async function times(
  budget: string,
  { answers = FULL, config = {}, pages = 5 }: { answers?: Answers; config?: object; pages?: number } = {},
) {
  const clock = testClock(START);
  const sent: number[] = [];
  const manifest = manifestOf(
    { orders: '' },
    `api_budget:\n  type: HTTPAPIBudget\n${budget.replaceAll(/^/gm, '  ')}\n`,
  );
  const paged = manifest.replace(
    'record_selector:',
    'paginator: { type: DefaultPaginator, pagination_strategy: { type: PageIncrement }, page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page } }\n      record_selector:',
  );
  const answer: Answers = async (request, index) => {
    sent.push((clock.clock().getTime() - Date.parse(START)) / 1000);
    if (typeof answers === 'function') return answers(request, index);
    return (Array.isArray(answers) ? answers[index] : answers) ?? {};
  };
  const { read } = await scriptedSource({ '/orders': answer }, paged, { clock, config: config as never });
  const { records } = await read('orders', { limits: { maxPages: pages } });
  return { sent, records };
}

describe('a moving window', () => {
  test('no more calls than the rate within any stretch of its length', async () => {
    const { sent, records } = await times(
      'policies: [{ type: MovingWindowCallRatePolicy, rates: [{ limit: 2, interval: PT10S }], matchers: [] }]',
    );
    expect(sent).toEqual([0, 0, 10, 10, 20]);
    expect(records).toHaveLength(5);
  });

  test('several rates hold together, and a limit may come from the config', async () => {
    const { sent } = await times(
      'policies: [{ type: MovingWindowCallRatePolicy, rates: [{ limit: 1, interval: PT1S }, { limit: "{{ config.most }}", interval: PT1M }], matchers: [] }]',
      { config: { most: 3 } },
    );
    expect(sent).toEqual([0, 1, 2, 60, 61]);
  });

  test('a 429 fills it: all wait until the window has moved on', async () => {
    const answers: Answers = (_request, index) => (index === 0 ? { status: 429 } : { body: { data: [{ id: index }] } });
    const { sent } = await times(
      'policies: [{ type: MovingWindowCallRatePolicy, rates: [{ limit: 3, interval: PT30S }], matchers: [] }]',
      { answers, pages: 1 },
    );
    expect(sent).toEqual([0, 30]);
  });

  test('a request may count for several calls', async () => {
    const { sent } = await times(
      'policies: [{ type: MovingWindowCallRatePolicy, rates: [{ limit: 4, interval: PT10S }], matchers: [{ method: GET, weight: 2 }] }]',
    );
    expect(sent).toEqual([0, 0, 10, 10, 20]);
  });
});

describe('a fixed window', () => {
  test('the count begins anew with each period', async () => {
    const { sent } = await times(
      'policies: [{ type: FixedWindowCallRatePolicy, period: PT1M, call_limit: 2, matchers: [] }]',
    );
    expect(sent).toEqual([0, 0, 60, 60, 120]);
  });

  test('the API says how many are left, and when it counts anew', async () => {
    const resetAt = Date.parse(START) / 1000 + 25;
    const answers: Answers = (_request, index) => ({
      body: { data: [{ id: index }] },
      ...(index === 0 && { headers: { 'x-left': '0', 'x-reset': String(resetAt) } }),
    });
    const { sent } = await times(
      'ratelimit_remaining_header: X-Left\nratelimit_reset_header: X-Reset\npolicies: [{ type: FixedWindowCallRatePolicy, period: PT1M, call_limit: 3, matchers: [] }]',
      { answers, pages: 3 },
    );
    expect(sent).toEqual([0, 25, 25]);
  });
});

describe('which requests a policy is for', () => {
  const only = (matcher: string) =>
    times(
      `policies: [{ type: MovingWindowCallRatePolicy, rates: [{ limit: 1, interval: PT10S }], matchers: [${matcher}] }]`,
      { pages: 3 },
    );
  test.each([
    ['{ url_path_pattern: ^/orders }', [0, 10, 20]],
    ['{ url_path_pattern: ^/users }', [0, 0, 0]],
    ['{ method: POST }', [0, 0, 0]],
    ['{ url_base: "https://api.other.test" }', [0, 0, 0]],
    ['{ params: { page: 1 } }', [0, 0, 0]],
    ['{ headers: { accept: "application/json, */*" } }', [0, 10, 20]],
  ])('%s', async (matcher, expected) => {
    expect((await only(matcher)).sent).toEqual(expected);
  });

  test('the first that fits counts: an unlimited one before a limit', async () => {
    const { sent } = await times(
      'policies:\n  - { type: UnlimitedCallRatePolicy, matchers: [{ url_path_pattern: orders }] }\n  - { type: MovingWindowCallRatePolicy, rates: [{ limit: 1, interval: PT10S }], matchers: [] }',
    );
    expect(sent).toEqual([0, 0, 0, 0, 0]);
  });
});

test('a request that is heavier than the limit can never be sent, and says so', async () => {
  await expect(
    times(
      'policies: [{ type: MovingWindowCallRatePolicy, rates: [{ limit: 1, interval: PT10S }], matchers: [{ weight: 2 }] }]',
    ),
  ).rejects.toMatchObject({ code: 'bad_rate' });
});

test('lengths of time are checked when the manifest is read', async () => {
  await expect(
    times('policies: [{ type: FixedWindowCallRatePolicy, period: 1h, call_limit: 2, matchers: [] }]'),
  ).rejects.toThrow(/no ISO 8601 duration/);
  await expect(times('policies: [{ type: MovingWindowCallRatePolicy, rates: [], matchers: [] }]')).rejects.toThrow(
    /At least one rate/,
  );
});

import { describe, expect, test } from 'vitest';
import { WeirError } from '#lib/errors.ts';
import { testClock } from '#tests/harness/clock.ts';
import type { Answer } from '#tests/harness/scripted-server.ts';
import { manifestOf, scriptedSource } from '../fixtures/scripted-source.ts';

const GOOD: Answer = { body: { data: [{ id: 1 }] } };

/** How a stream ends that gets these answers, with such an error handler. */
async function ends(handler: string, ...answers: Answer[]) {
  const source = await scriptedSource(
    { '/orders': [...answers, GOOD] },
    manifestOf({ orders: `error_handler: ${handler}` }),
    {
      clock: testClock('2026-03-01T00:00:00Z'),
    },
  );
  const result = await source.read('orders').then(
    ({ records }) => records.length,
    (error: unknown) => (error instanceof WeirError ? error.kind : error),
  );
  return { result, tries: source.asked('/orders').length, waits: source.clock.waits.map((ms) => ms / 1000) };
}

const filter = (text: string, more = '') => `{ type: DefaultErrorHandler, response_filters: [${text}] ${more} }`;

describe('what a status means where the manifest says nothing', () => {
  test.each([
    [400, 'terminal', 1],
    [401, 'config', 1],
    [403, 'config', 1],
    [404, 'terminal', 1],
    [405, 'terminal', 1],
    [408, 1, 2],
    [409, 1, 2],
    [422, 1, 2],
    [429, 1, 2],
    [500, 1, 2],
    [501, 1, 2],
    [503, 1, 2],
  ])('%i', async (status, result, tries) => {
    expect(await ends('{ type: DefaultErrorHandler }', { status })).toMatchObject({ result, tries });
  });

  test('one that is not known is, after its tries, a fault of the API; others time may mend', async () => {
    const all = (status: number) => Array.from({ length: 6 }, () => ({ status }));
    expect(await ends('{ type: DefaultErrorHandler }', ...all(409))).toMatchObject({ result: 'terminal', tries: 6 });
    expect(await ends('{ type: DefaultErrorHandler }', ...all(503))).toMatchObject({
      ...{ result: 'transient', tries: 6, waits: [1, 2, 4, 8, 16] },
    });
  });
});

describe('filters', () => {
  test.each([
    ['{ http_codes: [404], action: IGNORE }', { status: 404 }, 0],
    ['{ http_codes: [404], action: SUCCESS }', { status: 404 }, 0],
    ['{ http_codes: [500], action: FAIL, failure_type: config_error }', { status: 500 }, 'config'],
    ['{ http_codes: [500], action: FAIL }', { status: 500 }, 'transient'],
    ['{ http_codes: [418], action: FAIL }', { status: 418 }, 'terminal'],
    // The failure type is only for failures, as in the CDK.
    ['{ http_codes: [404], action: RETRY, failure_type: config_error }', { status: 404 }, 1],
    // A filter without an action decides nothing.
    ['{ http_codes: [404], failure_type: transient_error }', { status: 404 }, 'terminal'],
    ['{ predicate: "{{ response.code == 7 }}", action: FAIL }', { body: { code: 7 } }, 'terminal'],
    ['{ predicate: "{{ headers[\'x-wait\'] }}", action: RETRY }', { headers: { 'X-Wait': '1' }, body: {} }, 1],
    ['{ predicate: "{{ config.n }}", action: FAIL }', { body: { data: [] } }, 0],
    ['{ error_message_contains: busy, action: RETRY }', { status: 400, body: { error: { message: 'very busy' } } }, 1],
    ['{ error_message_contains: busy, action: RETRY }', { status: 400, body: 'busy now' }, 1],
    // Only where APIs say what went wrong, not anywhere in the body.
    ['{ error_message_contains: busy, action: RETRY }', { status: 400, body: { state: 'busy' } }, 'terminal'],
    ['{ http_codes: [500], predicate: "{{ false }}", action: IGNORE }', { status: 500 }, 0],
  ] as [string, Answer, unknown][])('%s on %o', async (text, answer, result) => {
    expect((await ends(filter(text), answer)).result).toBe(result);
  });

  test('the first that matches counts', async () => {
    const both = '{ http_codes: [404], action: IGNORE }, { http_codes: [404], action: FAIL }';
    expect((await ends(filter(both), { status: 404 })).result).toBe(0);
  });
});

describe('several handlers', () => {
  const both = (first: string, second: string) =>
    `{ type: CompositeErrorHandler, error_handlers: [${filter(first)}, ${filter(second)}] }`;

  test('a failure by default gives way to what a later one says', async () => {
    expect(
      await ends(both('{ http_codes: [403], action: RETRY }', '{ http_codes: [404], action: IGNORE }'), {
        status: 404,
      }),
    ).toMatchObject({ result: 0 });
  });

  test('a retry by default does not: the later one is never asked', async () => {
    expect(
      await ends(both('{ http_codes: [403], action: RETRY }', '{ http_codes: [500], action: IGNORE }'), {
        status: 500,
      }),
    ).toMatchObject({ result: 1, tries: 2 });
  });

  test('a good answer is good for the first: a condition of a later one is never asked', async () => {
    const second = '{ predicate: "{{ true }}", action: FAIL }';
    expect((await ends(both('{ http_codes: [403], action: RETRY }', second), GOOD)).result).toBe(1);
  });

  test('of failures and rate limits the last one counts', async () => {
    const first = '{ http_codes: [404], action: FAIL, failure_type: config_error }';
    expect(
      (await ends(both(first, '{ http_codes: [404], action: FAIL, failure_type: transient_error }'), { status: 404 }))
        .result,
    ).toBe('transient');
  });

  test('retries are those of the first', async () => {
    const first = filter('{ http_codes: [403], action: RETRY }', ', max_retries: 1');
    const handler = `{ type: CompositeErrorHandler, error_handlers: [${first}, { type: DefaultErrorHandler, max_retries: 9 }] }`;
    expect((await ends(handler, { status: 500 }, { status: 500 }, { status: 500 })).tries).toBe(2);
  });
});

describe('how long is waited', () => {
  const waits = async (strategies: string, ...answers: Answer[]) =>
    ends(`{ type: DefaultErrorHandler, backoff_strategies: [${strategies}] }`, ...answers);
  const busy = (headers: Record<string, string> = {}): Answer => ({ status: 503, headers });
  const at = (seconds: number) => String(Date.parse('2026-03-01T00:00:00Z') / 1000 + seconds);

  test.each([
    ['{ type: ConstantBackoffStrategy, backoff_time_in_seconds: 5 }', [6, 6]],
    ['{ type: ConstantBackoffStrategy, backoff_time_in_seconds: "{{ 2 + 1 }}" }', [4, 4]],
    ['{ type: ExponentialBackoffStrategy }', [11, 21]],
    ['{ type: ExponentialBackoffStrategy, factor: 1 }', [3, 5]],
  ])('%s: and a second more, as in the CDK', async (strategy, expected) => {
    expect((await waits(strategy, busy(), busy())).waits).toEqual(expected);
  });

  test.each([
    ['{ type: WaitTimeFromHeader, header: x-wait }', { 'X-Wait': '7' }, 8],
    ['{ type: WaitTimeFromHeader, header: x-wait, regex: "[0-9]+" }', { 'X-Wait': '7 s' }, 8],
    ['{ type: WaitTimeFromHeader, header: x-wait, regex: "[0-9]+" }', { 'X-Wait': 'in 7 s' }, 1],
    ['{ type: WaitTimeFromHeader, header: x-wait }', { 'X-Wait': '0' }, 1],
    ['{ type: WaitTimeFromHeader, header: x-wait }', {}, 1],
    ['{ type: WaitUntilTimeFromHeader, header: x-reset }', { 'X-Reset': at(30) }, 31],
    ['{ type: WaitUntilTimeFromHeader, header: x-reset }', { 'X-Reset': at(-30) }, 1],
    ['{ type: WaitUntilTimeFromHeader, header: x-reset, min_wait: 10 }', { 'X-Reset': at(-30) }, 11],
    ['{ type: WaitUntilTimeFromHeader, header: x-reset, min_wait: 10 }', {}, 11],
  ] as [string, Record<string, string>, number][])('%s with %o', async (strategy, headers, expected) => {
    expect((await waits(strategy, busy(headers))).waits).toEqual([expected]);
  });

  test('the first strategy that knows a time counts', async () => {
    const both =
      '{ type: WaitTimeFromHeader, header: x-wait }, { type: ConstantBackoffStrategy, backoff_time_in_seconds: 2 }';
    expect((await waits(both, busy({ 'X-Wait': '9' }), busy())).waits).toEqual([10, 3]);
  });

  test('a limit that is lifted after an hour is waited for, once; one for a day is not', async () => {
    const strategy = '{ type: WaitUntilTimeFromHeader, header: x-reset }';
    expect(await waits(strategy, busy({ 'X-Reset': at(3_600) }))).toMatchObject({ result: 1, waits: [3_601] });
    const again = { 'X-Reset': at(7_000) };
    expect(await waits(strategy, busy(again), busy(again))).toMatchObject({ result: 'transient', waits: [7_001] });
    expect(await waits(strategy, busy({ 'X-Reset': at(86_400) }))).toMatchObject({ result: 'transient', waits: [] });
  });

  test('a wait that the manifest does not allow ends the stream', async () => {
    const strategy = '{ type: WaitTimeFromHeader, header: x-wait, max_waiting_time_in_seconds: 7 }';
    expect(await waits(strategy, busy({ 'X-Wait': '6' }))).toMatchObject({ result: 1, waits: [7] });
    expect(await waits(strategy, busy({ 'X-Wait': '7' }))).toMatchObject({ result: 'transient', waits: [] });
  });
});

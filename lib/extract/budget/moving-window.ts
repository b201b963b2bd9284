import { component, defineKind } from '#lib/manifest/kind.ts';
import { type CallRatePolicy, matchesAny, type RequestMatcher, weightOf } from './call-rate-policy.ts';
import { type Rate, tooHeavy } from './rate.ts';

export const movingWindow = defineKind<CallRatePolicy>({
  name: 'MovingWindowCallRatePolicy',
  family: 'call_rate_policy',
  docs: 'So many calls within any stretch of a length; several rates hold together.',
  example: 'type: MovingWindowCallRatePolicy\nrates:\n  - { limit: 100, interval: PT1M }\nmatchers: []\n',
  fields: {
    rates: component('The rates, shortest first.', 'call_rate', {
      required: true,
      types: ['array'],
      defaultType: 'Rate',
    }),
    matchers: component('The requests that it is for; all of them when empty.', 'request_matcher', {
      required: true,
      types: ['array'],
      defaultType: 'HttpRequestRegexMatcher',
    }),
  },
  problems: ({ rates }) =>
    Array.isArray(rates) && rates.length === 0 ? [{ field: 'rates', message: 'At least one rate is needed.' }] : [],
  create(policy, build) {
    const listed = (value: unknown) => (Array.isArray(value) ? value : []);
    const matchers = listed(policy.matchers).map((matcher) => build.create<RequestMatcher>(matcher));
    const rates = listed(policy.rates).map((rate) => build.create<Rate>(rate));
    const lowest = Math.min(...rates.map(({ limit }) => limit));
    const longestMs = Math.max(...rates.map(({ intervalMs }) => intervalMs));
    // When each call goes out, oldest first; those of the future wait their turn.
    let calls: number[] = [];
    const forget = (nowMs: number) => {
      const from = calls.findIndex((at) => at > nowMs - longestMs);
      if (from !== 0) calls = from < 0 ? [] : calls.slice(from);
    };
    /** The earliest time at which so many more calls fit into every rate. */
    const earliest = (weight: number, nowMs: number) =>
      Math.max(
        nowMs,
        calls.at(-1) ?? 0,
        ...rates.map(({ limit, intervalMs }) => {
          const blocking = calls[calls.length - (limit - weight + 1)];
          return blocking === undefined ? 0 : blocking + intervalMs;
        }),
      );
    return {
      matches: (request) => matchesAny(matchers, request),
      take(request, nowMs) {
        const weight = weightOf(matchers, request);
        if (weight > lowest) throw tooHeavy(weight, lowest);
        forget(nowMs);
        const atMs = earliest(weight, nowMs);
        for (let count = 0; count < weight; count++) calls.push(atMs);
        return atMs - nowMs;
      },
      update({ left, resetAtMs }, nowMs) {
        if (left !== 0 || resetAtMs !== null) return;
        forget(nowMs);
        const inWindow = (intervalMs: number) => calls.filter((at) => at > nowMs - intervalMs).length;
        const free = Math.min(...rates.map(({ limit, intervalMs }) => limit - inWindow(intervalMs)));
        for (let count = 0; count < free; count++) calls.push(nowMs);
        calls.sort((a, b) => a - b);
      },
    };
  },
});

import { parseDuration } from '#lib/manifest/datetime/duration.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import { type CallRatePolicy, matchesAny, type RequestMatcher, weightOf } from './call-rate-policy.ts';
import { durationProblem, tooHeavy } from './rate.ts';

export const fixedWindow = defineKind<CallRatePolicy>({
  name: 'FixedWindowCallRatePolicy',
  family: 'call_rate_policy',
  docs: 'So many calls in each period; the count begins anew with each, and when the API says so.',
  example: 'type: FixedWindowCallRatePolicy\nperiod: PT1H\ncall_limit: 1000\nmatchers: []\n',
  fields: {
    period: { docs: 'Length of a period, such as PT1H.', required: true, types: ['string'] },
    call_limit: { docs: 'Calls in one period.', required: true, types: ['integer'] },
    matchers: component('The requests that it is for; all of them when empty.', 'request_matcher', {
      required: true,
      types: ['array'],
      defaultType: 'HttpRequestRegexMatcher',
    }),
  },
  problems: ({ period }) => durationProblem('period', period),
  create(policy, build) {
    const matchers = (Array.isArray(policy.matchers) ? policy.matchers : []).map((matcher) =>
      build.create<RequestMatcher>(matcher),
    );
    const periodMs = parseDuration(String(policy.period)).seconds * 1000;
    const limit = Number(policy.call_limit);
    // The window that calls are taken from; ahead of now once the windows before it are full.
    let startMs = build.now().getTime();
    let endMs = startMs + periodMs;
    let used = 0;
    const moveTo = (nowMs: number) => {
      if (nowMs < endMs) return;
      startMs = endMs + Math.floor((nowMs - endMs) / periodMs) * periodMs;
      endMs = startMs + periodMs;
      used = 0;
    };
    return {
      matches: (request) => matchesAny(matchers, request),
      take(request, nowMs) {
        const weight = weightOf(matchers, request);
        if (weight > limit) throw tooHeavy(weight, limit);
        moveTo(nowMs);
        if (used + weight > limit) {
          startMs = endMs;
          endMs = startMs + periodMs;
          used = 0;
        }
        used += weight;
        return Math.max(0, startMs - nowMs);
      },
      update({ left, resetAtMs }, nowMs) {
        moveTo(nowMs);
        // Only downwards: the manifest may allow itself less than the API does.
        if (left !== null && limit - used > left) used = limit - left;
        if (resetAtMs !== null && startMs <= nowMs) endMs = resetAtMs;
      },
    };
  },
});

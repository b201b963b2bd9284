import { component, defineKind } from '#lib/manifest/kind.ts';
import { type CallRatePolicy, matchesAny, type RequestMatcher } from './call-rate-policy.ts';

export const unlimited = defineKind<CallRatePolicy>({
  name: 'UnlimitedCallRatePolicy',
  family: 'call_rate_policy',
  docs: 'No limit for certain requests; stands before the limits of the others.',
  example: 'type: UnlimitedCallRatePolicy\nmatchers:\n  - { url_path_pattern: ^/sandbox }\n',
  fields: {
    matchers: component('The requests that it is for.', 'request_matcher', {
      required: true,
      types: ['array'],
      defaultType: 'HttpRequestRegexMatcher',
    }),
  },
  create(policy, build) {
    const matchers = (Array.isArray(policy.matchers) ? policy.matchers : []).map((matcher) =>
      build.create<RequestMatcher>(matcher),
    );
    return { matches: (request) => matchesAny(matchers, request), take: () => 0, update: () => undefined };
  },
});

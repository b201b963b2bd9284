import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { ApiBudget, BudgetNews, CallRatePolicy } from './call-rate-policy.ts';

const RATE_LIMITED = [429];

export const apiBudget = defineKind<ApiBudget>({
  name: 'HTTPAPIBudget',
  family: 'api_budget',
  docs: 'Keeps all streams of a source together below the rates that its API allows.',
  example:
    'type: HTTPAPIBudget\npolicies:\n  - type: MovingWindowCallRatePolicy\n    rates: [{ limit: 100, interval: PT1M }]\n    matchers: []\n',
  fields: {
    policies: component('The rates; the first that is for a request counts.', 'call_rate_policy', {
      required: true,
      types: ['array'],
    }),
    ratelimit_reset_header: {
      docs: 'Header that says when the count begins anew, in seconds since 1970; ratelimit-reset when absent.',
      types: ['string'],
    },
    ratelimit_remaining_header: {
      docs: 'Header that says how many calls are left; ratelimit-remaining when absent.',
      types: ['string'],
    },
    status_codes_for_ratelimit_hit: { docs: 'Status codes that mean none is left; 429 when absent.', types: ['array'] },
    maximum_attempts_to_acquire: { docs: 'Not needed here: a call waits its turn once.', types: ['integer'] },
  },
  create(budget, build) {
    const policies = list(budget.policies).map((policy) => build.create<CallRatePolicy>(policy));
    const reset = String(budget.ratelimit_reset_header ?? 'ratelimit-reset').toLowerCase();
    const remaining = String(budget.ratelimit_remaining_header ?? 'ratelimit-remaining').toLowerCase();
    const codes = list(budget.status_codes_for_ratelimit_hit).map(Number);
    const hit = codes.length > 0 ? codes : RATE_LIMITED;
    return {
      take: (request, nowMs) => policies.find((policy) => policy.matches(request))?.take(request, nowMs) ?? 0,
      update(request, { status, headers }, nowMs) {
        const resetAt = whole(headers[reset]);
        const news: BudgetNews = {
          left: whole(headers[remaining]) ?? (hit.includes(status) ? 0 : null),
          resetAtMs: resetAt === null ? null : resetAt * 1000,
        };
        policies.find((policy) => policy.matches(request))?.update(news, nowMs);
      },
    };
  },
});

function whole(header: unknown): number | null {
  return typeof header === 'string' && /^\s*\d+\s*$/.test(header) ? Number(header) : null;
}

function list(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : isJsonObject(value) ? [value] : [];
}

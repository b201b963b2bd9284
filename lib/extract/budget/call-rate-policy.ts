/** A request as budgets see it. */
export interface BudgetedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What an answer said of the budget. */
export interface BudgetNews {
  /** Calls that are left; null where the answer doesn't say. */
  readonly left: number | null;
  /** When the count begins anew, in ms since 1970; null where the answer doesn't say. */
  readonly resetAtMs: number | null;
}

/** Limits how often certain requests are sent. */
export interface CallRatePolicy {
  matches(request: BudgetedRequest): boolean;
  /** Takes a call at once and gives the ms to wait before it may be sent: those who ask later wait longer. */
  take(request: BudgetedRequest, nowMs: number): number;
  update(news: BudgetNews, nowMs: number): void;
}

export interface RequestMatcher {
  /** How many calls a request counts for. */
  readonly weight: number;
  matches(request: BudgetedRequest): boolean;
}

/** The shared API budget of a source. */
export interface ApiBudget {
  take(request: BudgetedRequest, nowMs: number): number;
  update(
    request: BudgetedRequest,
    answer: { status: number; headers: Readonly<Record<string, unknown>> },
    nowMs: number,
  ): void;
}

/** Without matchers a policy is for every request. */
export function matchesAny(matchers: readonly RequestMatcher[], request: BudgetedRequest): boolean {
  return matchers.length === 0 || matchers.some((matcher) => matcher.matches(request));
}

/** The first matcher that fits says what a request costs; 1 otherwise. */
export function weightOf(matchers: readonly RequestMatcher[], request: BudgetedRequest): number {
  return matchers.find((matcher) => matcher.matches(request))?.weight ?? 1;
}

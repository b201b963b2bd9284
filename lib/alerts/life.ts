/** When an incident of a check opens and closes. */
export interface AlertRule {
  /** It opens after so many breaches … */
  readonly breaches: number;
  /** … among so many measurements. */
  readonly of: number;
  /** It closes after so many passes in a row. */
  readonly passes: number;
}

/** At the first breach, until the first pass. */
export const AT_ONCE: AlertRule = { breaches: 1, of: 1, passes: 1 };
/** What has opened so often in so many hours is flapping, and closes after so many passes in a row at the earliest. */
export const FLAPPING = { openings: 3, hours: 24, passes: 3 };

export type Outcome = 'pass' | 'warn' | 'fail' | 'error';

/** @param outcomes newest first, the one that is judged among them; what could not be measured is no breach and no pass */
export function opens(outcomes: readonly Outcome[], { breaches, of }: AlertRule): boolean {
  return outcomes.slice(0, of).filter((outcome) => outcome === 'warn' || outcome === 'fail').length >= breaches;
}

export function closes(outcomes: readonly Outcome[], { passes }: AlertRule, isFlapping: boolean): boolean {
  const needed = isFlapping ? Math.max(passes, FLAPPING.passes) : passes;
  const last = outcomes.slice(0, needed);
  return last.length >= needed && last.every((outcome) => outcome === 'pass');
}

/** How many measurements a rule looks back at. */
export function looksBack({ of, passes }: AlertRule): number {
  return Math.max(of, passes, FLAPPING.passes);
}

import { createContext, Script } from 'node:vm';
import { TemplateError } from './template-error.ts';

/** A match of a few kilobytes takes microseconds; only a pattern that backtracks without end takes this long. */
const LONGEST_MATCH_MS = 250;
/** Up to this length a pattern with one repetition and no choice ends soon by itself, at worst in quadratic time. */
const SHORT_VALUE = 5_000;

const box: { work: (() => unknown) | null } = { work: null };
const context = createContext(box);
const script = new Script('work()');

/**
 * The result of a match with a pattern that a manifest gave, or an error when it takes too long: V8 can be stopped inside a
 * match only by this way. It bounds time; it is no sandbox.
 * @throws TemplateError `template_limit`
 */
export function timedMatch<T>(expression: RegExp, value: string, work: () => T): T {
  if (value.length <= SHORT_VALUE && repetitions(expression.source) <= 1) return work();
  box.work = work;
  try {
    return script.runInContext(context, { timeout: LONGEST_MATCH_MS }) as T;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new TemplateError(
      'template_limit',
      `A regular expression took longer than ${LONGEST_MATCH_MS} ms.`,
      0,
      'Write it without a repetition inside a repetition, such as (a+)+.',
    );
  } finally {
    box.work = null;
  }
}

/**
 * A choice counts too: `(a|aa)+` takes as long as a repetition inside a repetition. Counts escaped ones and those within classes: the
 * timer, some 300 µs a match, is then used for nothing, but never missed.
 */
function repetitions(pattern: string): number {
  return pattern.match(/[*+{?|]/g)?.length ?? 0;
}

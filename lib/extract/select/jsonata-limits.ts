import jsonata from 'jsonata';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { timedMatch } from '#lib/manifest/template/timed.ts';

/** A match that backtracks without end can be stopped from outside only. */
class TimedRegExp {
  readonly #regex: RegExp;

  constructor(regex: RegExp) {
    this.#regex = new RegExp(regex);
  }

  get lastIndex(): number {
    return this.#regex.lastIndex;
  }

  set lastIndex(index: number) {
    this.#regex.lastIndex = index;
  }

  exec(text: string): RegExpExecArray | null {
    return timedMatch(this.#regex, text, () => this.#regex.exec(text));
  }
}

/** Without them one expression would hold the process for ever. */
export const LIMITS = {
  ...{ timeout: 2_000, stack: 500, sequence: 1_000_000 },
  RegexEngine: TimedRegExp as unknown as RegExpConstructor,
};

type Compiled = ReturnType<typeof jsonata>;

/** Depth, time, length of a sequence, time of a match. */
const LIMIT_CODES = ['D1011', 'D1012', 'D2014', 'D2015', 'U1001', 'template_limit'];

export async function evaluateJsonata(expression: Compiled, input: unknown): Promise<unknown> {
  try {
    return await expression.evaluate(input);
  } catch (cause) {
    const { message, code } = cause as { message?: string; code?: string };
    const limit = LIMIT_CODES.includes(code ?? '');
    throw new WeirError({
      kind: 'config',
      code: limit ? 'expression_limit' : 'expression_failed',
      message: `The JSONata expression ${limit ? 'took too long' : 'failed'}: ${message ?? String(cause)}`,
      hint: 'Try it in a test of this stream against the response shown there.',
      cause,
    });
  }
}

/** What an expression gives for an input. */
export async function jsonataValue(expression: string, input: unknown): Promise<unknown> {
  return evaluateJsonata(jsonata(expression, LIMITS), input);
}

export function jsonataProblems({ expression }: JsonObject): { field: string; message: string }[] {
  if (typeof expression !== 'string') return [];
  try {
    jsonata(expression);
    return [];
  } catch (error) {
    const { message, position } = error as { message: string; position?: number };
    return [{ field: 'expression', message: `${message}${position === undefined ? '' : ` (character ${position})`}` }];
  }
}

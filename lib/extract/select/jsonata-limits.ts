import jsonata from 'jsonata';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';

/** Without them one expression would hold the process for ever. */
export const LIMITS = { timeout: 2_000, stack: 500 };

type Compiled = ReturnType<typeof jsonata>;

export async function evaluateJsonata(expression: Compiled, input: unknown): Promise<unknown> {
  try {
    return await expression.evaluate(input);
  } catch (cause) {
    const { message, code } = cause as { message?: string; code?: string };
    const limit = code === 'D1011' || code === 'D1012' || code === 'U1001';
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

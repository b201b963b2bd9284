import { WeirError } from '#lib/errors.ts';
import type { JsonValue } from '#lib/json.ts';
import { parseDuration } from '#lib/manifest/datetime/duration.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import { scopeOf } from '../scope.ts';

/** Calls that one stretch of time may hold; more than this are as good as no limit. */
const MOST_CALLS = 1_000_000;

export interface Rate {
  readonly limit: number;
  readonly intervalMs: number;
}

export const rate = defineKind<Rate>({
  name: 'Rate',
  family: 'call_rate',
  docs: 'So many calls within a length of time.',
  example: 'type: Rate\nlimit: 100\ninterval: PT1M\n',
  fields: {
    limit: {
      docs: 'How many calls.',
      required: true,
      types: ['integer', 'string'],
      variables: ['config', 'parameters'],
    },
    interval: { docs: 'Within this length, such as PT1M.', required: true, types: ['string'] },
  },
  problems: ({ interval }) => durationProblem('interval', interval),
  create(component, build) {
    const limit = Number(interpolateText(String(component.limit), scopeOf(build, component)));
    if (!Number.isInteger(limit) || limit < 1)
      throw new WeirError({
        kind: 'config',
        code: 'bad_rate',
        message: `A rate takes a whole number of calls, not ${String(component.limit)}.`,
        hint: 'Look at api_budget, and at the values of the config that it uses.',
      });
    return {
      limit: Math.min(limit, MOST_CALLS),
      intervalMs: parseDuration(String(component.interval)).seconds * 1000,
    };
  },
});

/** The problem with a length of time: none, or that it is no ISO 8601 duration of hours, minutes and seconds. */
export function durationProblem(field: string, value: JsonValue | undefined): { field: string; message: string }[] {
  if (typeof value !== 'string') return [];
  try {
    const { seconds } = parseDuration(value);
    return seconds > 0 ? [] : [{ field, message: `${field} takes a length of time above zero, such as PT1M.` }];
  } catch (error) {
    return [{ field, message: (error as Error).message }];
  }
}

export function tooHeavy(weight: number, limit: number): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'bad_rate',
    message: `A request counts for ${weight} calls, and only ${limit} are allowed at once.`,
    hint: 'Make the weight in api_budget smaller, or the limit larger.',
  });
}

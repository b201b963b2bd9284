import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { CountsMetric } from '../metric.ts';
import { numberText } from '../number-text.ts';
import type { CheckKind } from './check-kind.ts';

const MOST = 1_000;
const NAMED = 5;

/** Values that are new, or that are no longer there. */
export const categories: CheckKind = {
  name: 'categories',
  docs: `Against the load before, at most \`max_new\` values of \`column\` are new and at most \`max_vanished\` are no longer there (0 unless told). For columns of fewer than ${MOST} values.`,
  example: 'categories: [{column: status, max_vanished: 1}]',
  scope: 'table',
  properties: {
    column: { type: 'string', minLength: 1, description: 'A column of few different values.' },
    max_new: { type: 'integer', minimum: 0, default: 0, description: 'Most values that may be new.' },
    max_vanished: { type: 'integer', minimum: 0, default: 0, description: 'Most values that may be gone.' },
  },
  required: ['column'],
  limits: ['max_new', 'max_vanished'],
  subject: ({ column }) => String(column),
  columns: ({ column }) => [String(column)],
  metrics: (params, where) => [counts(params, where)],

  evaluate(params, where, read, { memory }) {
    const now = [...read.counts(counts(params, where)).keys()].toSorted();
    if (now.length >= MOST) throw tooMany(String(params.column));
    const limits = [Number(params.max_new ?? 0), Number(params.max_vanished ?? 0)] as const;
    const limitText = `at most ${limits[0]} new, ${limits[1]} gone`;
    const rest = { limitText, low: null, high: limits[0] + limits[1], memory: now };
    if (!Array.isArray(memory)) {
      const message = `${params.column} has ${numberText(now.length)} values; there is no load before`;
      return { ok: true, value: 0, valueText: 'first load', message, ...rest };
    }
    const before = new Set(memory.map(String));
    const fresh = now.filter((value) => !before.has(value));
    const gone = [...before].filter((value) => !now.includes(value));
    const words = [fresh.length > 0 && `new: ${listed(fresh)}`, gone.length > 0 && `gone: ${listed(gone)}`].filter(
      Boolean,
    );
    return {
      ok: fresh.length <= limits[0] && gone.length <= limits[1],
      value: fresh.length + gone.length,
      valueText: `${fresh.length} new, ${gone.length} gone`,
      message: `${params.column}: ${words.length === 0 ? 'the same values as before' : words.join('; ')}, limit ${limitText}`,
      ...rest,
    };
  },
};

function counts({ column }: JsonObject, where: string | undefined): CountsMetric {
  return { type: 'counts', column: String(column), limit: MOST, ...(where && { where }) };
}

function tooMany(column: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'too_many_values',
    message: `${column} has ${numberText(MOST)} different values or more: which are new can’t be told.`,
    hint: 'Use accepted_values, pattern or referential for it, or narrow the check with where.',
  });
}

function listed(values: readonly string[]): string {
  const more = values.length - NAMED;
  return values.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

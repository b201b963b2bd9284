import type { JsonObject, JsonValue } from '#lib/json.ts';
import { readInstant } from '#lib/records/date-time.ts';
import type { DraftCursor, Found } from './draft.ts';

/** Fewer records than this prove little about a key. */
const FEW = 5;
const EPOCH_FROM_S = 946_684_800;
const EPOCH_TO_S = 4_102_444_800;
const CHANGED = /(^|_|\b)(updated|modified|changed|last_?(update|edit|modif)\w*|edited)/i;
const MADE = /(^|_|\b)(created|inserted|added|occurred|timestamp|time|date|published)/i;

/** The field that tells records apart: set and different in every one, and called like a key. */
export function findPrimaryKey(records: readonly JsonObject[], name: string): Found<readonly string[]> | null {
  const fields = Object.keys(records[0] ?? {}).filter((field) => isUnique(records, field));
  const singular = name.replace(/ies$/, 'y').replace(/s$/, '');
  const rank = (field: string): number => {
    const bare = snake(field);
    if (bare === 'id') return 4;
    if (bare === `${singular}_id` || bare === 'uuid' || bare === 'guid') return 3;
    if (bare === 'key' || bare === 'code' || bare === 'slug') return 2;
    return /_id$/.test(bare) ? 1 : 0;
  };
  const [best] = fields.filter((field) => rank(field) > 0).toSorted((a, b) => rank(b) - rank(a));
  if (best === undefined) return null;
  const few = records.length < FEW ? ' Few records were seen: look whether it holds.' : '';
  return {
    value: [best],
    evidence: `\`${best}\` is set and different in all ${records.length} records seen.${few}`,
  };
}

/** The time of the last change, by which later syncs read only what is new. */
export function findCursor(records: readonly JsonObject[], parameters: readonly string[]): Found<DraftCursor> | null {
  const candidates = Object.keys(records[0] ?? {}).flatMap((field) => {
    const format = formatOf(records.map((record) => record[field]));
    const rank = CHANGED.test(snake(field)) ? 2 : MADE.test(snake(field)) ? 1 : 0;
    return format === null || rank === 0 ? [] : [{ field, format, rank }];
  });
  const [best] = candidates.toSorted((a, b) => b.rank - a.rank);
  if (!best) return null;
  const parameter = parameters.find((item) => isSince(item, best.field)) ?? null;
  const how = parameter
    ? `The API filters by \`${parameter}\`.`
    : `No parameter that filters by it is known: every page is read, and what is known already is left out. If the API has one, put it into the address, such as \`?${best.field}_since=${String(records[0]?.[best.field])}\`, and propose again.`;
  const what = best.rank === 2 ? 'when a record changed' : 'when a record was made; changes to it go unseen';
  return {
    value: { field: best.field, datetimeFormat: best.format, parameter },
    evidence: `\`${best.field}\` is a time in all ${records.length} records, such as ${String(records[0]?.[best.field])}, and its name says ${what}. ${how}`,
  };
}

/** Whether a parameter's name says "from this time on". */
export function isSince(parameter: string, field = ''): boolean {
  const bare = snake(parameter);
  if (/^(since|start|start_(date|time)|from|from_date|after|modified_since|min_date)$/.test(bare)) return true;
  const base = snake(field).replace(/_(at|on|time|date)$/, '');
  if (/(_|\[)?(since|after|from|gte?|min)\]?$/.test(bare)) return base === '' || bare.includes(base);
  return /^(min|start|from|since)_/.test(bare) && /(date|time|at)$/.test(bare);
}

function isUnique(records: readonly JsonObject[], field: string): boolean {
  const seen = new Set<string>();
  for (const record of records) {
    const value = record[field];
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return false;
    if (value === '' || seen.has(String(value))) return false;
    seen.add(String(value));
  }
  return true;
}

/** The format that all values share; null when one is no time. */
function formatOf(values: readonly (JsonValue | undefined)[]): string | null {
  const formats = new Set(values.map((value) => formatOfOne(value)));
  const [format] = formats;
  return formats.size === 1 && format ? format : null;
}

function formatOfOne(value: JsonValue | undefined): string | null {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value > EPOCH_FROM_S && value < EPOCH_TO_S) return '%s';
    return Number.isInteger(value) && value > EPOCH_FROM_S * 1000 && value < EPOCH_TO_S * 1000 ? '%ms' : null;
  }
  if (typeof value !== 'string' || readInstant(value) === null) return null;
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return '%Y-%m-%d';
  const separator = value.charAt(10);
  const fraction = /\.\d{1,6}/.test(value) ? '.%f' : '';
  const zone = /Z$/.test(value) ? 'Z' : /[+-]\d{2}:?\d{2}$/.test(value) ? '%z' : '';
  return `%Y-%m-%d${separator}%H:%M:%S${fraction}${zone}`;
}

function snake(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[-.\s]+/g, '_')
    .toLowerCase();
}

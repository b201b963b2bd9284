import type { JsonObject } from '#lib/json.ts';
import { numberText, percentText, rowsText } from '../number-text.ts';
import { personalNames } from '../shown-row.ts';
import type { ColumnProfile, Profile } from './profile.ts';

/** A check that follows from what was found, and why. */
export interface Suggestion {
  readonly kind: string;
  readonly params: JsonObject;
  /** One sentence with its numbers. */
  readonly evidence: string;
}

/** Fewer rows show nothing. */
const LEAST_ROWS = 20;
const LEAST_FILLED = 0.9;
const FEW_VALUES = 12;
/** How often each value must occur on average to look like a list. */
const REPEATS = 10;
const FRESH_HOURS = 72;
const isPersonal = personalNames({ personal: [], plain: [] });
const ID = /(^|_)(id|key|uuid|code|number|no)$/i;
const CHANGED = /(updated|modified|created|inserted|loaded|occurred|measured|event|time|date|_at$)/i;
const NEVER_NEGATIVE =
  /(amount|price|total|count|quantity|qty|age|duration|size|weight|cost|revenue|distance|rows|bytes)/i;

/** Checks for a table, those that matter most first. Pure. */
export function suggestChecks(profile: Profile, now: Date): Suggestion[] {
  if (profile.rows < LEAST_ROWS) return [];
  return [
    ...volume(profile),
    ...profile.columns.flatMap((column) => uniqueness(column, profile)),
    ...profile.columns.flatMap((column) => freshness(column, now)),
    ...profile.columns.flatMap((column) => completeness(column, profile)),
    ...profile.columns.flatMap((column) => values(column, profile)),
    ...profile.columns.flatMap((column) => formats(column)),
    ...profile.columns.flatMap((column) => nonNegative(column)),
  ];
}

function volume({ rows, isPart }: Profile): Suggestion[] {
  if (isPart)
    return [{ kind: 'volume', params: { max_change_pct: 50 }, evidence: `More than ${rowsText(rows)} were loaded.` }];
  const least = Math.floor(rows / 2);
  return [
    {
      kind: 'volume',
      params: { min_rows: least, max_change_pct: 50 },
      evidence: `${rowsText(rows)} were loaded; half of that would be a surprise.`,
    },
  ];
}

function uniqueness({ name, distinct, filled }: ColumnProfile, profile: Profile): Suggestion[] {
  if (distinct !== profile.rows || filled !== profile.rows || !ID.test(name)) return [];
  return [
    {
      kind: 'uniqueness',
      params: { unique_columns: [name] },
      evidence: `All ${numberText(distinct)} values${ofPart(profile)} differ.`,
    },
  ];
}

function freshness({ name, type, newest }: ColumnProfile, now: Date): Suggestion[] {
  if (type !== 'time' || newest === null || !CHANGED.test(name)) return [];
  const hours = (now.getTime() / 1000 - newest) / 3600;
  if (hours < 0 || hours > FRESH_HOURS) return [];
  const limit = Math.max(24, Math.ceil(hours / 12) * 24);
  return [
    {
      kind: 'freshness',
      params: { column: name, max_age_hours: limit },
      evidence: `The newest value is ${numberText(Math.round(hours))} hours old.`,
    },
  ];
}

/** A column that is not quite full keeps what it shows: the lower end of Wilson's 95% interval for a share. */
function completeness({ name, filled }: ColumnProfile, profile: Profile): Suggestion[] {
  const share = filled / profile.rows;
  if (share < LEAST_FILLED) return [];
  if (filled === profile.rows)
    return [
      {
        kind: 'completeness',
        params: { column: name },
        evidence: `All ${rowsText(filled)}${ofPart(profile)} have a value.`,
      },
    ];
  const threshold = Math.floor(100 * wilsonLow(share, profile.rows));
  return [
    {
      kind: 'completeness',
      params: { column: name, threshold, level: 'warn' },
      evidence: `${percentText(100 * share)} of ${rowsText(profile.rows)} have a value.`,
    },
  ];
}

function wilsonLow(share: number, n: number): number {
  const z = 1.96;
  const middle = share + z ** 2 / (2 * n);
  const spread = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return (middle - spread) / (1 + z ** 2 / n);
}

/** Not of what belongs to a person: a suite would list it. */
function values({ name, distinct, filled, values: found }: ColumnProfile, profile: Profile): Suggestion[] {
  const isList =
    !isPersonal(name) &&
    found.length > 1 &&
    distinct <= FEW_VALUES &&
    found.length === distinct &&
    filled >= distinct * REPEATS;
  if (!isList) return [];
  return [
    {
      kind: 'accepted_values',
      params: { column: name, values: [...found].toSorted(), level: 'warn' },
      evidence: `${numberText(distinct)} different values in ${rowsText(filled)}${ofPart(profile)}.`,
    },
  ];
}

function formats({ name, formats: [format], filled }: ColumnProfile): Suggestion[] {
  if (format === undefined || filled < LEAST_ROWS) return [];
  return [
    { kind: 'format', params: { column: name, format }, evidence: `All ${numberText(filled)} values have this form.` },
  ];
}

function nonNegative({ name, min, max, filled }: ColumnProfile): Suggestion[] {
  if (min === null || min < 0 || filled < LEAST_ROWS || !NEVER_NEGATIVE.test(name)) return [];
  return [
    {
      kind: 'range',
      params: { column: name, min: 0 },
      evidence: `Values lie between ${numberText(min)} and ${numberText(max ?? min)}.`,
    },
  ];
}

function ofPart({ isPart, rows }: Profile): string {
  return isPart ? ` of the first ${rowsText(rows)}` : '';
}

import type { JsonObject, JsonValue } from '#lib/json.ts';
import { PERSONAL_MASK } from '#lib/personal-mask.ts';
import type { Row } from './engine.ts';
import type { SampleRules } from './suite.ts';

const VALUE_LENGTH = 200;
const MOST_COLUMNS = 100;
const MOST_DEPTH = 30;
const OWN = /^_(airbyte|weir)_/;
/** Names that mostly hold what belongs to a person, one or many of it; tokens are mostly counted. */
const PERSONAL =
  /(^|_)((e?mail|phone|phone_?number|tel|telephone|mobile|fax|first_?name|last_?name|full_?name|surname|address|street|zip|postal_?code|dob|ssn|iban|card|passport|tax_?id|ip|ip_?address|password|secret)(e?s)?|birth\w*|token)($|_)/i;

/** Which columns are personal, as suites say it. */
export type Personal = Pick<SampleRules, 'personal' | 'plain'>;

type IsHidden = (name: string) => boolean;

/** Columns that are shown to people: not Weir's own, and not more than can be looked at. */
export function shownColumns<Column extends { readonly name: string }>(columns: readonly Column[]): Column[] {
  return columns.filter(({ name }) => !OWN.test(name)).slice(0, MOST_COLUMNS);
}

/** Tells of a column's name whether its values are masked: declared so, or called like something personal. */
export function personalNames({ personal, plain }: Personal): IsHidden {
  const lower = (names: readonly string[]) => new Set(names.map((name) => name.toLowerCase()));
  const [hidden, open] = [lower(personal), lower(plain)];
  return (name) =>
    hidden.has(name.toLowerCase()) || (PERSONAL.test(inSnakeCase(name)) && !open.has(name.toLowerCase()));
}

/** A row as people are shown it: personal values masked, long ones cut. */
export function shownRow(row: Row, personal: Personal): JsonObject {
  const isHidden = personalNames(personal);
  const columns = shownColumns(Object.keys(row).map((name) => ({ name })));
  return Object.fromEntries(columns.map(({ name }) => [name, shortened(masked(name, row[name], isHidden))]));
}

/** Of JSON, also what lies deeper. */
function masked(name: string, value: unknown, isHidden: IsHidden): unknown {
  if (value === null || value === undefined) return null;
  if (isHidden(name)) return PERSONAL_MASK;
  if (typeof value === 'string') return /^\s*[[{]/.test(value) ? maskedText(value, isHidden) : value;
  return typeof value === 'object' && !(value instanceof Date) ? maskedInside(value, isHidden) : value;
}

/** Text that only looks like JSON stays as it is; nested deeper than anybody looks it is not shown. */
function maskedText(text: string, isHidden: IsHidden): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  return JSON.stringify(maskedInside(value, isHidden));
}

function maskedInside(value: unknown, isHidden: IsHidden, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MOST_DEPTH) return PERSONAL_MASK;
  if (Array.isArray(value)) return value.map((each) => maskedInside(each, isHidden, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      inner !== null && isHidden(name) ? PERSONAL_MASK : maskedInside(inner, isHidden, depth + 1),
    ]),
  );
}

/** `userEmail` and `E-Mail` are `user_email` and `e_mail`. */
function inSnakeCase(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll(/[^A-Za-z0-9]+/g, '_');
}

function shortened(value: unknown): JsonValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text =
    value instanceof Date ? value.toISOString() : typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const clean = text.toWellFormed().replaceAll('\0', '\ufffd');
  return clean.length > VALUE_LENGTH ? `${clean.slice(0, VALUE_LENGTH)}…` : clean;
}

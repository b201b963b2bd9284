import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { MASK, resolve, type Schema, titleOf, typeOf, variantIndex, variantsOf } from './schema.ts';

/** Path → what to repair. Paths are dotted: `credentials.token`, `columns.0`. */
export type FieldErrors = Readonly<Record<string, string>>;

/**
 * What to repair in a config, by path, all at once. Written by hand since the usual validators compile to
 * `Function`, which the pages' content policy forbids; the service checks again with the full language.
 */
export function validateConfig(schema: Schema, value: JsonObject): FieldErrors {
  return Object.fromEntries(objectErrors(schema, value, '', schema));
}

/** Of errors found for `before`, those whose fields have not changed since. */
export function unrepaired(errors: FieldErrors, before: JsonObject, now: JsonObject): FieldErrors {
  const same = (path: string) => JSON.stringify(valueAt(before, path)) === JSON.stringify(valueAt(now, path));
  return Object.fromEntries(Object.entries(errors).filter(([path]) => same(path)));
}

function valueAt(value: JsonValue, path: string): JsonValue | undefined {
  return path.split('.').reduce<JsonValue | undefined>((at, key) => {
    if (Array.isArray(at)) return at[Number(key)];
    return at && isJsonObject(at) ? at[key] : undefined;
  }, value);
}

type Errors = (readonly [path: string, message: string])[];

function objectErrors(schema: Schema, value: JsonObject, path: string, root: Schema): Errors {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const here = resolve(property, root);
    const at = path ? `${path}.${name}` : name;
    const child = value[name];
    if (isMissing(child)) return required.has(name) && here.const === undefined ? [[at, missing(here, name)]] : [];
    return valueErrors(here, child as JsonValue, at, root);
  });
}

function isMissing(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === '';
}

function missing(schema: Schema, name: string): string {
  const title = titleOf(schema, name);
  if (schema.enum || variantsOf(schema)) return `Choose ${title}.`;
  return `Give ${title}${example(schema, ', such as ')}.`;
}

function valueErrors(schema: Schema, value: JsonValue, path: string, root: Schema): Errors {
  if (value === MASK && schema.airbyte_secret) return [];
  const variants = variantsOf(schema);
  if (variants) return variantErrors(variants, value, path, root);
  if (schema.enum && !schema.enum.includes(value)) return [[path, 'Choose one of the list.']];
  switch (typeOf(schema)) {
    case 'object':
      return isJsonObject(value) ? objectErrors(schema, value, path, root) : [[path, 'An object in braces is wanted.']];
    case 'array':
      return Array.isArray(value) ? arrayErrors(schema, value, path, root) : [[path, 'A list is wanted.']];
    case 'number':
    case 'integer':
      return located(path, numberError(schema, value));
    case 'boolean':
      return typeof value === 'boolean' ? [] : [[path, 'Choose yes or no.']];
    case 'string':
      return located(path, typeof value === 'string' ? textError(schema, value) : 'Text is wanted.');
    default:
      return [];
  }
}

function located(path: string, message: string | null): Errors {
  return message === null ? [] : [[path, message]];
}

function variantErrors(variants: readonly Schema[], value: JsonValue, path: string, root: Schema): Errors {
  const variant = variants[variantIndex(variants, value)];
  return variant && isJsonObject(value) ? objectErrors(variant, value, path, root) : [[path, 'Choose one.']];
}

function arrayErrors(schema: Schema, value: JsonValue[], path: string, root: Schema): Errors {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, uniqueItems, items } = schema;
  if (value.length < minItems) return [[path, `Give at least ${minItems}.`]];
  if (value.length > maxItems) return [[path, `Give at most ${maxItems}.`]];
  if (uniqueItems && new Set(value.map((item) => JSON.stringify(item))).size < value.length)
    return [[path, 'The same value stands twice.']];
  if (!items) return [];
  const here = resolve(items, root);
  return value.flatMap((item, index) =>
    isMissing(item)
      ? [[`${path}.${index}`, 'Fill in or remove.'] as const]
      : valueErrors(here, item, `${path}.${index}`, root),
  );
}

function numberError(schema: Schema, value: JsonValue): string | null {
  const whole = typeOf(schema) === 'integer';
  if (typeof value !== 'number' || Number.isNaN(value))
    return whole ? 'A whole number is wanted.' : 'A number is wanted.';
  if (whole && !Number.isInteger(value)) return 'A whole number is wanted.';
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (minimum !== undefined && value < minimum) return `${minimum} is the least.`;
  if (maximum !== undefined && value > maximum) return `${maximum} is the most.`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return `More than ${exclusiveMinimum} is wanted.`;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return `Less than ${exclusiveMaximum} is wanted.`;
  return null;
}

function textError(schema: Schema, value: string): string | null {
  const { minLength, maxLength, pattern, pattern_descriptor } = schema;
  if (minLength !== undefined && value.length < minLength) return `At least ${minLength} characters are wanted.`;
  if (maxLength !== undefined && value.length > maxLength) return `At most ${maxLength} characters are wanted.`;
  if (pattern && !fits(pattern, value))
    return pattern_descriptor
      ? `Write it as ${pattern_descriptor}.`
      : `Write it like ${example(schema, '') || pattern}.`;
  return FORMATS[schema.format ?? '']?.(value) ?? null;
}

/** A pattern that this browser can't read is left to the service. */
function fits(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return true;
  }
}

const FORMATS: Readonly<Record<string, (value: string) => string | null>> = {
  date: (value) => (isDate(value) ? null : 'Write a day as 2026-01-31.'),
  'date-time': (value) =>
    /^\d{4}-\d\d-\d\d([Tt ]|$)/.test(value) && !Number.isNaN(Date.parse(value))
      ? null
      : 'Write an instant as 2026-01-31T00:00:00Z.',
  uri: (value) => (URL.canParse(value) ? null : 'Write a whole address, such as https://api.example.com.'),
  email: (value) => (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? null : 'Write an address such as ada@example.com.'),
};

function isDate(value: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const date = new Date(value);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

function example({ examples }: Schema, before: string): string {
  const first = examples?.[0];
  return first === undefined || typeof first === 'object' ? '' : `${before}${first}`;
}

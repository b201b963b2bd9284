import { DateTime } from '../datetime/date-time.ts';
import { Duration } from '../datetime/duration.ts';
import { literalEval } from './literal.ts';
import { compileTemplate, type Template, type TemplateOptions } from './template.ts';
import { TemplateError } from './template-error.ts';
import { isDict, itemsOf, jsonKey, PyDate, PyFloat, PyTuple, str, toNumber } from './values.ts';

export interface Scope extends TemplateOptions {
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Names under which a variable is known too: manifests use all three for the slice. */
const ALIASES: Record<string, string> = { stream_interval: 'stream_slice', stream_partition: 'stream_slice' };

const NO_FIELDS = Object.freeze({});

type Accepts = (value: unknown) => boolean;

/**
 * A template as the CDK evaluates it: rendered, then read as a Python literal where it is one (`{{ 1 }}` is 1, `'00123'` stays
 * text). Nothing printed, or something undefined on the way, gives the default. A fault of type (`1 + 'a'`, `none > 1`) gives the
 * template's own text, as it does there: a condition that compares with null is true.
 * @throws TemplateError for variables that don't exist, for faults of value, and over the limits
 */
export function interpolate(
  source: string,
  scope: Scope,
  options: { fallback?: string | null; accepts?: Accepts } = {},
): unknown {
  const { fallback = null, accepts } = options;
  try {
    const text = render(source, scope);
    if (text !== '') return evaluated(text, accepts);
  } catch (error) {
    if (!(error instanceof TemplateError && error.code === 'template_undefined')) throw error;
  }
  return fallback === null ? null : evaluated(render(fallback, scope), accepts);
}

/** As a text field of a component: what is undefined two levels deep is an error, one level is empty. */
export function interpolateString(source: string, scope: Scope, accepts?: Accepts): unknown {
  return interpolate(source, scope, { fallback: source, ...(accepts && { accepts }) });
}

/** As text, whatever its value: for paths, headers and names. */
export function interpolateText(source: string, scope: Scope): string {
  return printed(interpolateString(source, scope));
}

/** As a condition: false for `False`, `{}`, `[]`, `()`, an empty text, `0`, `0.0` `None` and what is undefined; `no` is true. */
export function interpolateBoolean(source: string | boolean, scope: Scope): boolean {
  if (typeof source === 'boolean') return source;
  return !isFalse(interpolate(source, scope, { fallback: 'False' }));
}

/** Through objects and lists, keys too; entries that come to null are left out. For request bodies. */
export function interpolateNested(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') return plain(interpolate(value, scope));
  if (Array.isArray(value)) return value.map((item) => interpolateNested(item, scope));
  if (!isDict(value)) return value;
  const entries = Object.entries(value)
    .map(([key, item]) => [jsonKey(interpolate(key, scope)), interpolateNested(item, scope)] as const)
    .filter(([, item]) => item !== null);
  return Object.fromEntries(entries);
}

/** Request parameters and form bodies: only texts and lists count as values, the rest is sent as it prints; empty ones are left out. */
export function interpolateParameters(
  mapping: Readonly<Record<string, unknown>>,
  scope: Scope,
): Record<string, string | string[]> {
  const accepts: Accepts = (value) => typeof value === 'string' || Array.isArray(value);
  const entries = Object.entries(mapping).flatMap(([key, source]) => {
    const value = typeof source === 'string' ? interpolate(source, scope, { accepts }) : source;
    if (value === null || value === undefined || value === '') return [];
    const items = itemsOf(value);
    return [[printed(interpolate(key, scope)), items ? items.map(printed) : printed(value)] as const];
  });
  return Object.fromEntries(entries);
}

/** Headers: every value as it prints. */
export function interpolateHeaders(mapping: Readonly<Record<string, unknown>>, scope: Scope): Record<string, string> {
  const entries = Object.entries(mapping).flatMap(([key, source]) => {
    const value = typeof source === 'string' ? interpolate(source, scope) : source;
    return value === null || value === undefined ? [] : [[printed(interpolate(key, scope)), printed(value)] as const];
  });
  return Object.fromEntries(entries);
}

/** A value as JSON knows it: floats as numbers, tuples as lists, dates as they print. */
export function plain(value: unknown): unknown {
  if (value instanceof PyFloat) return value.value;
  if (value instanceof PyTuple || Array.isArray(value)) return (itemsOf(value) ?? []).map(plain);
  if (value instanceof DateTime || value instanceof PyDate || value instanceof Duration) return str(value);
  if (isDict(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
}

export function printed(value: unknown): string {
  return str(value);
}

function render(source: string, scope: Scope): string {
  const template = compileTemplate(source);
  if (template.isPlain) return source;
  const variables = variablesFor(template, scope);
  const unknown = [...template.variables].filter(
    (name) => !variables.has(name) && !scope.extra?.includes(name as 'json_loads'),
  );
  if (unknown.length > 0)
    throw new TemplateError('template_value', `There is no variable named ${unknown.join(', ')} here: ${source}`);
  try {
    return template.render(variables, scope);
  } catch (error) {
    if (error instanceof TemplateError && error.code === 'template_type') return source;
    throw error;
  }
}

/** Those of the scope that it reads. */
function variablesFor({ reads }: Template, { variables }: Scope): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const name of reads) {
    const meant = ALIASES[name];
    if (meant !== undefined && Object.hasOwn(variables, meant)) found.set(name, variables[meant]);
    else if (Object.hasOwn(variables, name)) found.set(name, variables[name]);
    // `self` stands for the template in Jinja; it has no fields.
    else if (name === 'self') found.set(name, NO_FIELDS);
  }
  return found;
}

function evaluated(text: string, accepts: Accepts | undefined): unknown {
  const literal = literalEval(text);
  if (literal === undefined || (accepts && !accepts(literal.value))) return text;
  return literal.value;
}

function isFalse(value: unknown): boolean {
  if (
    value === null ||
    value === false ||
    value === '' ||
    value === 'False' ||
    value === 'false' ||
    value === '{}' ||
    value === '[]' ||
    value === '()' ||
    value === '0' ||
    value === '0.0'
  )
    return true;
  const items = itemsOf(value);
  if (items) return items.length === 0;
  if (isDict(value)) return Object.keys(value).length === 0;
  return (typeof value === 'number' || typeof value === 'bigint' || value instanceof PyFloat) && toNumber(value) === 0;
}

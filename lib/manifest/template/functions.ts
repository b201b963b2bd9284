import { randomUUID } from 'node:crypto';
import { parseJson } from '#lib/json.ts';
import { DateTime } from '../datetime/date-time.ts';
import { Duration, parseDuration } from '../datetime/duration.ts';
import { DEFAULT_FORMAT, formatDatetime, parseDatetime } from '../datetime/format.ts';
import { parseIso } from '../datetime/iso.ts';
import { define, own, sequence } from './methods.ts';
import { asDateTime, narrow, order, undefinedUsed } from './operators.ts';
import { TemplateError } from './template-error.ts';
import {
  isInteger,
  isNumber,
  Namespace,
  PyDate,
  PyFloat,
  PyFunction,
  str,
  toNumber,
  typeName,
  Undefined,
} from './values.ts';

type Named = ReadonlyMap<string, unknown>;
type Macro = (args: readonly unknown[], named: Named, now: () => Date) => unknown;

const at = (args: readonly unknown[], named: Named, index: number, name: string) => args[index] ?? named.get(name);

/** The CDK's macros and what Jinja offers beside them. `range` is not among them, as in the CDK. */
const MACROS: Record<string, Macro> = {
  now_utc: (_args, _named, now) => DateTime.fromDate(now()),
  today_utc: (_args, _named, now) => new PyDate(DateTime.fromDate(now())),
  today_with_timezone: (args, named, now) => new PyDate(inZone(now(), str(at(args, named, 0, 'timezone')))),
  timestamp: (args, named) => timestamp(at(args, named, 0, 'dt')),
  max: (args) => extreme(args, 1),
  min: (args) => extreme(args, -1),
  day_delta: (args, named, now) =>
    dayDelta(toNumber(at(args, named, 0, 'num_days')), at(args, named, 1, 'format'), now()),
  duration: (args, named) => duration(str(at(args, named, 0, 'datestring'))),
  format_datetime: (args, named) =>
    reformat(at(args, named, 0, 'dt'), str(at(args, named, 1, 'format')), at(args, named, 2, 'input_format')),
  str_to_datetime: (args, named) => toDateTime(at(args, named, 0, 's')),
  generate_uuid: () => randomUUID(),
  camel_case_to_snake_case: (args) =>
    str(args[0])
      .replace(/(?<!^)(?=[A-Z])/g, '_')
      .toLowerCase(),
  sanitize_url: (args) => quotePlus(str(args[0])),
  namespace: (args, named) =>
    new Namespace(new Map([...Object.entries((args[0] as object | undefined) ?? {}), ...named])),
  dict: (args, named) => own(define({}, [...Object.entries((args[0] as object | undefined) ?? {}), ...named])),
};

export const FUNCTION_NAMES: readonly string[] = Object.keys(MACROS);

/** By the clock that they see: templates are evaluated many times over with the same. */
const made = new WeakMap<() => Date, ReadonlyMap<string, PyFunction>>();

/** The functions that templates may call, with the clock they see. */
export function functions(now: () => Date, extra: readonly 'json_loads'[] = []): ReadonlyMap<string, PyFunction> {
  if (extra.length > 0) return functionsOf(now, extra);
  const known = made.get(now) ?? functionsOf(now, extra);
  made.set(now, known);
  return known;
}

function functionsOf(now: () => Date, extra: readonly 'json_loads'[]): ReadonlyMap<string, PyFunction> {
  const macros = Object.entries(MACROS).map(
    ([name, macro]) => [name, new PyFunction(name, (args, named) => macro(args, named, now))] as const,
  );
  const all = new Map(macros);
  if (extra.includes('json_loads'))
    all.set('json_loads', new PyFunction('json_loads', ([text]) => parseJson(str(text))));
  return all;
}

function timestamp(value: unknown): unknown {
  if (isInteger(value)) return value;
  if (isNumber(value) || typeof value === 'boolean') return narrow(BigInt(Math.trunc(toNumber(value))));
  return PyFloat.of(Number(toDateTime(value).micros) / 1e6);
}

/** Any date as an instant in UTC; text as ISO 8601. */
function toDateTime(value: unknown): DateTime {
  const known = asDateTime(value);
  if (known) return known.offset === null ? known.withOffset(0) : known;
  if (value instanceof Undefined) throw undefinedUsed(value);
  if (typeof value !== 'string')
    throw new TemplateError('template_type', `A date or its text is wanted, not ${typeName(value)}.`);
  const parsed = parseIso(value);
  if (parsed === null)
    throw new TemplateError('template_value', `${JSON.stringify(str(value))} is no date that can be read.`);
  return parsed.withOffset(0);
}

function extreme(args: readonly unknown[], sign: 1 | -1): unknown {
  const items = args.length === 1 ? (sequence(args[0]) ?? args) : args;
  if (items.length === 0) throw new TemplateError('template_value', 'max and min want at least one value.');
  return items.reduce((best, item) => (order(item, best) * sign > 0 ? item : best));
}

function dayDelta(days: number, format: unknown, now: Date): string {
  if (!Number.isFinite(days)) throw new TemplateError('template_type', 'day_delta wants a number of days.');
  const moved = DateTime.fromDate(now).plus(Duration.ofDays(days));
  return formatDatetime(moved, format === undefined ? DEFAULT_FORMAT : str(format));
}

function duration(text: string): Duration {
  return guarded(() => parseDuration(text));
}

function reformat(value: unknown, format: string, inputFormat: unknown): string {
  if (asDateTime(value)) return formatDatetime(toDateTime(value), format);
  if (inputFormat !== undefined && inputFormat !== null)
    return formatDatetime(
      guarded(() => parseDatetime(str(value), str(inputFormat))),
      format,
    );
  if (isInteger(value) || typeof value === 'boolean') return formatDatetime(parseDatetime(Number(value), '%s'), format);
  return formatDatetime(toDateTime(value), format);
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new TemplateError('template_value', (error as Error).message);
  }
}

function inZone(now: Date, timeZone: string): DateTime {
  try {
    const text = now.toLocaleString('sv-SE', { timeZone });
    return parseIso(text) ?? DateTime.fromDate(now);
  } catch {
    throw new TemplateError('template_value', `There is no time zone named ${timeZone}.`);
  }
}

/** Python's urllib.parse.quote_plus. */
export function quotePlus(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

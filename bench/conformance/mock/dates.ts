import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { DateTime } from '#lib/manifest/datetime/date-time.ts';
import { formatDatetime, parseDatetime } from '#lib/manifest/datetime/format.ts';
import { hash, scope, textOf, type World } from './templates.ts';

const DAY = 86_400_000_000n;

/** A cursor as the mock sees it: where the dates of its records go, and how they are written. */
export interface Dates {
  readonly field: string;
  readonly format: string;
  readonly written: string;
  /** Records come newest first, and go on before the start. */
  readonly feed: boolean;
  readonly clientSide: boolean;
  readonly counts: boolean;
}

export function datesOf(incremental: unknown, world: World): Dates | null {
  if (!isJsonObject(incremental)) return null;
  const at = scope(world, incremental);
  const field = textOf(incremental.cursor_field, at);
  if (field === null) return null;
  const counts = incremental.type === 'IncrementingCountCursor';
  const format = textOf(incremental.datetime_format, at) ?? '%Y-%m-%dT%H:%M:%S.%f%z';
  const [first] = Array.isArray(incremental.cursor_datetime_formats) ? incremental.cursor_datetime_formats : [];
  return {
    field,
    format,
    written: typeof first === 'string' ? first : format,
    feed: incremental.is_data_feed === true,
    clientSide: incremental.is_client_side_incremental === true,
    counts,
  };
}

/** The stretch that a request asks for: the earliest and latest date in its texts; up to now where it names only one. */
export function stretchIn(texts: readonly string[], { format }: Dates, now: Date): { from: bigint; to: bigint } {
  const end = BigInt(now.getTime()) * 1000n;
  const pattern = new RegExp(datePattern(format), 'g');
  const found = texts.flatMap((text) =>
    [...text.matchAll(pattern)].flatMap(([match]) => {
      try {
        const { micros } = parseDatetime(match, format);
        return micros > 0n && micros <= end + 400n * DAY ? [micros] : [];
      } catch {
        return [];
      }
    }),
  );
  const sorted = found.toSorted((a, b) => (a < b ? -1 : 1));
  const from = sorted[0] ?? end - 20n * DAY;
  const last = sorted.at(-1) ?? end;
  const to =
    last > from
      ? last
      : format.includes('%H') || format.startsWith('%s') || format.startsWith('%ms')
        ? end
        : from + DAY - 1n;
  return { from, to: to > from ? to : from };
}

/** The date of one of a slice's records, within the stretch; a feed goes backwards and leaves it. */
export function dateAt(
  { from, to }: { from: bigint; to: bigint },
  index: number,
  total: number,
  dates: Dates,
  schema: JsonValue | undefined,
  seed: string,
): JsonValue {
  const span = to - from;
  const place = BigInt(hash(seed) % 3 === 0 ? total - index : index + 1);
  let micros = from + (span * place) / BigInt(total + 1);
  if (dates.feed) micros = to - (span * 3n * BigInt(index + 1)) / (2n * BigInt(total + 1));
  else if (dates.clientSide && index % 3 === 2) micros = from - DAY * BigInt(1 + (index % 5));
  // Whole seconds: every format can say them.
  const text = formatDatetime(new DateTime((micros / 1_000_000n) * 1_000_000n), dates.written);
  const types = isJsonObject(schema) ? [schema.type].flat() : [];
  const isNumber = types.includes('integer') || types.includes('number');
  return isNumber && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

const PIECES: Record<string, string> = {
  ...{
    Y: '\\d{4}',
    m: '\\d{2}',
    d: '\\d{2}',
    H: '\\d{2}',
    M: '\\d{2}',
    S: '\\d{2}',
    f: '\\d{1,6}',
    y: '\\d{2}',
    j: '\\d{3}',
  },
  ...{
    z: '(?:Z|[+-]\\d{2}:?\\d{2})',
    Z: '[A-Z]+',
    B: '[A-Z][a-z]+',
    b: '[A-Z][a-z]{2}',
    I: '\\d{2}',
    p: '[AP]M',
    a: '[A-Z][a-z]{2}',
    A: '[A-Z][a-z]+',
  },
};

function datePattern(format: string): string {
  const whole: Record<string, string> = {
    '%s': '\\b\\d{9,10}\\b',
    '%ms': '\\b\\d{12,13}\\b',
    '%s_as_float': '\\b\\d{9,10}\\.\\d+',
    '%epoch_microseconds': '\\b\\d{15,16}\\b',
  };
  if (whole[format]) return whole[format];
  return format.replaceAll(/%_ms|%(-?[a-zA-Z%])|[.*+?^${}()|[\]\\/]/g, (piece, letter?: string) => {
    if (piece === '%_ms') return '\\d{1,6}';
    if (letter === undefined) return `\\${piece}`;
    return letter === '%' ? '%' : (PIECES[letter.replace('-', '')] ?? '.+?');
  });
}

/** All texts of a request in which a date may stand. */
export function textsOf(
  query: readonly (readonly [string, string])[],
  path: string,
  body: string,
  headers: JsonObject,
): string[] {
  return [
    decoded(path),
    ...query.map(([, value]) => value),
    decoded(body.replaceAll('+', ' ')),
    ...Object.values(headers).map(String),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

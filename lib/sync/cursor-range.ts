import type { StreamState } from '#lib/catalog.ts';
import type { ReadEvent } from '#lib/extract/source.ts';
import { isJsonObject, type JsonValue } from '#lib/json.ts';

const DAY_MS = 24 * 60 * 60_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;
/** Epoch numbers with as many digits count milliseconds. */
const MS_DIGITS = 13;

/** Values of a cursor, both ends included; a day at the end is meant to its last moment. */
export interface CursorRange {
  readonly from: string;
  readonly to: string | null;
}

/** The same events with the records of the range; the others count as filtered. */
export async function* withinRange(
  events: AsyncIterable<ReadEvent>,
  field: string,
  range: CursorRange,
): AsyncGenerator<ReadEvent> {
  for await (const event of events) {
    if (event.type !== 'page') yield event;
    else {
      const records = event.records.filter((record) => isWithin(record[field], range));
      yield { ...event, records, filtered: event.filtered + event.records.length - records.length };
    }
  }
}

/** Instants compare as instants, numbers as numbers, everything else as text. */
export function isWithin(value: JsonValue | undefined, { from, to }: CursorRange): boolean {
  if (value === null || value === undefined) return false;
  const text = String(value);
  if (compare(text, from) < 0) return false;
  if (to === null || compare(text, to) <= 0) return true;
  return DAY.test(to) && instantOf(text) < instantOf(to) + DAY_MS;
}

function compare(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : instantOf(text)));
  if (x !== undefined && y !== undefined && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a < b ? -1 : Number(a > b);
}

/** In ms; a time that names no zone is meant in UTC, as days are, wherever the service runs. */
function instantOf(text: string): number {
  return Date.parse(WITHOUT_ZONE.test(text) ? `${text.replace(' ', 'T')}Z` : text);
}

/** `value` as the stream's own state spells its cursor, so that the source can read it; as it is where no state tells. */
export function spelledAsIn(state: StreamState | null, field: string, value: string): string {
  const sample = state === null ? undefined : findCursor(state, field);
  const at = instantOf(value);
  if (sample === undefined || Number.isNaN(at) || /^\d+$/.test(value)) return value;
  if (/^\d+$/.test(sample)) return String(sample.length >= MS_DIGITS ? at : Math.floor(at / 1000));
  const whole = new Date(at).toISOString();
  if (DAY.test(sample)) return whole.slice(0, 'YYYY-MM-DD'.length);
  const [, between, fraction = '', zone = ''] =
    /^\d{4}-\d{2}-\d{2}([T ])\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]00:?00)?$/.exec(sample) ?? [];
  if (between === undefined) return value;
  const [day = '', time = ''] = [whole.slice(0, 10), whole.slice(11, 19)];
  const part =
    fraction &&
    `.${whole
      .slice(20, 23)
      .padEnd(fraction.length - 1, '0')
      .slice(0, fraction.length - 1)}`;
  return `${day}${between}${time}${part}${zone}`;
}

/** States of partitions hold the cursor further in. */
function findCursor(value: JsonValue, field: string): string | undefined {
  if (Array.isArray(value)) return value.map((one) => findCursor(one, field)).find((one) => one !== undefined);
  if (!isJsonObject(value)) return undefined;
  const own = value[field];
  if (typeof own === 'string' || typeof own === 'number' || typeof own === 'bigint') return String(own);
  return findCursor(Object.values(value) as JsonValue[], field);
}

import type { StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { DateTime } from '#lib/manifest/datetime/date-time.ts';
import { Duration, parseDuration } from '#lib/manifest/datetime/duration.ts';
import { formatDatetime, parseDatetime } from '#lib/manifest/datetime/format.ts';
import { type Build, component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Cursor, CursorTrack, RequestOption } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { boundOf } from './min-max-datetime.ts';

/** A step so small that a year has this many slices is a mistake. */
const MOST_STRETCHES = 100_000;

export const datetimeBasedCursor = defineKind<Cursor>({
  name: 'DatetimeBasedCursor',
  family: 'incremental_sync',
  docs: 'Reads what changed since the last sync, in stretches of time.',
  example: `type: DatetimeBasedCursor\ncursor_field: updated_at\ndatetime_format: "%Y-%m-%dT%H:%M:%SZ"\nstart_datetime: "{{ config['start_date'] }}"\nstart_time_option: { type: RequestOption, inject_into: request_parameter, field_name: since }\n`,
  fields: {
    cursor_field: template('The field of the record that says when it changed.', [], { required: true }),
    datetime_format: template('How dates are written in requests and in the state.', [], { required: true }),
    start_datetime: component('Where the first sync begins.', 'datetime_bound', {
      required: true,
      types: ['string', 'object'],
      defaultType: 'MinMaxDatetime',
      variables: ['config', 'parameters'],
    }),
    end_datetime: component('Where reading ends; now when absent.', 'datetime_bound', {
      types: ['string', 'object'],
      defaultType: 'MinMaxDatetime',
      variables: ['config', 'parameters'],
    }),
    cursor_datetime_formats: { docs: 'How dates are written in records; tried in order.', types: ['array'] },
    step: template('Length of a slice, such as P30D.'),
    cursor_granularity: template('Between the end of a slice and the start of the next, such as PT1S.'),
    lookback_window: template('Read this much before the state again, such as P1D.'),
    start_time_option: component('Where the start goes in the request.', 'request_option', {
      defaultType: 'RequestOption',
    }),
    end_time_option: component('Where the end goes in the request.', 'request_option', {
      defaultType: 'RequestOption',
    }),
    partition_field_start: template('Name of the start in templates; start_time when absent.'),
    partition_field_end: template('Name of the end in templates; end_time when absent.'),
    is_data_feed: { docs: 'Newest first: stop at what is known.', types: ['boolean'] },
    is_client_side_incremental: { docs: 'The API has no filter: leave out here what is known.', types: ['boolean'] },
    is_compare_strictly: { docs: 'A slice whose ends are equal is left out.', types: ['boolean'] },
    global_substream_cursor: { docs: 'One state for all partitions.', types: ['boolean'] },
  },
  problems: ({ step, cursor_granularity: granularity }) => {
    if (Boolean(step) === Boolean(granularity)) return [];
    return step
      ? [
          {
            field: 'step',
            message: 'step needs cursor_granularity: set both or neither.',
            hint: 'For dates with seconds: cursor_granularity: PT1S.',
          },
        ]
      : [{ field: 'cursor_granularity', message: 'cursor_granularity needs step: set both or neither.' }];
  },
  create: (cursor, build) => new DatetimeCursor(cursor, build),
});

class DatetimeCursor implements Cursor {
  readonly field: string;
  readonly clientSide: boolean;
  readonly isDataFeed: boolean;
  readonly #component: JsonObject;
  readonly #build: Build;
  readonly #format: string;
  readonly #formats: readonly string[];
  readonly #names: { start: string; end: string };
  readonly #options: { start: RequestOption | null; end: RequestOption | null };

  constructor(component: JsonObject, build: Build) {
    const text = (value: unknown, otherwise: string) =>
      value ? interpolateText(String(value), scopeOf(build, component)) : otherwise;
    this.#component = component;
    this.#build = build;
    this.field = text(component.cursor_field, '');
    this.clientSide = component.is_client_side_incremental === true;
    this.isDataFeed = component.is_data_feed === true;
    this.#format = String(component.datetime_format);
    const formats = Array.isArray(component.cursor_datetime_formats)
      ? component.cursor_datetime_formats.map(String)
      : [];
    this.#formats = [...formats, this.#format];
    this.#names = {
      start: text(component.partition_field_start, 'start_time'),
      end: text(component.partition_field_end, 'end_time'),
    };
    const option = (value: unknown) => (value ? build.create<RequestOption>(value) : null);
    this.#options = { start: option(component.start_time_option), end: option(component.end_time_option) };
  }

  stretches(state: StreamState | null, lookbackSeconds = 0): Record<string, string>[] {
    const start = boundOf(
      this.#component.start_datetime as never,
      'start_datetime',
      this.#format,
      this.#component,
      this.#build,
    );
    const now = DateTime.fromDate(this.#build.now());
    const end = this.#component.end_datetime
      ? boundOf(this.#component.end_datetime, 'end_datetime', this.#format, this.#component, this.#build)
      : now;
    const known = this.#known(state);
    const lookback = this.#duration('lookback_window') ?? new Duration(0, 0n);
    const extra = new Duration(0, BigInt(lookbackSeconds) * 1_000_000n);
    const from = known === null ? start : latest(start, known.plus(lookback, -1).plus(extra, -1));
    const step = this.#duration('step');
    if (from.micros >= end.micros) return [];
    return this.#split(from, end, step, this.#duration('cursor_granularity') ?? new Duration(0, 0n));
  }

  /** Every stretch but the last ends a granularity before the next begins; the last ends exactly at the end. */
  #split(from: DateTime, end: DateTime, step: Duration | null, granularity: Duration): Record<string, string>[] {
    const all: Record<string, string>[] = [];
    let lower = from;
    for (;;) {
      const upper = step === null || step.isZero ? end : lower.plus(step);
      const last = upper.micros >= end.micros;
      all.push(this.#stretch(lower, last ? end : upper.plus(granularity, -1)));
      if (last) return all;
      if (all.length > MOST_STRETCHES)
        throw new WeirError({
          kind: 'config',
          code: 'too_many_slices',
          message: `The step makes more than ${MOST_STRETCHES} slices.`,
          hint: 'Make step longer, or start_datetime later.',
        });
      lower = upper;
    }
  }

  #stretch(start: DateTime, end: DateTime): Record<string, string> {
    return {
      [this.#names.start]: formatDatetime(start, this.#format),
      [this.#names.end]: formatDatetime(end, this.#format),
    };
  }

  parts({ cursor }: { cursor: Readonly<Record<string, string>> }) {
    const start = this.#options.start?.parts(cursor[this.#names.start] ?? '') ?? {};
    const end = this.#options.end?.parts(cursor[this.#names.end] ?? '') ?? {};
    return {
      params: { ...start.params, ...end.params },
      headers: { ...start.headers, ...end.headers },
      bodyData: { ...start.bodyData, ...end.bodyData },
      bodyJson: { ...start.bodyJson, ...end.bodyJson },
    };
  }

  track(state: StreamState | null): CursorTrack {
    const known = this.#known(state);
    let newest = known;
    const others = Object.fromEntries(
      Object.entries(state ?? {}).filter(([key]) => key !== this.field && key !== 'state_type' && key !== 'slices'),
    );
    let first: string | null = null;
    return {
      observe: (record) => {
        const at = this.#valueOf(record);
        if (at && (newest === null || at.micros > newest.micros)) newest = at;
      },
      isNew: (record) => {
        const at = this.#valueOf(record);
        return at === null || known === null || at.micros >= known.micros;
      },
      close: (stretch) => {
        first ??= stretch[this.#names.start] ?? null;
        const value = newest ? formatDatetime(newest, this.#format) : first;
        return { ...others, ...(value !== null && { [this.field]: value }) };
      },
    };
  }

  /** A record without a readable cursor is kept and says nothing about the state. */
  #valueOf(record: JsonObject): DateTime | null {
    const value = record[this.field];
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return null;
    return this.#read(value);
  }

  #read(value: string | number | bigint): DateTime | null {
    for (const format of this.#formats) {
      try {
        return parseDatetime(value, format);
      } catch {
        // The next format may fit.
      }
    }
    return null;
  }

  #known(state: StreamState | null): DateTime | null {
    const value = state?.[this.field] ?? slicesValue(state);
    if (value === undefined || value === null || value === '') return null;
    const at = this.#read(value as string);
    if (at) return at;
    throw new WeirError({
      kind: 'config',
      code: 'bad_state',
      message: `The state of ${this.field} is ${JSON.stringify(value)}, which does not fit ${this.#formats.join(' or ')}.`,
      hint: 'Was datetime_format changed? Clear the state with a full refresh, or keep the old format in cursor_datetime_formats.',
    });
  }

  #duration(name: 'step' | 'cursor_granularity' | 'lookback_window'): Duration | null {
    const source = this.#component[name];
    if (source === undefined || source === null || source === '') return null;
    const text = interpolateText(String(source), scopeOf(this.#build, this.#component));
    try {
      return parseDuration(text);
    } catch (cause) {
      throw new WeirError({
        kind: 'config',
        code: 'bad_duration',
        message: `${name} is ${JSON.stringify(text)}: ${(cause as Error).message}.`,
        hint: 'Write it as P30D, P1M or PT1H.',
        cause,
      });
    }
  }
}

/** The concurrent form of the state: the newest value of its first stretch. */
function slicesValue(state: StreamState | null): unknown {
  const slices =
    state?.state_type === 'date-range' && Array.isArray(state.slices) ? (state.slices as JsonObject[]) : [];
  return slices[0]?.most_recent_cursor_value ?? slices[0]?.end;
}

function latest(a: DateTime, b: DateTime): DateTime {
  return a.micros >= b.micros ? a : b;
}

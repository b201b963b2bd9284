import type { StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { DateTime } from '#lib/manifest/datetime/date-time.ts';
import { Duration, parseDuration } from '#lib/manifest/datetime/duration.ts';
import { formatDatetime, parseDatetime } from '#lib/manifest/datetime/format.ts';
import { type Build, component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Cursor, CursorTrack, RequestOption, RequestParts } from '../families.ts';
import { joinParts } from '../request/join-parts.ts';
import { scopeOf } from '../scope.ts';
import type { Slice } from '../slice.ts';
import { type Clamping, clampingOf } from './clamping.ts';
import { byTime, type CursorTerms, DatetimeTrack } from './datetime-track.ts';
import { later } from './intervals.ts';
import { boundOf } from './min-max-datetime.ts';

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
    clamping: {
      docs: 'Ends of slices on whole days, weeks or months: target is DAY, WEEK (target_details names the weekday) or MONTH.',
      types: ['object'],
      variables: ['config', 'parameters'],
    },
    allow_catalog_defined_cursor_field: {
      docs: 'Airbyte lets a connection choose the field; here cursor_field counts.',
      types: ['boolean'],
    },
  },
  problems: ({ step, cursor_granularity: granularity, clamping }) => [
    ...stepProblems(step, granularity),
    ...clampingProblems(clamping),
  ],
  create: (cursor, build) => new DatetimeCursor(cursor, build),
});

function stepProblems(step: JsonValue | undefined, granularity: JsonValue | undefined) {
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
}

function clampingProblems(clamping: JsonValue | undefined) {
  if (!isJsonObject(clamping) || /\{[{%]/.test(String(clamping.target))) return [];
  try {
    clampingOf(String(clamping.target), weekdayOf(clamping));
    return [];
  } catch (error) {
    return [{ field: 'clamping', message: (error as WeirError).message }];
  }
}

class DatetimeCursor implements Cursor {
  readonly field: string;
  readonly clientSide: boolean;
  readonly isDataFeed: boolean;
  readonly isGlobal: boolean;
  readonly #component: JsonObject;
  readonly #build: Build;
  readonly #format: string;
  readonly #formats: readonly string[];
  readonly #names: { start: string; end: string };
  readonly #options: { start: RequestOption | null; end: RequestOption | null };
  #terms: CursorTerms | null = null;

  constructor(component: JsonObject, build: Build) {
    this.#component = component;
    this.#build = build;
    this.field = this.#text(component.cursor_field, '');
    this.clientSide = component.is_client_side_incremental === true;
    this.isDataFeed = component.is_data_feed === true;
    this.isGlobal = component.global_substream_cursor === true;
    this.#format = String(component.datetime_format);
    const formats = Array.isArray(component.cursor_datetime_formats) ? component.cursor_datetime_formats : [];
    this.#formats = [...formats.map(String), this.#format];
    this.#names = {
      start: this.#text(component.partition_field_start, 'start_time'),
      end: this.#text(component.partition_field_end, 'end_time'),
    };
    const option = (value: unknown) => (value ? build.create<RequestOption>(value) : null);
    this.#options = { start: option(component.start_time_option), end: option(component.end_time_option) };
  }

  parts({ cursor }: Slice): RequestParts {
    const { start, end } = this.#options;
    return joinParts([
      start?.parts(String(cursor[this.#names.start] ?? '')) ?? {},
      end?.parts(String(cursor[this.#names.end] ?? '')) ?? {},
    ]);
  }

  track(state: StreamState | null, lookbackSeconds = 0): CursorTrack {
    this.#terms ??= this.#evaluated();
    return new DatetimeTrack(this.#terms, this.#before(state, lookbackSeconds));
  }

  timeOf(state: StreamState): DateTime | null {
    return this.#read(state[this.field]);
  }

  newer(a: StreamState | null, b: StreamState | null): StreamState | null {
    this.#terms ??= this.#evaluated();
    const { ofState, write } = this.#terms;
    const [left, right] = [ofState(a?.[this.field]), ofState(b?.[this.field])];
    const newest = left && right ? later(left, right, { compare: byTime }) : (left ?? right);
    return newest && { [this.field]: write(newest) };
  }

  /** A partition that is new begins a little before the common state: it may have appeared during the last sync. */
  #before(state: StreamState | null, seconds: number): StreamState | null {
    const value = seconds > 0 ? this.#terms?.ofState(state?.[this.field]) : null;
    if (!value || !this.#terms) return state;
    const back = new Duration(0, BigInt(Math.trunc(seconds)) * 1_000_000n);
    return { ...state, [this.field]: this.#terms.write(value.plus(back, -1)) };
  }

  #evaluated(): CursorTerms {
    const { start_datetime: start, is_compare_strictly: strict } = this.#component;
    const granularity = unlessZero(this.#duration('cursor_granularity'));
    const clamping = this.#clamping();
    return {
      field: this.field,
      start: boundOf(start ?? '', 'start_datetime', this.#format, this.#component, this.#build),
      step: this.#duration('step'),
      granularity,
      lookback: unlessZero(this.#duration('lookback_window')),
      strict: strict === true,
      clamp: clamping ? clamping.up : (value) => value,
      names: this.#names,
      end: this.#end(clamping, granularity),
      read: (value) => this.#read(value),
      write: (value) => formatDatetime(value, this.#format),
      ofState: (value) => this.#ofState(value),
    };
  }

  /** An end that a template computes moves with the clock; it is evaluated again when that has. */
  #end(clamping: Clamping | null, granularity: Duration | null): () => DateTime {
    let known: { at: number; end: DateTime } | null = null;
    return () => {
      const now = this.#build.now();
      if (known?.at === now.getTime()) return known.end;
      const bound = this.#component.end_datetime;
      const end = bound
        ? boundOf(bound, 'end_datetime', this.#format, this.#component, this.#build)
        : DateTime.fromDate(now);
      known = { at: now.getTime(), end: clamping ? clamping.down(end).plus(granularity ?? clamping.unit, -1) : end };
      return known.end;
    };
  }

  #clamping(): Clamping | null {
    const { clamping } = this.#component;
    return isJsonObject(clamping) ? clampingOf(this.#text(clamping.target, ''), weekdayOf(clamping)) : null;
  }

  #read(value: JsonValue | undefined): DateTime | null {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return null;
    for (const format of this.#formats) {
      try {
        return parseDatetime(value, format);
      } catch {
        // The next format may fit.
      }
    }
    return null;
  }

  #ofState(value: JsonValue | undefined): DateTime | null {
    if (value === undefined || value === null || value === '') return null;
    const at = this.#read(value);
    if (at) return at;
    throw new WeirError({
      kind: 'config',
      code: 'bad_state',
      message: `The state of ${this.field} is ${JSON.stringify(value)}, which does not fit ${this.#formats.join(' or ')}.`,
      hint: 'Was datetime_format changed? Clear the state with a full refresh, or keep the old format in cursor_datetime_formats.',
    });
  }

  #duration(name: 'step' | 'cursor_granularity' | 'lookback_window'): Duration | null {
    const text = this.#text(this.#component[name], '');
    if (text === '') return null;
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

  #text(value: unknown, otherwise: string): string {
    return value ? interpolateText(String(value), scopeOf(this.#build, this.#component)) : otherwise;
  }
}

function unlessZero(duration: Duration | null): Duration | null {
  return duration?.isZero ? null : duration;
}

function weekdayOf({ target_details: details }: JsonObject): JsonValue | undefined {
  return isJsonObject(details) ? details.weekday : undefined;
}

import type { StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Cursor, CursorTrack, RequestOption, Stretch } from '../families.ts';
import { scopeOf } from '../scope.ts';

type Count = number | bigint;

export const incrementingCountCursor = defineKind<Cursor>({
  name: 'IncrementingCountCursor',
  family: 'incremental_sync',
  docs: 'Reads what is new by a number that only grows, such as an id.',
  example:
    'type: IncrementingCountCursor\ncursor_field: id\nstart_value: 0\nstart_value_option: { type: RequestOption, inject_into: request_parameter, field_name: since_id }\n',
  fields: {
    cursor_field: template('The field of the record that grows.', [], { required: true }),
    start_value: template('Where the first sync begins; 0 when absent.', [], { types: ['string', 'integer'] }),
    start_value_option: component('Where the number goes in the request.', 'request_option', {
      defaultType: 'RequestOption',
    }),
    allow_catalog_defined_cursor_field: {
      docs: 'Airbyte lets a connection choose the field; here cursor_field counts.',
      types: ['boolean'],
    },
  },
  create(cursor, build) {
    const scope = scopeOf(build, cursor);
    const field = interpolateText(String(cursor.cursor_field), scope);
    const start = startOf(interpolateText(String(cursor.start_value ?? 0), scope));
    const option = cursor.start_value_option ? build.create<RequestOption>(cursor.start_value_option) : null;
    return {
      field,
      clientSide: false,
      isDataFeed: false,
      isGlobal: false,
      parts: (slice) => (slice.cursor.start === undefined ? {} : (option?.parts(String(slice.cursor.start)) ?? {})),
      track: (state) => new CountTrack(field, start, state),
      newer: (a, b) => {
        const [left, right] = [countOf(a?.[field]), countOf(b?.[field])];
        if (left === null || right === null) return right === null ? a : b;
        return left > right ? a : b;
      },
    };
  },
});

/** One slice from the state on; its end is open. */
class CountTrack implements CursorTrack {
  readonly #field: string;
  readonly #from: Count;
  readonly #given: StreamState;
  #seen: Count | null = null;
  #closed: Count;

  constructor(field: string, start: Count, state: StreamState | null) {
    this.#field = field;
    this.#given = state?.state_type === 'integer' ? {} : (state ?? {});
    const known = countOf(state?.[field] ?? countOfSlices(state));
    this.#from = known !== null && known >= start ? known : start;
    this.#closed = this.#from;
  }

  *stretches(): Generator<Stretch> {
    yield { cursor: { start: this.#from, end: Number.POSITIVE_INFINITY }, last: true };
  }

  observe(record: JsonObject): void {
    const value = countOf(record[this.#field]);
    if (value !== null && (this.#seen === null || value > this.#seen)) this.#seen = value;
  }

  isOld(record: JsonObject): boolean {
    const value = countOf(record[this.#field]);
    return value !== null && value < this.#from;
  }

  isNew(record: JsonObject): boolean {
    return !this.isOld(record);
  }

  close(): void {
    if (this.#seen !== null && this.#seen > this.#closed) this.#closed = this.#seen;
  }

  get state(): StreamState {
    return { ...this.#given, [this.#field]: this.#closed };
  }

  get newest(): StreamState | null {
    return this.#seen === null ? null : { [this.#field]: this.#seen };
  }
}

/** A record without a number is kept and says nothing about the state. */
function countOf(value: JsonValue | undefined): Count | null {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))) return value;
  return null;
}

/** The concurrent form of the state: the newest value of its first slice. */
function countOfSlices(state: StreamState | null): JsonValue | undefined {
  const [first] =
    state?.state_type === 'integer' && Array.isArray(state.slices) ? state.slices.filter(isJsonObject) : [];
  return first?.most_recent_cursor_value ?? first?.end;
}

function startOf(text: string): Count {
  if (/^[+-]?\d+$/.test(text.trim())) return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  throw new WeirError({
    kind: 'config',
    code: 'bad_start_value',
    message: `start_value is ${JSON.stringify(text)}, which is no whole number.`,
    hint: 'Correct the value in the config, or start_value in the manifest.',
  });
}

import type { ConfiguredStream, StreamState } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { type Build, component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { RequestOption, StreamReader } from '../families.ts';
import { cachedStream } from '../request/cached-answers.ts';
import { scopeOf } from '../scope.ts';
import type { Slice } from '../slice.ts';

const NO_CURSOR = '__ab_no_cursor_state_message';

export const parentStreamConfig = defineKind<ParentStream>({
  name: 'ParentStreamConfig',
  family: 'parent_stream',
  docs: 'A parent stream and the field of its records that makes the partitions.',
  example:
    'type: ParentStreamConfig\nparent_key: id\npartition_field: customer_id\nstream:\n  type: DeclarativeStream\n  name: customers\n  retriever:\n    type: SimpleRetriever\n    requester: { type: HttpRequester, url: https://api.example.com/customers }\n    record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }\n',
  fields: {
    stream: component('The parent.', 'stream', { required: true, defaultType: 'DeclarativeStream' }),
    parent_key: template('Path of the key in the parent record; / between parts.', [], { required: true }),
    partition_field: template('Its name in templates.', [], { required: true }),
    request_option: component('Where the key goes in the request.', 'request_option', { defaultType: 'RequestOption' }),
    incremental_dependency: {
      docs: 'Read only parents that changed; their state is kept in the state of this stream.',
      types: ['boolean'],
    },
    extra_fields: {
      docs: 'Paths of more fields of the parent, for templates.',
      types: ['array'],
      variables: ['config', 'parameters'],
    },
    lazy_read_pointer: {
      docs: 'Where the first page of children stands in the parent record; it is not asked for on the first sync.',
      types: ['array'],
      variables: ['config', 'parameters'],
    },
  },
  problems: ({ lazy_read_pointer: pointer }) =>
    Array.isArray(pointer) && pointer.some((part) => String(part).includes('*'))
      ? [{ field: 'lazy_read_pointer', message: 'lazy_read_pointer takes a path without *.' }]
      : [],
  create: (parent, build) => new ParentStream(parent, build),
});

/** A parent: how it is read, and what its records become. */
export class ParentStream {
  readonly name: string;
  readonly reader: StreamReader;
  readonly field: string;
  readonly option: RequestOption | null;
  readonly incremental: boolean;
  readonly #key: readonly string[];
  readonly #extra: readonly string[][];
  readonly #pointer: readonly string[];
  readonly #cursorField: string | null;

  constructor(parent: JsonObject, build: Build) {
    const text = (value: unknown) => interpolateText(String(value), scopeOf(build, parent));
    const stream = isJsonObject(parent.stream) ? parent.stream : {};
    this.name = String(stream.name ?? '');
    this.reader = build.create<StreamReader>(cachedStream(stream));
    this.#key = text(parent.parent_key).split('/');
    this.field = text(parent.partition_field);
    this.option = parent.request_option ? build.create<RequestOption>(parent.request_option) : null;
    this.incremental = parent.incremental_dependency === true;
    const paths = Array.isArray(parent.extra_fields) ? parent.extra_fields : [];
    this.#extra = paths.map((path) => [path].flat().map(text));
    this.#pointer = Array.isArray(parent.lazy_read_pointer) ? parent.lazy_read_pointer.map(text) : [];
    // A parent that is read one way or the other by its state has one here.
    const read = isJsonObject(stream.incremental_stream) ? stream.incremental_stream : stream;
    const sync = isJsonObject(read.incremental_sync) ? read.incremental_sync : null;
    this.#cursorField = sync ? interpolateText(String(sync.cursor_field), scopeOf(build, sync)) : null;
  }

  /** What reading it takes; nothing asks for its schema. */
  get configured(): ConfiguredStream {
    return {
      stream: {
        name: this.name,
        jsonSchema: {},
        supportedSyncModes: ['full_refresh', 'incremental'],
        sourceDefinedCursor: true,
        defaultCursorField: [],
        sourceDefinedPrimaryKey: [],
      },
      syncMode: this.incremental ? 'incremental' : 'full_refresh',
      destinationSyncMode: 'append',
      cursorField: [],
      primaryKey: [],
    };
  }

  /** Where its reading goes on: its own state in the child's, else what the child has for all partitions. */
  stateIn(child: StreamState | null): StreamState | null {
    const { [NO_CURSOR]: _mark, ...state } = child ?? {};
    if (!this.incremental) return null;
    const own = isJsonObject(state.parent_state) ? state.parent_state[this.name] : null;
    if (isJsonObject(own)) return own;
    if (isJsonObject(state.state)) return state.state;
    const [value, ...others] = Object.values(state);
    const isValue = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
    return isValue && others.length === 0 && this.#cursorField ? { [this.#cursorField]: value } : null;
  }

  /** The partition of one of its records; null where the record has no key. */
  sliceOf(record: JsonObject, parentSlice: Readonly<Record<string, unknown>>, lazily: boolean): Slice | null {
    const key = at(record, this.#key);
    if (key === undefined || key === null) return null;
    return {
      partition: { [this.field]: key, parent_slice: parentSlice },
      cursor: {},
      extra: Object.fromEntries(this.#extra.map((path) => [path.join('.'), at(record, path) ?? null])),
      ...(lazily && this.#pointer.length > 0 && { firstPage: at(record, this.#pointer) ?? [] }),
    };
  }
}

function at(record: JsonObject, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((value, key) => {
    if (Array.isArray(value)) return /^\d+$/.test(key) ? value[Number(key)] : undefined;
    return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, record);
}

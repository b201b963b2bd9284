import { PUBLIC_MODES } from '#lib/api/airbyte/catalog.ts';
import type { ConfiguredStream, StreamDescriptor } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** A stream as a document says it: name and mode, and the rest only where it differs from what the source defines. */
export function toDocumentStream({ stream, ...configured }: ConfiguredStream): JsonObject {
  const { cursorField, primaryKey, selectedFields, mappers, softDelete } = configured;
  const ownCursor = !isSame(cursorField, stream.defaultCursorField) && configured.syncMode === 'incremental';
  const ownKey = !isSame(primaryKey, stream.sourceDefinedPrimaryKey);
  return {
    name: stream.name,
    ...(stream.namespace && { namespace: stream.namespace }),
    mode: modeOf(configured),
    ...(ownCursor && { cursor: [...cursorField] }),
    ...(ownKey && { key: primaryKey.map((path) => [...path]) }),
    ...(selectedFields && { fields: [...selectedFields] }),
    ...(mappers && mappers.length > 0 && { mappers: mappers.map((mapper) => ({ ...mapper })) }),
    ...(softDelete && { softDelete }),
  };
}

/** Whether a connection needs to know what its source offers: some stream does not bring its descriptor along. */
export function needsDiscovery(streams: readonly JsonValue[]): boolean {
  return streams.some((stream) => !isJsonObject(stream) || !isJsonObject(stream.descriptor));
}

/** @throws WeirError `invalid_input` for a mode or a stream that there is not */
export function toConfigured(value: JsonValue, offered: readonly StreamDescriptor[]): ConfiguredStream {
  const said = isJsonObject(value) ? value : { name: String(value) };
  const namespace = typeof said.namespace === 'string' ? said.namespace : undefined;
  const stream = isJsonObject(said.descriptor)
    ? wholeDescriptor(said.descriptor)
    : offered.find((each) => each.name === said.name && (namespace === undefined || each.namespace === namespace));
  if (!stream) throw wrong(`The source offers no stream ${said.name}.`, `It offers: ${names(offered)}.`);
  const modes = PUBLIC_MODES[String(said.mode ?? 'full_refresh_overwrite')];
  if (!modes)
    throw wrong(`${said.name}: there is no mode ${said.mode}.`, `Modes: ${Object.keys(PUBLIC_MODES).join(', ')}.`);
  const [syncMode, destinationSyncMode] = modes;
  const { cursor, key, fields, mappers, softDelete } = said;
  return {
    stream,
    ...{ syncMode, destinationSyncMode },
    cursorField: Array.isArray(cursor)
      ? cursor.map(String)
      : typeof cursor === 'string'
        ? [cursor]
        : stream.defaultCursorField,
    primaryKey: Array.isArray(key)
      ? key.map((path) => (Array.isArray(path) ? path.map(String) : [String(path)]))
      : stream.sourceDefinedPrimaryKey,
    ...(Array.isArray(fields) && { selectedFields: fields.map(String) }),
    ...(Array.isArray(mappers) && { mappers: mappers as unknown as NonNullable<ConfiguredStream['mappers']> }),
    ...(softDelete === true && { softDelete }),
  };
}

/** People write of a stream what they know of it; the rest counts as what an API without cursors and keys has. */
function wholeDescriptor(said: JsonObject): StreamDescriptor {
  const gaps = { jsonSchema: {}, supportedSyncModes: ['full_refresh', 'incremental'], sourceDefinedCursor: false };
  return { ...gaps, defaultCursorField: [], sourceDefinedPrimaryKey: [], ...said } as unknown as StreamDescriptor;
}

/** A stream of a document in the one spelling that plans compare: no descriptor, no defaults. */
export function plainStream(value: JsonValue): JsonObject {
  const { descriptor: _descriptor, ...said } = isJsonObject(value) ? value : ({ name: String(value) } as JsonObject);
  const { cursor, key } = said;
  return {
    ...said,
    mode: said.mode ?? 'full_refresh_overwrite',
    ...(typeof cursor === 'string' && { cursor: [cursor] }),
    ...(Array.isArray(key) && { key: key.map((path) => (Array.isArray(path) ? path : [path])) }),
  };
}

function modeOf({ syncMode, destinationSyncMode }: Pick<ConfiguredStream, 'syncMode' | 'destinationSyncMode'>): string {
  const found = Object.entries(PUBLIC_MODES).find(([, pair]) => isSame(pair, [syncMode, destinationSyncMode]));
  return found?.[0] ?? 'full_refresh_overwrite';
}

function names(streams: readonly StreamDescriptor[]): string {
  return streams.map(({ name }) => name).join(', ');
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function wrong(message: string, hint: string): WeirError {
  return new WeirError({ kind: 'config', code: 'invalid_input', message, hint });
}

import type { ConfiguredStream, DestinationSyncMode, Mapper, StreamDescriptor, SyncMode } from '#lib/catalog.ts';
import type { Issue } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { invalid, listOf, objectOf, withoutAbsent } from './call.ts';

/** The public API's words for pairs of modes; the first is what it takes when none is named. */
export const PUBLIC_MODES: Record<string, readonly [SyncMode, DestinationSyncMode]> = {
  full_refresh_overwrite: ['full_refresh', 'overwrite'],
  full_refresh_overwrite_deduped: ['full_refresh', 'overwrite_dedup'],
  full_refresh_append: ['full_refresh', 'append'],
  incremental_append: ['incremental', 'append'],
  incremental_deduped_history: ['incremental', 'append_dedup'],
};

/** A stream as catalogs show it. */
export function toAirbyteStream(stream: StreamDescriptor): JsonObject {
  return withoutAbsent({
    name: stream.name,
    namespace: stream.namespace,
    jsonSchema: stream.jsonSchema,
    supportedSyncModes: [...stream.supportedSyncModes],
    sourceDefinedCursor: stream.sourceDefinedCursor,
    defaultCursorField: [...stream.defaultCursorField],
    sourceDefinedPrimaryKey: pathsOf(stream.sourceDefinedPrimaryKey),
  }) as JsonObject;
}

/** A discovered stream with the modes that suit it best, selected. */
export function toDiscovered(stream: StreamDescriptor): JsonObject {
  const incremental = stream.supportedSyncModes.includes('incremental') && stream.defaultCursorField.length > 0;
  const keyed = stream.sourceDefinedPrimaryKey.length > 0;
  return toSyncCatalogStream({
    stream,
    syncMode: incremental ? 'incremental' : 'full_refresh',
    destinationSyncMode: incremental ? (keyed ? 'append_dedup' : 'append') : 'overwrite',
    cursorField: stream.defaultCursorField,
    primaryKey: stream.sourceDefinedPrimaryKey,
  });
}

/** A stream of a connection's `syncCatalog`. */
export function toSyncCatalogStream({ stream, ...configured }: ConfiguredStream): JsonObject {
  const { selectedFields } = configured;
  return {
    stream: toAirbyteStream(stream),
    config: {
      syncMode: configured.syncMode,
      destinationSyncMode: configured.destinationSyncMode,
      cursorField: [...configured.cursorField],
      primaryKey: pathsOf(configured.primaryKey),
      aliasName: stream.name,
      selected: true,
      fieldSelectionEnabled: selectedFields !== undefined,
      selectedFields: (selectedFields ?? []).map((field) => ({ fieldPath: [field] })),
      mappers: (configured.mappers ?? []).map((mapper) => ({ ...mapper })),
    },
  };
}

/** A stream of a connection as the public API shows it. */
export function toPublicStream({ stream, ...configured }: ConfiguredStream): JsonObject {
  return withoutAbsent({
    name: stream.name,
    namespace: stream.namespace,
    syncMode: publicMode(configured),
    cursorField: [...configured.cursorField],
    primaryKey: pathsOf(configured.primaryKey),
    selectedFields: configured.selectedFields?.map((field) => ({ fieldPath: [field] })),
    mappers: (configured.mappers ?? []).map((mapper) => ({ ...mapper })),
  }) as JsonObject;
}

/**
 * The streams of a `syncCatalog` that are selected. What a client leaves out of a stream is taken from the catalog that
 * was discovered, as far as there is one.
 * @throws WeirError `invalid_input` with all issues
 */
export function readSyncCatalog(value: JsonValue | undefined, known: readonly StreamDescriptor[]): ConfiguredStream[] {
  const issues: Issue[] = [];
  const streams = listOf(objectOf(value).streams).flatMap((item, index) => {
    const path = `syncCatalog.streams.${index}`;
    const config = objectOf(objectOf(item).config);
    if (config.selected === false) return [];
    const sent = objectOf(objectOf(item).stream);
    const name = typeof sent.name === 'string' ? sent.name : '';
    if (name === '') issues.push({ path: `${path}.stream.name`, message: 'This is required.' });
    const namespace = typeof sent.namespace === 'string' && sent.namespace !== '' ? sent.namespace : undefined;
    const found = findStream(known, name, namespace);
    const syncMode = (config.syncMode ?? 'full_refresh') as SyncMode;
    const destinationSyncMode = (config.destinationSyncMode ??
      (syncMode === 'incremental' ? 'append' : 'overwrite')) as DestinationSyncMode;
    const stream = readStream(sent, name, namespace, found);
    return [configuredOf(stream, config, [syncMode, destinationSyncMode])];
  });
  if (issues.length > 0) throw invalid(issues, 'The catalog was not taken.');
  return streams;
}

/** Whether a client's catalog says less of its streams than a connection needs: no schema, or no cursor to go by. */
export function hasGaps(catalog: JsonObject): boolean {
  return listOf(catalog.streams).some((item) => {
    const { stream, config } = objectOf(item);
    const { jsonSchema, defaultCursorField } = objectOf(stream);
    const { syncMode, cursorField } = objectOf(config);
    const cursors = [...textsOf(cursorField), ...textsOf(defaultCursorField)];
    return Object.keys(objectOf(jsonSchema)).length === 0 || (syncMode === 'incremental' && cursors.length === 0);
  });
}

/**
 * The streams of the public API's `configurations`; without any, everything that was discovered in full.
 * @throws WeirError `invalid_input` with all issues
 */
export function readPublicStreams(
  value: JsonValue | undefined,
  discovered: readonly StreamDescriptor[],
): ConfiguredStream[] {
  const listed = listOf(objectOf(value).streams).map(objectOf);
  if (listed.length === 0) return discovered.map((stream) => configuredOf(stream, {}, PUBLIC_DEFAULT));
  const issues: Issue[] = [];
  const streams = listed.flatMap((config, index) => {
    const path = `configurations.streams.${index}`;
    const found = findStream(discovered, String(config.name), config.namespace as string | undefined);
    if (!found) issues.push({ path: `${path}.name`, message: `The source has no stream named ${config.name}.` });
    const modes = PUBLIC_MODES[String(config.syncMode ?? 'full_refresh_overwrite')];
    if (!modes) issues.push({ path: `${path}.syncMode`, message: `One of: ${Object.keys(PUBLIC_MODES).join(', ')}.` });
    issues.push(...cursorIssues(found, config, path));
    return found && modes ? [configuredOf(found, { ...config, fieldSelectionEnabled: true }, modes)] : [];
  });
  if (issues.length > 0) throw invalid(issues, 'The streams were not taken.');
  return streams;
}

const PUBLIC_DEFAULT = ['full_refresh', 'overwrite'] as const;

function configuredOf(
  stream: StreamDescriptor,
  config: JsonObject,
  [syncMode, destinationSyncMode]: readonly [SyncMode, DestinationSyncMode],
): ConfiguredStream {
  const cursor = typeof config.cursorField === 'string' ? [config.cursorField] : textsOf(config.cursorField);
  const key = listOf(config.primaryKey).map((path) => (typeof path === 'string' ? [path] : textsOf(path)));
  const fields = listOf(config.selectedFields).map((field) => textsOf(objectOf(field).fieldPath)[0] ?? String(field));
  const selects = config.fieldSelectionEnabled === true && Array.isArray(config.selectedFields);
  const mappers = mappersOf(config);
  return {
    stream,
    syncMode,
    destinationSyncMode,
    cursorField: stream.sourceDefinedCursor || cursor.length === 0 ? stream.defaultCursorField : cursor,
    primaryKey: stream.sourceDefinedPrimaryKey.length > 0 ? stream.sourceDefinedPrimaryKey : key,
    // An empty selection of the Config API is what clients send when nothing was chosen.
    ...(selects && fields.length > 0 && { selectedFields: fields }),
    ...(mappers.length > 0 && { mappers }),
  };
}

function readStream(
  sent: JsonObject,
  name: string,
  namespace: string | undefined,
  found: StreamDescriptor | undefined,
): StreamDescriptor {
  const schema = isJsonObject(sent.jsonSchema) && Object.keys(sent.jsonSchema).length > 0 ? sent.jsonSchema : undefined;
  const modes = textsOf(sent.supportedSyncModes) as SyncMode[];
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    jsonSchema: schema ?? found?.jsonSchema ?? {},
    supportedSyncModes: modes.length > 0 ? modes : (found?.supportedSyncModes ?? ['full_refresh', 'incremental']),
    sourceDefinedCursor:
      typeof sent.sourceDefinedCursor === 'boolean' ? sent.sourceDefinedCursor : (found?.sourceDefinedCursor ?? false),
    defaultCursorField: Array.isArray(sent.defaultCursorField)
      ? textsOf(sent.defaultCursorField)
      : (found?.defaultCursorField ?? []),
    sourceDefinedPrimaryKey: Array.isArray(sent.sourceDefinedPrimaryKey)
      ? sent.sourceDefinedPrimaryKey.map(textsOf)
      : (found?.sourceDefinedPrimaryKey ?? []),
  };
}

/** A name that is there once is found without its namespace. */
function findStream(
  streams: readonly StreamDescriptor[],
  name: string,
  namespace: string | undefined,
): StreamDescriptor | undefined {
  const named = streams.filter((stream) => stream.name === name);
  if (namespace === undefined && named.length === 1) return named[0];
  return named.find((stream) => (stream.namespace ?? '') === (namespace ?? ''));
}

/** `hashedFields` is the older word for mappers that hash; Airbyte answers with both, and takes either. */
function mappersOf({ mappers, hashedFields }: JsonObject): Mapper[] {
  const given = mappersIn(mappers);
  const isHashed = (field: string) =>
    given.some(({ type, mapperConfiguration }) => type === 'hashing' && mapperConfiguration.targetField === field);
  const fields = listOf(hashedFields).flatMap((field) => textsOf(objectOf(field).fieldPath).slice(0, 1));
  const missing = [...new Set(fields)].filter((field) => !isHashed(field));
  return [...given, ...missing.map((targetField) => ({ ...HASH, mapperConfiguration: { ...HASH_AS, targetField } }))];
}

const HASH = { type: 'hashing' };
const HASH_AS = { method: 'SHA-256', fieldNameSuffix: '_hashed' };

function mappersIn(value: JsonValue | undefined): Mapper[] {
  return listOf(value)
    .map(objectOf)
    .map(({ id, type, mapperConfiguration }) => ({
      ...(typeof id === 'string' && { id }),
      type: String(type),
      mapperConfiguration: objectOf(mapperConfiguration),
    }));
}

/** A cursor that the source defines can't be chosen otherwise. */
function cursorIssues(stream: StreamDescriptor | undefined, config: JsonObject, path: string): Issue[] {
  const chosen = textsOf(config.cursorField);
  if (!stream?.sourceDefinedCursor || chosen.length === 0) return [];
  if (JSON.stringify(chosen) === JSON.stringify(stream.defaultCursorField)) return [];
  return [
    { path: `${path}.cursorField`, message: `The source defines the cursor: ${stream.defaultCursorField.join('.')}.` },
  ];
}

function publicMode({ syncMode, destinationSyncMode }: Pick<ConfiguredStream, 'syncMode' | 'destinationSyncMode'>) {
  const same = Object.entries(PUBLIC_MODES).find(
    ([, [source, destination]]) => source === syncMode && destination === destinationSyncMode,
  );
  return same?.[0] ?? 'full_refresh_overwrite';
}

function textsOf(value: JsonValue | undefined): string[] {
  return listOf(value).filter((item) => typeof item === 'string');
}

function pathsOf(paths: readonly (readonly string[])[]): string[][] {
  return paths.map((path) => [...path]);
}

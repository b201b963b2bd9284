import type { ConfiguredStream, DestinationSyncMode, SyncMode } from '#lib/catalog.ts';
import type { DestinationKind } from '#lib/destinations/destination.ts';
import type { Issue } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { mapperIssues } from '#lib/records/index.ts';

/** What can be done with what was read; the others would lose or repeat rows. */
const PAIRS: Record<SyncMode, readonly DestinationSyncMode[]> = {
  full_refresh: ['append', 'overwrite', 'overwrite_dedup'],
  incremental: ['append', 'append_dedup'],
};
const MOST_STREAMS = 1_000;

/** All that is wrong with the streams of a connection, by path: `streams.2.cursorField`. */
export function streamIssues(
  streams: readonly ConfiguredStream[],
  kind: Pick<DestinationKind, 'title' | 'supportedModes' | 'refuses'>,
  { oneNamespace, config = {} }: { oneNamespace: boolean; config?: JsonObject },
): Issue[] {
  if (streams.length === 0) return [{ path: 'streams', message: 'Choose at least one stream.' }];
  if (streams.length > MOST_STREAMS) return [{ path: 'streams', message: `At most ${MOST_STREAMS} streams.` }];
  return [
    ...streams.flatMap((stream, index) =>
      issuesOf(stream, kind, config).map(({ path, message }) => ({ path: `streams.${index}${path}`, message })),
    ),
    ...collisions(streams, oneNamespace),
  ];
}

function issuesOf(
  configured: ConfiguredStream,
  kind: Pick<DestinationKind, 'title' | 'supportedModes' | 'refuses'>,
  config: JsonObject,
) {
  const { stream, syncMode, destinationSyncMode } = configured;
  const name = stream.name;
  const refused = kind.refuses?.(config, configured) ?? null;
  return [
    !stream.supportedSyncModes.includes(syncMode) && {
      path: '.syncMode',
      message: `${name} can't be read ${syncMode === 'incremental' ? 'incrementally' : 'in full'}.`,
    },
    !PAIRS[syncMode]?.includes(destinationSyncMode) && {
      path: '.destinationSyncMode',
      message: `${words(syncMode)} goes with ${(PAIRS[syncMode] ?? []).map(words).join(', ')}.`,
    },
    !kind.supportedModes.includes(destinationSyncMode) && {
      path: '.destinationSyncMode',
      message: `${kind.title} can't do ${words(destinationSyncMode)}.`,
    },
    ...cursorIssues(configured),
    ...keyIssues(configured),
    ...selectionIssues(configured),
    ...mapperIssues(configured).map(({ path, message }) => ({ path: `.${path}`, message })),
    configured.softDelete === true &&
      destinationSyncMode !== 'overwrite_dedup' && {
        path: '.softDelete',
        message: `${name}: rows that vanish can be marked in “Full refresh, overwrite, deduplicated” only.`,
      },
    refused !== null && { path: '', message: `${name}: ${refused}` },
  ].filter((issue) => issue !== false);
}

function cursorIssues({ stream, syncMode, cursorField }: ConfiguredStream) {
  if (syncMode !== 'incremental' || stream.sourceDefinedCursor) return [];
  if (cursorField.length === 0)
    return [{ path: '.cursorField', message: `${stream.name} needs a cursor to be read incrementally.` }];
  const [field = ''] = cursorField;
  return isKnown(stream.jsonSchema, field)
    ? []
    : [{ path: '.cursorField', message: `${stream.name} has no field named ${field}.` }];
}

function keyIssues({ stream, destinationSyncMode, primaryKey }: ConfiguredStream) {
  if (!destinationSyncMode.endsWith('_dedup')) return [];
  if (primaryKey.length === 0 || primaryKey.some((path) => path.length === 0))
    return [{ path: '.primaryKey', message: `${stream.name} needs a key, so that a row is found again.` }];
  return primaryKey
    .map(([field = '']) => field)
    .filter((field) => !isKnown(stream.jsonSchema, field))
    .map((field) => ({ path: '.primaryKey', message: `${stream.name} has no field named ${field}.` }));
}

function selectionIssues({ stream, selectedFields, syncMode, destinationSyncMode, ...configured }: ConfiguredStream) {
  if (selectedFields === undefined) return [];
  if (selectedFields.length === 0) return [{ path: '.selectedFields', message: 'Choose at least one field.' }];
  const key = destinationSyncMode.endsWith('_dedup') ? configured.primaryKey.map(([field = '']) => field) : [];
  const cursor = stream.sourceDefinedCursor ? stream.defaultCursorField : configured.cursorField;
  const needed = [...key, ...(syncMode === 'incremental' ? cursor.slice(0, 1) : [])];
  return needed
    .filter((field) => !selectedFields.includes(field))
    .map((field) => ({ path: '.selectedFields', message: `${field} is cursor or key of ${stream.name}: keep it.` }));
}

/** Two streams that would write the same table. */
function collisions(streams: readonly ConfiguredStream[], oneNamespace: boolean): Issue[] {
  const seen = new Map<string, number>();
  return streams.flatMap(({ stream }, index) => {
    const table = JSON.stringify([oneNamespace ? '' : (stream.namespace ?? ''), stream.name]);
    const first = seen.get(table);
    if (first === undefined) seen.set(table, index);
    return first === undefined
      ? []
      : [{ path: `streams.${index}`, message: `${stream.name} would write the table of stream ${first + 1}.` }];
  });
}

/** A schema without properties knows nothing, and then any field may be there. */
function isKnown(schema: ConfiguredStream['stream']['jsonSchema'], field: string): boolean {
  const properties = schema.properties;
  if (!isJsonObject(properties) || Object.keys(properties).length === 0) return true;
  return Object.hasOwn(properties, field);
}

function words(mode: string): string {
  return mode.replaceAll('_', ' ');
}

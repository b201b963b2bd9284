import type { FullConnection } from '#lib/connections/full-lists.ts';
import type { Tag } from '#lib/connections/tags.ts';
import type { SchemaPolicy } from '#lib/db/schema.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { epochSeconds, withoutAbsent } from './call.ts';
import { toPublicStream, toSyncCatalogStream } from './catalog.ts';
import { toResources } from './resources.ts';
import { type BasicSchedule, type ClientWords, toConfigSchedule, toPublicSchedule } from './schedule.ts';

const CONFIG_NAMESPACES = { source: 'source', destination: 'destination', custom: 'customformat' } as const;
const PUBLIC_NAMESPACES = { ...CONFIG_NAMESPACES, custom: 'custom_format' } as const;

/** What a client may do about changes of a schema, in the words of either tree. */
const PREFERENCES: Record<string, SchemaPolicy> = {
  ignore: 'ignore',
  disable: 'disable',
  disable_connection: 'disable',
  propagate_columns: 'propagate_columns',
  propagate_fully: 'propagate_fully',
};

/** A connection as the Config API shows it. */
export function toConfigConnection(connection: FullConnection, workspaceId: string): JsonObject {
  const { clientSettings: settings } = connection;
  return withoutAbsent({
    connectionId: connection.id,
    name: connection.name,
    sourceId: connection.sourceId,
    destinationId: connection.destinationId,
    workspaceId,
    syncCatalog: { streams: connection.streams.map(toSyncCatalogStream) },
    status: connection.status,
    statusReason: connection.status === 'inactive' ? connection.pausedReason : undefined,
    ...toConfigSchedule(connection.schedule, wordsOf(settings).basic),
    namespaceDefinition: CONFIG_NAMESPACES[connection.namespaceDefinition],
    namespaceFormat: connection.namespaceFormat ?? undefined,
    prefix: connection.prefix,
    operationIds: [],
    sourceCatalogId: settings.sourceCatalogId,
    breakingChange: false,
    nonBreakingChangesPreference: connection.schemaChanges,
    notifySchemaChanges: settings.notifySchemaChanges === true,
    notifySchemaChangesByEmail: settings.notifySchemaChangesByEmail === true,
    backfillPreference: settings.backfillPreference ?? 'disabled',
    resourceRequirements: toResources(connection),
    geography: 'auto',
    created_at: epochSeconds(connection.createdAt),
    createdAt: epochSeconds(connection.createdAt),
    tags: connection.tags.map((tag) => toTag(tag, workspaceId)),
  }) as JsonObject;
}

/** A connection as the public API shows it: every field that clients require is there. */
export function toPublicConnection(connection: FullConnection, workspaceId: string): JsonObject {
  const { schemaChanges } = connection;
  return withoutAbsent({
    connectionId: connection.id,
    name: connection.name,
    sourceId: connection.sourceId,
    destinationId: connection.destinationId,
    workspaceId,
    status: connection.status,
    statusReason: connection.status === 'inactive' ? connection.pausedReason : undefined,
    schedule: toPublicSchedule(connection.schedule, wordsOf(connection.clientSettings)),
    configurations: { streams: connection.streams.map(toPublicStream) },
    dataResidency: 'auto',
    namespaceDefinition: PUBLIC_NAMESPACES[connection.namespaceDefinition],
    namespaceFormat: connection.namespaceFormat ?? undefined,
    prefix: connection.prefix,
    nonBreakingSchemaUpdatesBehavior: schemaChanges === 'disable' ? 'disable_connection' : schemaChanges,
    createdAt: epochSeconds(connection.createdAt),
    tags: connection.tags.map((tag) => toTag(tag, workspaceId)),
  }) as JsonObject;
}

export function toTag({ id, name, color }: Tag, workspaceId: string): JsonObject {
  return { tagId: id, name, color, workspaceId };
}

/** Our word for where streams land; undefined when the client says nothing, or something that it does not know either. */
export function readNamespace(value: JsonValue | undefined): 'source' | 'destination' | 'custom' | undefined {
  if (value === 'source' || value === 'destination') return value;
  return value === 'customformat' || value === 'custom_format' ? 'custom' : undefined;
}

/** What becomes of schemas that change; undefined when the client says nothing, or something that it does not know either. */
export function readSchemaPolicy(body: JsonObject): SchemaPolicy | undefined {
  return PREFERENCES[String(body.nonBreakingChangesPreference ?? body.nonBreakingSchemaUpdatesBehavior)];
}

/** Settings that are kept as the client gave them; of what it left out the stored ones stay. */
export function readClientSettings(
  body: JsonObject,
  stored: JsonObject,
  basic: BasicSchedule | null | undefined,
): JsonObject {
  return withoutAbsent({
    ...stored,
    ...kept(body, ['notifySchemaChanges', 'notifySchemaChangesByEmail', 'backfillPreference', 'sourceCatalogId']),
    ...(basic !== undefined && { basicSchedule: basic === null ? undefined : { ...basic } }),
    ...(isJsonObject(body.schedule) && kept(body.schedule, ['cronExpression'])),
  }) as JsonObject;
}

function kept(body: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = body[field];
      return typeof value === 'boolean' || typeof value === 'string' ? [[field, value]] : [];
    }),
  );
}

function wordsOf({ basicSchedule: value, cronExpression }: JsonObject): ClientWords {
  const basic = isJsonObject(value) ? { timeUnit: String(value.timeUnit), units: Number(value.units) } : null;
  return { basic, cron: typeof cronExpression === 'string' ? cronExpression : null };
}

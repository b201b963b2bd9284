import type { ConfiguredStream } from '#lib/catalog.ts';
import type { Db } from '#lib/db/connect.ts';
import type { Env } from '#lib/env.ts';
import { WeirError } from '#lib/errors.ts';
import { nextDue } from '#lib/jobs/due-times.ts';
import type { Secrets } from '#lib/secrets.ts';
import { assertValidConnection, type ConnectionInput, type ConnectionStatus } from './connection-input.ts';
import { keepMapperSecrets, maskMappers, sealMappers } from './mapper-secrets.ts';
import { notFound, withFreeName } from './refusals.ts';

export type { ConnectionInput, ConnectionStatus, NamespaceDefinition } from './connection-input.ts';

export interface ConnectionSummary extends Omit<ConnectionInput, 'streams' | 'sourceId' | 'destinationId'> {
  readonly id: string;
  readonly source: { readonly id: string; readonly name: string };
  readonly destination: { readonly id: string; readonly name: string; readonly type: string };
  readonly nextDue: Date | null;
  readonly pausedReason: string | null;
  readonly streamNames: readonly string[];
  readonly createdAt: Date;
}

export interface Connection extends Omit<ConnectionSummary, 'source' | 'streamNames'> {
  readonly source: ConnectionSummary['source'] & { readonly connectorId: string; readonly connectorName: string };
  readonly streams: readonly ConfiguredStream[];
  readonly updatedAt: Date;
}

interface ConnectionContext {
  readonly db: Db;
  readonly clock: () => Date;
  readonly secrets: Secrets;
  readonly env: Pick<Env, 'mostSyncCpuCores'>;
}

/** What a new connection has where nothing else is said. */
export const CONNECTION_DEFAULTS = {
  namespaceDefinition: 'destination',
  namespaceFormat: null,
  prefix: '',
  schedule: { type: 'manual' },
  freshnessTargetMinutes: null,
  status: 'active',
  schemaChanges: 'propagate_columns',
  badValues: 'null',
  quarantineLimit: null,
  owner: null,
  connectorVersion: null,
  memoryMb: null,
  cpuCores: null,
} as const satisfies Partial<ConnectionInput>;

export async function listConnections({ db }: { db: Db }, workspaceId: string): Promise<ConnectionSummary[]> {
  const rows = await selectConnections(db, workspaceId)
    .select((row) =>
      row
        .selectFrom('connection_stream')
        .whereRef('connection_stream.connection_id', '=', 'connection.id')
        .select((names) => names.fn.agg<string[]>('array_agg', ['connection_stream.name']).as('names'))
        .as('streamNames'),
    )
    .orderBy('connection.name')
    .execute();
  return rows.map((row) => ({ ...toSummary(row), streamNames: row.streamNames ?? [] }));
}

export async function getConnection({ db }: { db: Db }, workspaceId: string, id: string): Promise<Connection> {
  const row = await selectConnections(db, workspaceId).where('connection.id', '=', id).executeTakeFirst();
  if (!row) throw notFound('connection');
  const summary = toSummary(row);
  return {
    ...summary,
    source: { ...summary.source, connectorId: row.connectorId, connectorName: row.connectorName },
    streams: maskMappers(await streamsOf(db, id)),
    updatedAt: row.updatedAt,
  };
}

/** @throws WeirError `invalid_input` with all problems of streams, schedule and names */
export async function createConnection(
  { db, clock, secrets, env }: ConnectionContext,
  workspaceId: string,
  input: Partial<ConnectionInput> & Pick<ConnectionInput, 'name' | 'sourceId' | 'destinationId' | 'streams'>,
): Promise<{ id: string }> {
  const next = { ...CONNECTION_DEFAULTS, ...withoutUndefined(input) } as ConnectionInput;
  await assertValidConnection({ db, env }, workspaceId, next);
  return withFreeName('connection', next.name, () =>
    db.transaction().execute(async (trx) => {
      const { id } = await trx
        .insertInto('connection')
        .values({
          workspace_id: workspaceId,
          source_id: next.sourceId,
          destination_id: next.destinationId,
          ...columnsOf(next, clock()),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      await insertStreams(trx, workspaceId, id, sealMappers(secrets, workspaceId, next.streams));
      return { id };
    }),
  );
}

/** Changes what is given. Source and destination stay: another one is another connection. */
export async function updateConnection(
  { db, clock, secrets, env }: ConnectionContext,
  workspaceId: string,
  id: string,
  change: Partial<Omit<ConnectionInput, 'sourceId' | 'destinationId'>>,
): Promise<void> {
  await withFreeName('connection', change.name ?? '', () =>
    db.transaction().execute(async (trx) => {
      // Two changes at once come one after the other: neither undoes what it did not speak of.
      if (!(await lockConnection(trx, workspaceId, id))) throw notFound('connection');
      const current = await getConnection({ db: trx }, workspaceId, id);
      const next: ConnectionInput = {
        ...current,
        ...withoutUndefined(change),
        streams: await nextStreams(trx, id, change.streams),
        sourceId: current.source.id,
        destinationId: current.destination.id,
      };
      await assertValidConnection({ db: trx, env }, workspaceId, next, current);
      const when = ({ schedule, status }: Pick<ConnectionInput, 'schedule' | 'status'>) =>
        JSON.stringify([schedule, status]);
      const keepsDue = when(next) === when(current);
      const { next_due, ...columns } = columnsOf(next, clock());
      await trx
        .updateTable('connection')
        .set({ ...columns, ...(keepsDue ? {} : { next_due }), updated_at: clock() })
        .where('id', '=', id)
        .execute();
      if (change.streams === undefined) return;
      await trx.deleteFrom('connection_stream').where('connection_id', '=', id).execute();
      await insertStreams(trx, workspaceId, id, sealMappers(secrets, workspaceId, next.streams));
    }),
  );
}

/** Pauses or resumes. A resumed connection waits for its next due time; what was due meanwhile is not made up for. */
export async function setConnectionStatus(
  { db, clock }: Omit<ConnectionContext, 'secrets' | 'env'>,
  workspaceId: string,
  id: string,
  status: ConnectionStatus,
  reason: string | null = null,
): Promise<void> {
  const active = status === 'active';
  await db.transaction().execute(async (trx) => {
    if (!(await lockConnection(trx, workspaceId, id))) throw notFound('connection');
    const { schedule } = await getConnection({ db: trx }, workspaceId, id);
    await trx
      .updateTable('connection')
      .set({
        status,
        paused_reason: active ? null : reason,
        next_due: active ? nextDue(schedule, clock()) : null,
        updated_at: clock(),
      })
      .where('id', '=', id)
      .execute();
  });
}

/** Deletes the connection with its history; what it wrote at the destination stays. @throws WeirError `sync_running` */
export async function deleteConnection({ db }: { db: Db }, workspaceId: string, id: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (!(await lockConnection(trx, workspaceId, id))) throw notFound('connection');
    if (await hasActiveSync(trx, id)) {
      throw new WeirError({
        kind: 'config',
        code: 'sync_running',
        message: 'A sync of this connection is running.',
        hint: 'Cancel it first.',
      });
    }
    await trx.deleteFrom('connection').where('id', '=', id).execute();
  });
}

function columnsOf(input: ConnectionInput, now: Date) {
  return {
    name: input.name.trim(),
    status: input.status,
    namespace_definition: input.namespaceDefinition,
    namespace_format: input.namespaceDefinition === 'custom' ? input.namespaceFormat : null,
    prefix: input.prefix,
    schedule: JSON.stringify(input.schedule),
    next_due: input.status === 'active' ? nextDue(input.schedule, now) : null,
    freshness_target_minutes: input.freshnessTargetMinutes,
    schema_changes: input.schemaChanges,
    bad_values: input.badValues,
    quarantine_limit: input.quarantineLimit && JSON.stringify(input.quarantineLimit),
    owner: input.owner?.trim() || null,
    connector_version: input.connectorVersion,
    memory_mb: input.memoryMb,
    cpu_cores: input.cpuCores,
    ...(input.status === 'active' && { paused_reason: null }),
  };
}

async function insertStreams(db: Db, workspaceId: string, connectionId: string, streams: readonly ConfiguredStream[]) {
  await db
    .insertInto('connection_stream')
    .values(
      streams.map((configured, position) => ({
        connection_id: connectionId,
        workspace_id: workspaceId,
        namespace: configured.stream.namespace ?? '',
        name: configured.stream.name,
        position,
        configured: JSON.stringify(configured),
      })),
    )
    .execute();
}

/** With the stored keys of mappers where they came back masked. */
async function nextStreams(
  db: Db,
  connectionId: string,
  given: readonly ConfiguredStream[] | undefined,
): Promise<ConfiguredStream[]> {
  const stored = await streamsOf(db, connectionId);
  return given === undefined ? stored : keepMapperSecrets(stored, given);
}

async function streamsOf(db: Db, connectionId: string): Promise<ConfiguredStream[]> {
  const rows = await db
    .selectFrom('connection_stream')
    .select('configured')
    .where('connection_id', '=', connectionId)
    .orderBy('position')
    .execute();
  return rows.map(({ configured }) => configured);
}

function selectConnections(db: Db, workspaceId: string) {
  return db
    .selectFrom('connection')
    .innerJoin('source', 'source.id', 'connection.source_id')
    .innerJoin('connector', 'connector.id', 'source.connector_id')
    .innerJoin('destination', 'destination.id', 'connection.destination_id')
    .select([
      'connection.id',
      'connection.name',
      'connection.status',
      'connection.namespace_definition as namespaceDefinition',
      'connection.namespace_format as namespaceFormat',
      'connection.prefix',
      'connection.schedule',
      'connection.next_due as nextDue',
      'connection.freshness_target_minutes as freshnessTargetMinutes',
      'connection.schema_changes as schemaChanges',
      'connection.bad_values as badValues',
      'connection.quarantine_limit as quarantineLimit',
      'connection.paused_reason as pausedReason',
      'connection.owner',
      'connection.connector_version as connectorVersion',
      'connection.memory_mb as memoryMb',
      'connection.cpu_cores as cpuCores',
      'connection.created_at as createdAt',
      'connection.updated_at as updatedAt',
      'source.id as sourceId',
      'source.name as sourceName',
      'connector.id as connectorId',
      'connector.name as connectorName',
      'destination.id as destinationId',
      'destination.name as destinationName',
      'destination.type as destinationType',
    ])
    .where('connection.workspace_id', '=', workspaceId);
}

type ConnectionRow = Awaited<ReturnType<ReturnType<typeof selectConnections>['executeTakeFirstOrThrow']>>;

function toSummary(row: ConnectionRow): Omit<ConnectionSummary, 'streamNames'> {
  const { sourceId, sourceName, destinationId, destinationName, destinationType } = row;
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    source: { id: sourceId, name: sourceName },
    destination: { id: destinationId, name: destinationName, type: destinationType },
    namespaceDefinition: row.namespaceDefinition,
    namespaceFormat: row.namespaceFormat,
    prefix: row.prefix,
    schedule: row.schedule,
    nextDue: row.nextDue,
    freshnessTargetMinutes: row.freshnessTargetMinutes,
    schemaChanges: row.schemaChanges,
    badValues: row.badValues,
    quarantineLimit: row.quarantineLimit,
    owner: row.owner,
    connectorVersion: row.connectorVersion,
    memoryMb: row.memoryMb,
    cpuCores: row.cpuCores,
    pausedReason: row.pausedReason,
    createdAt: row.createdAt,
  };
}

function lockConnection(db: Db, workspaceId: string, id: string) {
  return db
    .selectFrom('connection')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

async function hasActiveSync(db: Db, connectionId: string): Promise<boolean> {
  const row = await db
    .selectFrom('syncs')
    .select('id')
    .where('connection_id', '=', connectionId)
    .where('status', 'in', ['pending', 'running', 'incomplete'])
    .executeTakeFirst();
  return row !== undefined;
}

function withoutUndefined<T extends object>(input: T): T {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as T;
}

import { sql } from 'kysely';
import type { ConfiguredStream } from '#lib/catalog.ts';
import type { Db } from '#lib/db/connect.ts';
import type { SyncTrigger } from '#lib/db/schema.ts';
import type { Failure } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { SyncOrder } from './order.ts';
import { notFound } from './refusals.ts';

/** A sync that has not ended: at most one per connection, by a partial unique index. */
export const ACTIVE = ['pending', 'running', 'incomplete'] as const;

/** The code of a sync whose load waits behind a failing check. */
export const LOAD_HELD = 'load_held';

export interface NewSync {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly trigger: SyncTrigger;
  readonly dueAt?: Date;
  /** An ordinary sync of all streams when absent. */
  readonly order?: SyncOrder;
}

/** Null when another sync of the connection is active, or this due time has had its sync. */
export async function insertSync(db: Db, sync: NewSync): Promise<number | null> {
  const row = await db
    .insertInto('syncs')
    .values({
      workspace_id: sync.workspaceId,
      connection_id: sync.connectionId,
      trigger: sync.trigger,
      ...(sync.dueAt && { due_at: sync.dueAt }),
      ...(sync.order && {
        kind: sync.order.kind,
        only_streams: sync.order.onlyStreams && JSON.stringify(sync.order.onlyStreams),
        task: sync.order.task ? JSON.stringify(sync.order.task) : null,
      }),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id ?? null;
}

/** A due time that found the sync before it still active: it is not made up for, and says so. */
export async function insertSkipped(
  db: Db,
  sync: Required<Omit<NewSync, 'order'>>,
  failure: Failure,
  now: Date,
): Promise<void> {
  await db
    .insertInto('syncs')
    .values({
      workspace_id: sync.workspaceId,
      connection_id: sync.connectionId,
      trigger: sync.trigger,
      due_at: sync.dueAt,
      status: 'skipped',
      finished_at: now,
      failure: JSON.stringify(failure),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Takes the sync's row for this transaction; null once it has ended. */
export function lockActiveSync(db: Db, syncId: number) {
  return db
    .selectFrom('syncs')
    .selectAll()
    .where('id', '=', syncId)
    .where('status', 'in', ACTIVE)
    .forUpdate()
    .executeTakeFirst();
}

/** The streams of the connection as they are now, one waiting row each; those that exist keep what they have. */
export async function insertStreamRows(
  db: Db,
  sync: { readonly syncId: number; readonly workspaceId: string },
  streams: readonly ConfiguredStream[],
): Promise<void> {
  if (streams.length === 0) return;
  await db
    .insertInto('sync_stream')
    .values(
      streams.map(({ stream }) => ({
        sync_id: sync.syncId,
        workspace_id: sync.workspaceId,
        namespace: stream.namespace ?? '',
        name: stream.name,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Streams that a sync left when it ended: nobody goes on with them. */
export async function endOpenStreams(
  db: Db,
  syncId: number,
  end: { status: 'cancelled' | 'failed'; failure: Failure | null; now: Date },
): Promise<void> {
  await db
    .updateTable('sync_stream')
    .set({ status: end.status, finished_at: end.now, failure: end.failure && JSON.stringify(end.failure) })
    .where('sync_id', '=', syncId)
    .where('status', 'in', ['waiting', 'running'])
    .execute();
}

export function streamRows(db: Db, syncId: number) {
  return db.selectFrom('sync_stream').selectAll().where('sync_id', '=', syncId).orderBy('name').execute();
}

export function configuredStreams(db: Db, connectionId: string) {
  return db
    .selectFrom('connection_stream')
    .select('configured')
    .where('connection_id', '=', connectionId)
    .orderBy('position')
    .execute();
}

/** Of the version that the connection stays with, or of the newest. */
const COMPILED = sql<JsonObject | null>`(
  select v.compiled from connector_version v
  where v.connector_id = source.connector_id and (connection.connector_version is null or v.version = connection.connector_version)
  order by v.version desc limit 1)`;

const CONFIGURED = sql<ConfiguredStream[]>`(
  select coalesce(json_agg(cs.configured order by cs.position), '[]') from connection_stream cs where cs.connection_id = connection.id)`;

/** @throws WeirError `not_found` */
export async function assertConnection(db: Db, workspaceId: string, connectionId: string): Promise<void> {
  const found = await db
    .selectFrom('connection')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', connectionId)
    .executeTakeFirst();
  if (!found) throw notFound('connection');
}

/** All that a sync of the connection needs to know of it, its version of the connector among it. */
export function connectionRow(db: Db, connectionId: string) {
  return db
    .selectFrom('connection')
    .innerJoin('source', 'source.id', 'connection.source_id')
    .innerJoin('destination', 'destination.id', 'connection.destination_id')
    .select([
      'connection.id',
      'connection.workspace_id',
      'connection.name',
      'connection.namespace_definition',
      'connection.namespace_format',
      'connection.prefix',
      'connection.schema_changes',
      'connection.bad_values',
      'connection.quarantine_limit',
      'source.id as source_id',
      'source.name as source_name',
      'source.config as source_config',
      'source.connector_id',
      'destination.id as destination_id',
      'destination.type as destination_type',
      'destination.config as destination_config',
      COMPILED.as('compiled'),
      CONFIGURED.as('configured'),
    ])
    .where('connection.id', '=', connectionId)
    .executeTakeFirst();
}

/** As it is stored, kept from other writers until the transaction ends; null when the source is gone. */
export async function lockSourceConfig(db: Db, sourceId: string): Promise<JsonObject | null> {
  const row = await db.selectFrom('source').select('config').where('id', '=', sourceId).forUpdate().executeTakeFirst();
  return row?.config ?? null;
}

/** The config once no other process has it to itself; until the transaction ends nobody else does. */
export async function sourceConfigAlone(tx: Db, sourceId: string): Promise<JsonObject | null> {
  // It stands still while a token is fetched, however slow that is.
  await sql`set local idle_in_transaction_session_timeout = '15min'`.execute(tx);
  await sql`select pg_advisory_xact_lock(hashtextextended(${`source:${sourceId}`}, 0))`.execute(tx);
  const row = await tx.selectFrom('source').select('config').where('id', '=', sourceId).executeTakeFirst();
  return row?.config ?? null;
}

export async function updateSourceConfig(db: Db, sourceId: string, config: JsonObject): Promise<void> {
  await db
    .updateTable('source')
    .set({ config: JSON.stringify(config), updated_at: new Date() })
    .where('id', '=', sourceId)
    .execute();
}

/** Connections whose time has come, locked so that no other scheduler takes them. */
export async function lockDueConnections(db: Db, now: Date, limit: number) {
  return db
    .selectFrom('connection')
    .select(['id', 'workspace_id', 'schedule', 'next_due'])
    .select(heldSyncOf.as('held'))
    .where('status', '=', 'active')
    .where('next_due', '<=', now)
    .orderBy('next_due')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
}

/** The connection's sync whose load is held, or null. */
const heldSyncOf = sql<number | null>`(
  select max(s.id) from syncs s join sync_stream t on t.sync_id = s.id
  where s.connection_id = connection.id and t.status = 'held')`;

export async function heldSync(db: Db, connectionId: string): Promise<number | null> {
  const row = await db
    .selectFrom('connection')
    .select(heldSyncOf.as('held'))
    .where('id', '=', connectionId)
    .executeTakeFirst();
  return row?.held ?? null;
}

export async function setNextDue(db: Db, connectionId: string, nextDue: Date | null): Promise<void> {
  await db.updateTable('connection').set({ next_due: nextDue }).where('id', '=', connectionId).execute();
}

/** Syncs that have waited for long, and those that say they run while no worker has been heard of for them. */
export async function strandedSyncs(db: Db, staleBefore: Date): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select s.id from syncs s
    where (s.status in ('pending', 'incomplete') and s.created_at < ${staleBefore})
      or (s.status = 'running' and s.started_at < ${staleBefore}
        and not exists (
          select from attempt a join worker w on w.id = a.worker
          where a.sync_id = s.id and a.status = 'running' and w.seen_at > ${staleBefore}
        ))
    order by s.id`.execute(db);
  return rows.map((row) => row.id);
}

import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { JsonObject } from '#lib/json.ts';
import type { About } from './kinds/channel-kind.ts';

/** What was seen: opens an incident, or counts on the open one of the same cause. */
export interface Sighting {
  readonly workspaceId: string;
  readonly cause: string;
  readonly severity: 'warning' | 'critical';
  readonly title: string;
  readonly detail: string;
  readonly connectionId: string | null;
  readonly suiteId: string | null;
  readonly syncId: number | null;
  /** The check within its suite, where one failed. */
  readonly checkKey?: string;
  /** Equal for incidents of several connections that are told as one. */
  readonly groupKey?: string | null;
  readonly at: Date;
}

export interface SeenIncident {
  readonly id: number;
  readonly seen: number;
  readonly severity: 'warning' | 'critical';
  readonly openedAt: Date;
  /** Its severity before this sighting; null when it opens with it. */
  readonly was: 'warning' | 'critical' | null;
  readonly told: boolean;
}

/** Two who see the same at once open one incident: the unique index lets the second wait, and count. */
export async function seeIncident(tx: Db, sighting: Sighting): Promise<SeenIncident> {
  const { workspaceId, cause, severity, title, detail, connectionId, suiteId, syncId, checkKey, groupKey, at } =
    sighting;
  const before = await lockOpenIncident(tx, workspaceId, cause);
  const { opened, ...row } = await tx
    .insertInto('incident')
    .values({
      workspace_id: workspaceId,
      subject_kind: suiteId === null ? 'connection' : 'check',
      connection_id: connectionId,
      suite_id: suiteId,
      sync_id: syncId,
      check_key: checkKey ?? null,
      group_key: groupKey ?? null,
      cause,
      severity,
      title,
      detail,
      opened_at: at,
      last_seen_at: at,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace_id', 'cause'])
        .where('status', '<>', sql.lit('resolved'))
        .doUpdateSet((row) => ({
          seen: sql<number>`incident.seen + 1`,
          // It does not calm down before it recovers: a check that swings between levels is told once.
          severity: sql`case when incident.severity = 'critical' then 'critical' else excluded.severity end`,
          last_seen_at: row.ref('excluded.last_seen_at'),
          title: row.ref('excluded.title'),
          detail: row.ref('excluded.detail'),
          sync_id: row.ref('excluded.sync_id'),
          group_key: row.ref('excluded.group_key'),
        })),
    )
    .returning(['id', 'seen', 'severity', 'opened_at as openedAt', sql<boolean>`xmax = 0`.as('opened')])
    .returning(sql<boolean>`told_at is not null`.as('told'))
    .executeTakeFirstOrThrow();
  return { ...row, was: opened ? null : (before?.severity ?? row.severity) };
}

function lockOpenIncident(tx: Db, workspaceId: string, cause: string) {
  return tx
    .selectFrom('incident')
    .select('severity')
    .where('workspace_id', '=', workspaceId)
    .where('cause', '=', cause)
    .where('status', '<>', 'resolved')
    .forUpdate()
    .executeTakeFirst();
}

export interface OpenIncident {
  readonly id: number;
  readonly cause: string;
  readonly severity: 'warning' | 'critical';
  readonly title: string;
  readonly seen: number;
  readonly openedAt: Date;
  /** Whether people were told of it; what nobody knew of needs no all-clear. */
  readonly told: boolean;
  readonly groupKey: string | null;
}

/** Resolves the open incidents of these causes and gives them. */
export async function recoverIncidents(
  tx: Db,
  workspaceId: string,
  causes: readonly string[],
  at: Date,
): Promise<OpenIncident[]> {
  if (causes.length === 0) return [];
  return tx
    .updateTable('incident')
    .set({ status: 'resolved', resolved_at: at, resolution: 'recovered' })
    .where('workspace_id', '=', workspaceId)
    .where('cause', 'in', [...causes])
    .where('status', '<>', 'resolved')
    .returning(['id', 'cause', 'severity', 'title', 'seen', 'opened_at as openedAt', 'group_key as groupKey'])
    .returning(sql<boolean>`told_at is not null`.as('told'))
    .execute();
}

/**
 * Whether somebody could hear of a sync that ended well: something had been wrong before, its streams changed their shape, or
 * somebody listens to all of them.
 */
export async function isNoteworthy(
  tx: Db,
  { workspaceId, connectionId, syncId }: { workspaceId: string; connectionId: string; syncId: number },
  causes: readonly string[],
): Promise<boolean> {
  const { rows } = await sql<{ noteworthy: boolean }>`select
    exists (select from connection where id = ${connectionId} and disable_warned_at is not null)
    or exists (select from incident where workspace_id = ${workspaceId} and cause = any(${[...causes]}) and status <> 'resolved')
    or exists (select from schema_change where connection_id = ${connectionId} and sync_id = ${syncId})
    or exists (select from alert_rule where workspace_id = ${workspaceId} and enabled)
    or exists (select from channel where workspace_id = ${workspaceId} and enabled and events ? 'sync_succeeded')
    as noteworthy`.execute(tx);
  return rows[0]?.noteworthy !== false;
}

/** From now on people know of these incidents. */
export async function markTold(tx: Db, ids: readonly number[], at: Date): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable('incident')
    .set({ told_at: at })
    .where('id', 'in', [...ids])
    .where('told_at', 'is', null)
    .execute();
}

/** What a message is about, by name and with the figures of its sync. */
export async function aboutOf(
  tx: Db,
  of: {
    readonly workspaceId: string;
    readonly connectionId?: string | null;
    readonly syncId?: number | null;
    readonly event: string;
    readonly at: Date;
    readonly publicUrl: string | null;
  },
): Promise<About> {
  const { workspaceId, connectionId = null, syncId = null, event, at, publicUrl } = of;
  const workspace = await tx
    .selectFrom('workspace')
    .select(['id', 'name'])
    .where('id', '=', workspaceId)
    .executeTakeFirstOrThrow();
  const ends = connectionId === null ? undefined : await endsOf(tx, connectionId);
  return {
    ...{ event, at, workspace, publicUrl },
    connection: ends ? { id: ends.id, name: ends.name } : null,
    source: ends ? { id: ends.sourceId, name: ends.sourceName } : null,
    destination: ends ? { id: ends.destinationId, name: ends.destinationName } : null,
    sync: syncId === null ? null : await figuresOf(tx, syncId),
  };
}

function endsOf(tx: Db, connectionId: string) {
  return tx
    .selectFrom('connection')
    .innerJoin('source', 'source.id', 'connection.source_id')
    .innerJoin('destination', 'destination.id', 'connection.destination_id')
    .select(['connection.id', 'connection.name', 'source.id as sourceId', 'source.name as sourceName'])
    .select(['destination.id as destinationId', 'destination.name as destinationName'])
    .where('connection.id', '=', connectionId)
    .executeTakeFirst();
}

async function figuresOf(tx: Db, syncId: number): Promise<About['sync']> {
  const row = await tx
    .selectFrom('syncs')
    .leftJoin('sync_stream', 'sync_stream.sync_id', 'syncs.id')
    .select(['syncs.id', 'syncs.started_at as startedAt', 'syncs.finished_at as finishedAt', 'syncs.failure'])
    .select(({ fn }) => [
      fn.sum<string | null>('sync_stream.read').as('read'),
      fn.sum<string | null>('sync_stream.written').as('written'),
      fn.sum<string | null>('sync_stream.filtered').as('filtered'),
      fn.sum<string | null>('sync_stream.bytes').as('bytes'),
    ])
    .where('syncs.id', '=', syncId)
    .groupBy('syncs.id')
    .executeTakeFirst();
  const none = { recordsRead: 0, recordsWritten: 0, recordsFiltered: 0, bytes: 0, errorKind: null };
  if (!row) return { id: syncId, startedAt: null, finishedAt: null, ...none };
  const { read, written, filtered, bytes, failure, ...sync } = row;
  const records = { recordsRead: Number(read), recordsWritten: Number(written), recordsFiltered: Number(filtered) };
  return { ...sync, ...records, bytes: Number(bytes), errorKind: failure?.kind ?? null };
}

export async function insertDelivery(
  tx: Db,
  delivery: {
    readonly workspaceId: string;
    readonly channelId: string;
    readonly event: string;
    readonly payload: JsonObject;
    readonly at: Date;
    readonly incidentIds: readonly number[];
    readonly bucket: string | null;
  },
): Promise<string> {
  const { id } = await tx
    .insertInto('delivery')
    .values({
      workspace_id: delivery.workspaceId,
      channel_id: delivery.channelId,
      event: delivery.event,
      payload: JSON.stringify(delivery.payload),
      created_at: delivery.at,
      incident_ids: [...delivery.incidentIds],
      bucket: delivery.bucket,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** What is to be sent, and where to; nothing when it is done already. */
export function pendingDelivery(db: Db, id: string) {
  return db
    .selectFrom('delivery')
    .innerJoin('channel', 'channel.id', 'delivery.channel_id')
    .select(['delivery.id', 'delivery.payload', 'delivery.tries', 'delivery.workspace_id as workspaceId'])
    .select('delivery.incident_ids as incidentIds')
    .select(['channel.id as channelId', 'channel.type', 'channel.config'])
    .where('delivery.id', '=', id)
    .where('delivery.status', '=', 'pending')
    .executeTakeFirst();
}

export async function deliverySent(db: Db, id: string, at: Date): Promise<void> {
  await db
    .updateTable('delivery')
    .set((row) => ({ status: 'sent', sent_at: at, last_error: null, tries: row('tries', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** Notes a failed try; `isLast` gives it up, and it stays visible so. */
export async function deliveryFailed(db: Db, id: string, error: string, isLast: boolean): Promise<void> {
  await db
    .updateTable('delivery')
    .set((row) => ({ status: isLast ? 'failed' : 'pending', last_error: error, tries: row('tries', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** The sealed configs whose secrets an error of this connection or suite may quote. */
export async function configsNear(
  tx: Db,
  { connectionId, destinationId }: { connectionId: string | null; destinationId?: string },
): Promise<{ aad: string; config: JsonObject }[]> {
  const ends = connectionId
    ? await tx
        .selectFrom('connection')
        .select(['source_id', 'destination_id'])
        .where('id', '=', connectionId)
        .executeTakeFirst()
    : undefined;
  const destinations = [ends?.destination_id, destinationId].filter((id) => id !== undefined);
  const found: { aad: string; config: JsonObject }[] = [];
  if (ends) {
    const sources = await tx.selectFrom('source').select(['id', 'config']).where('id', '=', ends.source_id).execute();
    found.push(...sources.map(({ id, config }) => ({ aad: `source:${id}`, config })));
  }
  if (destinations.length === 0) return found;
  const rows = await tx.selectFrom('destination').select(['id', 'config']).where('id', 'in', destinations).execute();
  return [...found, ...rows.map(({ id, config }) => ({ aad: `destination:${id}`, config }))];
}

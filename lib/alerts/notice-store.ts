import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { JsonObject } from '#lib/json.ts';
import type { ChannelType } from './kinds/channel-kind.ts';
import type { Message } from './message.ts';

interface NewNotice {
  readonly workspaceId: string;
  readonly channelId: string;
  readonly connectionId: string | null;
  readonly syncId: number | null;
  readonly event: string;
  readonly bucket: string;
  readonly dueAt: Date;
  /** Of the rule that lets it wait; null for the workspace's. */
  readonly timeZone: string | null;
  readonly message: Message;
  readonly group: { readonly entry: string; readonly many: string } | null;
  readonly incidentIds: readonly number[];
  readonly at: Date;
}

export async function insertNotice(tx: Db, notice: NewNotice): Promise<void> {
  const { message, group, timeZone } = notice;
  await tx
    .insertInto('notice')
    .values({
      workspace_id: notice.workspaceId,
      channel_id: notice.channelId,
      connection_id: notice.connectionId,
      sync_id: notice.syncId,
      event: notice.event,
      bucket: notice.bucket,
      due_at: notice.dueAt,
      message: JSON.stringify({ ...message, many: group?.many ?? null, timeZone }),
      entry: group?.entry ?? message.headline,
      incident_ids: [...notice.incidentIds],
      created_at: notice.at,
    })
    .execute();
}

/** When what comes into a bucket now is told: with those that wait in it, or after a while, and not soon after its last message. */
export async function bucketDue(
  tx: Db,
  of: {
    readonly channelId: string;
    readonly bucket: string;
    readonly at: Date;
    readonly waitMs: number;
    readonly againMs: number;
  },
): Promise<Date> {
  const { channelId, bucket, at, waitMs, againMs } = of;
  const waiting = await tx
    .selectFrom('notice')
    .select('due_at')
    .where('channel_id', '=', channelId)
    .where('bucket', '=', bucket)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (waiting) return waiting.due_at;
  const last = await tx
    .selectFrom('delivery')
    .select('created_at')
    .where('channel_id', '=', channelId)
    .where('bucket', '=', bucket)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const again = last ? last.created_at.getTime() + againMs : 0;
  return new Date(Math.max(at.getTime() + waitMs, again));
}

/** Channels that were told of one of these incidents, or are about to be. */
export async function channelsTold(tx: Db, incidentIds: readonly number[]): Promise<string[]> {
  if (incidentIds.length === 0) return [];
  const { rows } = await sql<{ id: string }>`
    select channel_id as id from delivery where incident_ids && ${[...incidentIds]}::bigint[]
    union select channel_id from notice where incident_ids && ${[...incidentIds]}::bigint[]`.execute(tx);
  return rows.map(({ id }) => id);
}

export interface DueNotice {
  readonly id: number;
  readonly workspaceId: string;
  readonly channel: { readonly id: string; readonly type: ChannelType; readonly config: JsonObject };
  readonly connectionId: string | null;
  readonly syncId: number | null;
  readonly event: string;
  readonly bucket: string;
  readonly message: Message;
  readonly many: string | null;
  readonly entry: string;
  readonly incidentIds: readonly number[];
  readonly createdAt: Date;
  /** What its times are told in. */
  readonly timeZone: string;
}

/** A message as it waits. */
type Kept = Message & { readonly many: string | null; readonly timeZone?: string | null };

/** Takes what is due, oldest first; no other worker takes it too. */
export async function takeDueNotices(tx: Db, now: Date, limit: number): Promise<DueNotice[]> {
  const rows = await tx
    .selectFrom('notice')
    .innerJoin('channel', 'channel.id', 'notice.channel_id')
    .innerJoin('workspace', 'workspace.id', 'notice.workspace_id')
    .select(['notice.id', 'notice.workspace_id', 'notice.connection_id', 'notice.sync_id', 'notice.event', 'bucket'])
    .select(['notice.message', 'notice.entry', 'notice.incident_ids', 'notice.created_at'])
    .select(['channel.id as channelId', 'channel.type', 'channel.config', 'channel.enabled', 'workspace.time_zone'])
    .where('due_at', '<=', now)
    .orderBy('notice.id')
    .limit(limit)
    .forUpdate('notice')
    .skipLocked()
    .execute();
  if (rows.length === 0) return [];
  await tx
    .deleteFrom('notice')
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  // What a channel was to hear before it was turned off it does not hear any longer.
  return rows
    .filter(({ enabled }) => enabled)
    .map((row) => {
      const { many, timeZone, ...message } = row.message as unknown as Kept;
      return {
        id: row.id,
        workspaceId: row.workspace_id,
        channel: { id: row.channelId, type: row.type, config: row.config },
        connectionId: row.connection_id,
        syncId: row.sync_id,
        event: row.event,
        bucket: row.bucket,
        message,
        many,
        entry: row.entry,
        incidentIds: row.incident_ids.map(Number),
        createdAt: row.created_at,
        timeZone: timeZone ?? row.time_zone,
      };
    });
}

import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { CHANNEL_KINDS } from './kinds/kinds.ts';
import type { OutboxContext } from './outbox.ts';
import { insertDelivery } from './store.ts';

/** What somebody decided of a held load: said in the thread of its connection's incident, whose message loses the button. */
export async function tellDecision(
  db: Db,
  c: Pick<OutboxContext, 'queue' | 'clock'>,
  of: { readonly workspaceId: string; readonly syncId: number; readonly reply: string },
): Promise<void> {
  const { workspaceId, syncId, reply } = of;
  const incidents = await db
    .selectFrom('incident')
    .innerJoin('syncs', 'syncs.connection_id', 'incident.connection_id')
    .select('incident.id')
    .where('incident.workspace_id', '=', workspaceId)
    .where('syncs.id', '=', syncId)
    .where('incident.status', '<>', 'resolved')
    .where('incident.cause', '=', sql<string>`'sync:' || syncs.connection_id`)
    .execute();
  if (incidents.length > 0) await tellChange(db, c, { workspaceId, incidentIds: incidents.map(({ id }) => id), reply });
}

/**
 * Lets the messages that stand for these incidents be edited, where their kind of channel can. `reply` is said in the thread;
 * null only edits.
 */
export async function tellChange(
  tx: Db,
  { queue, clock }: Pick<OutboxContext, 'queue' | 'clock'>,
  of: { readonly workspaceId: string; readonly incidentIds: readonly number[]; readonly reply: string | null },
): Promise<void> {
  const { workspaceId, incidentIds, reply } = of;
  if (incidentIds.length === 0) return;
  const threaded = CHANNEL_KINDS.flatMap(({ type, hasThreads }) => (hasThreads ? [type] : []));
  const channels = await tx
    .selectFrom('channel')
    .select('channel.id')
    .where('workspace_id', '=', workspaceId)
    .where('enabled', '=', true)
    .where('type', 'in', threaded)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('delivery')
          .select('delivery.id')
          .whereRef('delivery.channel_id', '=', 'channel.id')
          .where(sql<boolean>`delivery.incident_ids && ${[...incidentIds]}::bigint[]`),
      ),
    )
    .execute();
  for (const { id: channelId } of channels) {
    const delivery = { workspaceId, channelId, event: 'incident_changed', at: clock(), incidentIds, bucket: null };
    const deliveryId = await insertDelivery(tx, { ...delivery, payload: { reply } });
    await queue.send('deliver', { deliveryId }, { tx });
  }
}

import type { Db } from '#lib/db/connect.ts';
import type { Env } from '#lib/env.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { Event } from './events.ts';
import { channelKind } from './kinds/kinds.ts';
import type { Message } from './message.ts';
import { aboutOf, channelsFor, insertDelivery } from './store.ts';

interface OutboxContext {
  readonly queue: Pick<Queue, 'send'>;
  readonly clock: () => Date;
  readonly env: Pick<Env, 'publicUrl'>;
}

interface Subject {
  readonly workspaceId: string;
  readonly connectionId: string | null;
  readonly syncId: number | null;
}

/** Writes one delivery per channel that wants the event, in the form of its kind, with its job, in the same transaction. */
export async function enqueue(
  tx: Db,
  { queue, clock, env }: OutboxContext,
  { workspaceId, connectionId, syncId }: Subject,
  event: Event,
  message: Message,
): Promise<void> {
  const channels = await channelsFor(tx, workspaceId, event);
  if (channels.length === 0) return;
  const at = clock();
  const about = await aboutOf(tx, { workspaceId, connectionId, syncId, event, at, publicUrl: env.publicUrl });
  for (const { id: channelId, type, config } of channels) {
    const payload = channelKind(type).render(message, about, config);
    const deliveryId = await insertDelivery(tx, { workspaceId, channelId, event, payload, at });
    await queue.send('deliver', { deliveryId }, { tx });
  }
}

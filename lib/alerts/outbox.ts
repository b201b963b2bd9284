import type { Db } from '#lib/db/connect.ts';
import type { Env } from '#lib/env.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Event, Level } from './events.ts';
import { channelKind } from './kinds/kinds.ts';
import type { Message } from './message.ts';
import { bucketDue, channelsTold, insertNotice } from './notice-store.ts';
import { type Route, routeOf } from './route.ts';
import { routedConnection, routingOf } from './routing-store.ts';
import { aboutOf, insertDelivery } from './store.ts';

export interface OutboxContext {
  readonly queue: Pick<Queue, 'send'>;
  readonly clock: () => Date;
  readonly env: Pick<Env, 'publicUrl'>;
}

interface Subject {
  readonly workspaceId: string;
  readonly connectionId: string | null;
  readonly syncId: number | null;
}

export interface Telling {
  /** Weighs as much as this, where the event alone does not say. */
  readonly level?: Level;
  /** Besides the owner of the connection. */
  readonly owners?: readonly string[];
  /** The incidents that it is about. */
  readonly incidentIds?: readonly number[];
  /** What of other connections is told with it, as one message. */
  readonly group?: Group | null;
}

export interface Group {
  /** Equal for those that belong together. */
  readonly key: string;
  /** The line of this one in the list. */
  readonly entry: string;
  /** The headline over a list; `{n}` stands for how many. */
  readonly many: string;
}

/** So long the first of a group waits for the others, and so long their list waits for the next one. */
const GROUP_WAIT_MS = 20_000;
const GROUP_AGAIN_MS = 10 * 60_000;

type StoredChannel = Awaited<ReturnType<typeof routingOf>>['channels'][number];

/** Who is told of an event now, and by which rule. */
export async function routeFor(
  tx: Db,
  { clock }: Pick<OutboxContext, 'clock'>,
  { workspaceId, connectionId }: Subject,
  event: Event,
  { level, owners = [] }: Telling = {},
): Promise<Route<StoredChannel>> {
  const { rules, channels } = await routingOf(tx, workspaceId);
  const connection = rules.length > 0 ? await routedConnection(tx, workspaceId, connectionId) : null;
  const about = {
    ...{ event, connectionId, tags: connection?.tags ?? [], owners: [...(connection?.owners ?? []), ...owners] },
    ...(level && { level }),
  };
  return routeOf(rules, channels, about, clock());
}

/**
 * Writes one delivery per channel that is to hear of it, in the form of its kind, with its job, in the same transaction; or
 * a notice, where it waits for others of its group, for the end of quiet hours or for the digest.
 */
export async function enqueue(
  tx: Db,
  c: OutboxContext,
  subject: Subject,
  event: Event,
  message: Message,
  telling: Telling = {},
): Promise<void> {
  const route = await routeFor(tx, c, subject, event, telling);
  const { group = null, incidentIds = [] } = telling;
  const channels = event === 'recovered' ? await whoHeard(tx, route, subject.workspaceId, incidentIds) : route.channels;
  const { waits } = route;
  for (const channel of channels) {
    const notice = { ...subject, channelId: channel.id, event, message, incidentIds, at: c.clock() };
    if (waits !== null) {
      const { why: bucket, dueAt, timeZone } = waits;
      await insertNotice(tx, { ...notice, bucket, dueAt, timeZone, group: null });
    } else if (group !== null) {
      const bucket = `${event}:${group.key}`;
      const wait = { channelId: channel.id, bucket, at: c.clock(), waitMs: GROUP_WAIT_MS, againMs: GROUP_AGAIN_MS };
      await insertNotice(tx, { ...notice, bucket, group, timeZone: null, dueAt: await bucketDue(tx, wait) });
    } else await send(tx, c, { ...subject, channel, event, message, incidentIds, bucket: null });
  }
}

/** A recovery goes to those who heard of what is over, whatever rule told them; where nobody is known to have, as the rules say. */
async function whoHeard(
  tx: Db,
  { channels }: Route<StoredChannel>,
  workspaceId: string,
  incidentIds: readonly number[],
): Promise<readonly StoredChannel[]> {
  const heard = await channelsTold(tx, incidentIds);
  if (heard.length === 0) return channels;
  const all = (await routingOf(tx, workspaceId)).channels;
  return all.filter(
    (channel) =>
      heard.includes(channel.id) &&
      (channel.events.includes('recovered') || channels.some(({ id }) => id === channel.id)),
  );
}

interface Sending extends Subject {
  readonly channel: { readonly id: string; readonly type: StoredChannel['type']; readonly config: JsonObject };
  readonly event: string;
  readonly message: Message;
  readonly incidentIds: readonly number[];
  readonly bucket: string | null;
}

/** Puts one message for one channel into the outbox. */
export async function send(tx: Db, { queue, clock, env }: OutboxContext, sending: Sending): Promise<void> {
  const { workspaceId, connectionId, syncId, channel, event, message, incidentIds, bucket } = sending;
  const at = clock();
  const about = await aboutOf(tx, { workspaceId, connectionId, syncId, event, at, publicUrl: env.publicUrl });
  const payload = channelKind(channel.type).render(message, about, channel.config);
  const delivery = { workspaceId, channelId: channel.id, event, payload, at, incidentIds, bucket };
  await queue.send('deliver', { deliveryId: await insertDelivery(tx, delivery) }, { tx });
}

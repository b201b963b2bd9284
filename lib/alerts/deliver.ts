import type { GuardContext } from '#lib/db/workspace-guard.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { Log } from '#lib/log.ts';
import type { Secrets } from '#lib/secrets.ts';
import { sendToChannel } from './channels.ts';
import type { Thread } from './kinds/thread.ts';
import { deliveryFailed, deliverySent, pendingDelivery } from './store.ts';
import { keepThreads } from './thread-store.ts';

interface DeliverContext extends GuardContext {
  readonly secrets: Secrets;
  readonly queue: Pick<Queue, 'send'>;
  readonly clock: () => Date;
  readonly log: Log;
}

/** Ten tries over about four hours. */
const MAX_TRIES = 10;
const FIRST_WAIT_S = 15;
const MAX_WAIT_S = 3600;
/** Who wants to be left alone for longer is asked again all the same: an alert that waits for months tells nobody. */
const MAX_ASKED_S = 86_400;

/**
 * Sends one delivery. What fails for a while is tried again later, not before the other side's Retry-After; what it refuses
 * for good, or too often, is given up and stays visible. Nothing that is said here fails what it tells about.
 */
export async function deliver(c: DeliverContext, deliveryId: string): Promise<void> {
  const delivery = await pendingDelivery(c.db, deliveryId);
  if (!delivery) return;
  const { channelId, ...rest } = delivery;
  const threads: Thread[] = [];
  const keep = (thread: Thread) => void threads.push(thread);
  const incidentIds = delivery.incidentIds.map(Number);
  const refused = await sendToChannel(c, { ...rest, id: channelId, deliveryId, incidentIds, keep });
  // What was told of a thread before a later call failed must be known to the next try.
  if (threads.length > 0) await keepThreads(c.db, deliveryId, threads);
  if (refused === null) return deliverySent(c.db, deliveryId, c.clock());
  const { kind, message, hint } = refused.failure;
  const said = [message, hint].filter(Boolean).join(' ');
  const tries = delivery.tries + 1;
  const isLast = kind !== 'transient' || tries >= MAX_TRIES;
  await c.db.transaction().execute(async (tx) => {
    await deliveryFailed(tx, deliveryId, said, isLast);
    if (!isLast) await c.queue.send('deliver', { deliveryId }, { tx, startAfterS: waitS(tries, refused.retryAfterS) });
  });
  c.log.warn({ deliveryId, tries, isLast }, `an alert was not delivered: ${said}`);
}

/** Twice as long after each try, up to an hour, and not before the other side wants it, within a day. */
function waitS(tries: number, askedS: number | null): number {
  return Math.ceil(Math.max(Math.min(FIRST_WAIT_S * 2 ** (tries - 1), MAX_WAIT_S), Math.min(askedS ?? 0, MAX_ASKED_S)));
}

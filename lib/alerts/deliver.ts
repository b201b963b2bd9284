import type { Db } from '#lib/db/connect.ts';
import { workspaceGuard } from '#lib/db/workspace-guard.ts';
import { toFailure } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { Log } from '#lib/log.ts';
import { maskText, type Secrets } from '#lib/secrets.ts';
import { webhookUrlOf } from './channels.ts';
import { postToSlack, type Refused } from './slack.ts';
import { deliveryFailed, deliverySent, pendingDelivery } from './store.ts';

interface DeliverContext {
  readonly db: Db;
  readonly secrets: Secrets;
  readonly queue: Pick<Queue, 'send'>;
  readonly clock: () => Date;
  readonly log: Log;
}

/** Ten tries over about four hours. */
const MAX_TRIES = 10;
const FIRST_WAIT_S = 15;
const MAX_WAIT_S = 3600;

/**
 * Sends one delivery. What fails for a while is tried again later, not before Slack's Retry-After; what Slack refuses
 * for good, or too often, is given up and stays visible. Nothing that is said here fails what it tells about.
 */
export async function deliver(c: DeliverContext, deliveryId: string): Promise<void> {
  const delivery = await pendingDelivery(c.db, deliveryId);
  if (!delivery) return;
  const refused = await send(c, delivery);
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

type Pending = NonNullable<Awaited<ReturnType<typeof pendingDelivery>>>;

async function send(c: DeliverContext, { channelId, config, payload, workspaceId }: Pending): Promise<Refused | null> {
  let url: string;
  try {
    url = webhookUrlOf(c.secrets, channelId, config);
  } catch (error) {
    return { failure: toFailure(error), retryAfterS: null };
  }
  const refused = await postToSlack(url, payload, await workspaceGuard(c.db, workspaceId));
  return refused && { ...refused, failure: { ...refused.failure, message: maskText(refused.failure.message, [url]) } };
}

/** Twice as long after each try, up to an hour, and never before the other side wants it. */
function waitS(tries: number, askedS: number | null): number {
  return Math.ceil(Math.max(Math.min(FIRST_WAIT_S * 2 ** (tries - 1), MAX_WAIT_S), askedS ?? 0));
}

import type { Db } from '#lib/db/connect.ts';
import type { SyncKind, SyncStatus } from '#lib/db/schema.ts';
import type { Failure } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { type Attempt, endAttempt, endSync, takeUpSync } from './attempt-store.ts';
import type { MachineUse } from './machine-use.ts';
import type { SyncOrder } from './order.ts';
import { lockActiveSync } from './store.ts';

/** Tries of one sync, the first included. */
export const MOST_ATTEMPTS = 5;
const FIRST_WAIT_S = 5;
const LONGEST_WAIT_S = 300;

type AttemptContext = { readonly db: Db; readonly queue: Queue; readonly clock: () => Date };

/** How a sync ended, for those who tell of it. */
export interface SyncResult {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly syncId: number;
  readonly kind: SyncKind;
  readonly status: SyncStatus;
  readonly failure: Failure | null;
}

/** Called in the transaction that ends the sync. */
export type OnFinished = (tx: Db, result: SyncResult) => Promise<void>;

/** How one attempt ended. `retry` asks for another: the failure may pass. */
export type AttemptEnd =
  | { readonly status: 'succeeded' }
  | { readonly status: 'partial' | 'failed'; readonly failure: Failure; readonly retry: boolean }
  | { readonly status: 'cancelled' }
  /** The worker stops: nobody's fault, another one takes it up. */
  | { readonly status: 'handed_over' };

/** Begins the next attempt, which fences off all before it. Null when the sync has ended, or was cancelled while it waited. */
export async function openAttempt(
  { db, clock }: AttemptContext,
  syncId: number,
  worker: string,
  onFinished: OnFinished,
): Promise<{ readonly attempt: Attempt; readonly order: SyncOrder } | null> {
  const sync = await takeUpSync(db, syncId, { worker, lost: WORKER_LOST, now: clock() });
  if (sync === null) return null;
  const { attempt, ...order } = sync;
  if (attempt !== null) return { attempt, order };
  await endCancelled({ db, clock }, syncId, onFinished);
  return null;
}

/** A sync that was asked to end while it waited. */
async function endCancelled(
  { db, clock }: Pick<AttemptContext, 'db' | 'clock'>,
  syncId: number,
  onFinished: OnFinished,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const sync = await lockActiveSync(tx, syncId);
    if (!sync) return;
    const end = { status: 'cancelled', failure: null } as const;
    await endSync(tx, syncId, { ...end, now: clock() });
    const { workspace_id: workspaceId, connection_id: connectionId, kind } = sync;
    await onFinished(tx, { workspaceId, connectionId, syncId, kind, ...end });
  });
}

/** Ends the attempt, and with it the sync unless another attempt follows. An attempt that a newer one has replaced says nothing. */
export function closeAttempt(
  { db, queue, clock }: AttemptContext,
  attempt: Attempt,
  end: AttemptEnd & { readonly use?: MachineUse },
  onFinished: OnFinished,
): Promise<void> {
  return db.transaction().execute(async (tx) => {
    const sync = await lockActiveSync(tx, attempt.syncId);
    const now = clock();
    const failure = end.status === 'handed_over' ? WORKER_STOPPED : 'failure' in end ? end.failure : null;
    await endAttempt(tx, attempt, { status: attemptStatus(end), failure, now, use: end.use ?? null });
    if (!sync || sync.attempts !== attempt.number) return;
    const cancelled = sync.cancel_requested_at !== null && end.status !== 'succeeded';
    const status = cancelled ? 'cancelled' : nextStatus(end, attempt.number);
    const { workspaceId, connectionId, syncId } = attempt;
    if (status === 'incomplete') {
      const startAfterS = end.status === 'handed_over' ? 0 : waitS(attempt.number);
      await tx
        .updateTable('syncs')
        .set({ status, failure: failure && JSON.stringify(failure) })
        .where('id', '=', syncId)
        .execute();
      await queue.send('sync', { syncId }, { tx, startAfterS });
      return;
    }
    const told = status === 'succeeded' || cancelled ? null : failure;
    await endSync(tx, syncId, { status, failure: told, now });
    await onFinished(tx, { workspaceId, connectionId, syncId, kind: sync.kind, status, failure: told });
  });
}

/** Seconds before the next attempt: 5, 10, 20, 40 … at most 300. */
export function waitS(attempt: number): number {
  return Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (attempt - 1));
}

function nextStatus(end: AttemptEnd, number: number): SyncStatus {
  if (end.status === 'handed_over') return 'incomplete';
  if ('retry' in end && end.retry && number < MOST_ATTEMPTS) return 'incomplete';
  return end.status;
}

function attemptStatus(end: AttemptEnd): 'succeeded' | 'failed' | 'cancelled' {
  if (end.status === 'succeeded' || end.status === 'cancelled') return end.status;
  return 'failed';
}

const WORKER_LOST: Failure = {
  kind: 'transient',
  code: 'worker_lost',
  message: 'The worker that ran this attempt is gone.',
  hint: 'The sync goes on in another attempt.',
};

const WORKER_STOPPED: Failure = {
  kind: 'transient',
  code: 'worker_stopped',
  message: 'The worker was stopped during this attempt.',
  hint: 'The sync goes on as soon as a worker runs.',
};

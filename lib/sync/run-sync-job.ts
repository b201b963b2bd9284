import type { Guard } from '#lib/address-guard.ts';
import { setConnectionStatus } from '#lib/connections/connections.ts';
import { workspaceGuard } from '#lib/db/workspace-guard.ts';
import { type Failure, toFailure, WeirError } from '#lib/errors.ts';
import type { ExtractContext } from '#lib/extract/source.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { type AttemptEnd, closeAttempt, type OnFinished, openAttempt } from './attempt.ts';
import type { Attempt } from './attempt-store.ts';
import { tellPauses } from './cpu-pauses.ts';
import { assertDiskSpace, watchDisk } from './disk-space.ts';
import type { SyncLimits } from './limits-of-sync.ts';
import { watchMachineUse } from './machine-use.ts';
import { empties, ordered, type SyncOrder } from './order.ts';
import { propagateStreams } from './propagate-streams.ts';
import { databaseRecorder, type Recorder } from './recorder.ts';
import {
  extractContext,
  type ResolveContext,
  type ResolvedConnection,
  resolveConnection,
  uploadsOf,
} from './resolve.ts';
import { runSync, type StreamOutcome } from './run-sync.ts';
import { nextStates } from './states.ts';
import { insertStreamRows, streamRows } from './store.ts';
import type { SyncStream } from './sync-stream.ts';
import type { Gate } from './sync-work.ts';
import { tellRetries } from './tell-retries.ts';

const CANCEL_CHECK_MS = 500;

export interface SyncJobOptions {
  readonly workerId: string;
  /** Aborted with the reason `cancelled`, `deadline` or `shutdown`. */
  readonly signal: AbortSignal;
  /** What this process may take of the machine, where it is held to that. */
  readonly limits?: SyncLimits;
  /** How long its limit of CPU has held it up. */
  readonly pausedMs?: () => number;
  readonly onFinished: OnFinished;
  /** Makes the gate of this sync, before it reads anything. */
  readonly gate?: (attempt: Attempt, signal: AbortSignal) => Promise<Gate>;
}

/** Runs the next attempt of a sync from its rows to its end, and says in the rows how it ended. */
export async function runSyncJob(
  c: ResolveContext & { queue: Queue },
  syncId: number,
  options: SyncJobOptions,
): Promise<void> {
  const opened = await openAttempt(c, syncId, options.workerId, options.onFinished);
  if (opened === null) return;
  const { attempt, order } = opened;
  const recorder = databaseRecorder({ ...c, db: c.notes ?? c.db, attempt });
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const unwatch = watchForCancel(c, syncId, () => stop.abort('cancelled'));
  const unwatchDisk = watchDisk(c.env.dataDir, c.env.diskFloorMb, (full) => stop.abort(full));
  const { limits, pausedMs = () => 0 } = options;
  const use = watchMachineUse();
  const pausesTold = tellPauses(recorder, {
    ...{ cpuCores: limits?.cpuCores ?? null, isHeld: process.platform === 'linux', pausedMs },
  });
  const end = await runAttempt(c, { attempt, order }, recorder, { ...options, signal });
  unwatch();
  unwatchDisk();
  pausesTold();
  await recorder.close();
  // A session has the rights and settings that its user had when it began: what is mended there counts for the next attempt.
  if (end.status !== 'succeeded') await c.kept?.end();
  const took = { ...use(), cpuPausedMs: Math.round(pausedMs()), ...(limits && { limits }) };
  await closeAttempt(c, attempt, { ...end, use: took }, options.onFinished);
  if ('failure' in end && end.failure.code === 'schema_changed') await disable(c, attempt, end.failure);
}

/** The connection's policy: a changed schema waits for somebody to look at it. */
async function disable(c: ResolveContext, { workspaceId, connectionId }: Attempt, failure: Failure): Promise<void> {
  await setConnectionStatus(c, workspaceId, connectionId, 'inactive', failure.message);
}

async function runAttempt(
  c: ResolveContext,
  { attempt, order }: { attempt: Attempt; order: SyncOrder },
  recorder: Recorder,
  options: SyncJobOptions,
): Promise<AttemptEnd> {
  const { signal } = options;
  try {
    await assertDiskSpace(c.env.dataDir, c.env.diskFloorMb);
    const guard = await workspaceGuard(c, attempt.workspaceId);
    const extract = extractContext(c, guard, signal, uploadsOf(c, attempt.workspaceId));
    const resolved = await resolveNow(c, attempt, { guard, signal, extract, order });
    const connection = ordered(resolved, order, await nextStates(c.db, attempt.connectionId));
    await insertStreamRows(
      c.notes ?? c.db,
      attempt,
      connection.streams.map(({ configured }) => configured),
    );
    const earlier = attempt.number === 1 ? new Map<string, Earlier>() : await earlierRows(c, attempt.syncId);
    // Emptying a table is what somebody asked for: no check stands against it.
    const gate = empties(order) ? undefined : await options.gate?.(attempt, signal);
    try {
      const outcomes = await runSync(
        {
          ...connection,
          attempt: {
            connectionId: attempt.connectionId,
            syncId: attempt.syncId,
            attempt: attempt.number,
            fence: attempt.fence,
          },
          emittedAt: attempt.emittedAt,
          streams: connection.streams.flatMap((stream) =>
            leftToDo(stream, earlier.get(keyOf(stream.configured.stream))),
          ),
        },
        {
          extract: { ...extract, ...connection.owner, onRetry: tellRetries(recorder, connection.streams) },
          ...{ recorder, ...(gate && { gate }) },
        },
      );
      return endOf(outcomes, [...earlier.values()].filter(isSettled));
    } finally {
      await connection.destination.close();
      await extract.close();
    }
  } catch (error) {
    return endOfThrown(error, signal, recorder, c);
  }
}

/** The connection, with the streams that its source offers now where its policy says so. */
async function resolveNow(
  c: ResolveContext,
  attempt: Attempt,
  { guard, signal, extract, order }: { guard: Guard; signal: AbortSignal; extract: ExtractContext; order: SyncOrder },
): Promise<ResolvedConnection> {
  const resolved = await resolveConnection(c, attempt.connectionId, guard, signal);
  const isUsual = order.kind === 'sync' && !order.task && order.onlyStreams === null;
  if (resolved.rules.schemaChanges !== 'propagate_fully' || !isUsual) return resolved;
  const changed = await propagateStreams(c.db, attempt, { ...resolved, extract: { ...extract, ...resolved.owner } });
  if (!changed) return resolved;
  await resolved.destination.close();
  return resolveConnection(c, attempt.connectionId, guard, signal);
}

type Earlier = Awaited<ReturnType<typeof streamRows>>[number];
const SETTLED: readonly Earlier['status'][] = ['published', 'held', 'discarded'];

/** The streams as earlier attempts of this sync left them. */
async function earlierRows({ db }: ResolveContext, syncId: number): Promise<Map<string, Earlier>> {
  return new Map((await streamRows(db, syncId)).map((row) => [keyOf(row), row]));
}

/** Published, or held back with nothing decided. */
function isSettled({ status, decision }: Earlier): boolean {
  return SETTLED.includes(status) && !(status === 'held' && decision !== null);
}

/** What is decided of a held load is done now, by as many attempts as it takes. */
function leftToDo(stream: SyncStream, before: Earlier | undefined): SyncStream[] {
  if (!before) return [stream];
  if (isSettled(before)) return [];
  if (before.decision !== null) return [{ ...stream, decision: before.decision }];
  return [before.failure?.code === 'file_changed' ? { ...stream, filesGrow: true } : stream];
}

function keyOf({ namespace, name }: { namespace?: string; name: string }): string {
  return JSON.stringify([namespace ?? '', name]);
}

/** One failed stream makes the sync partial, all of them failed; it is worth another attempt if time may mend one. */
function endOf(outcomes: readonly StreamOutcome[], earlier: readonly Pick<Earlier, 'failure'>[]): AttemptEnd {
  const now = outcomes.flatMap(({ failure }) => failure ?? []);
  const failures = [...now, ...earlier.flatMap(({ failure }) => failure ?? [])];
  const [first] = failures;
  if (first === undefined) return { status: 'succeeded' };
  const some = earlier.length + outcomes.length > failures.length;
  return {
    status: some ? 'partial' : 'failed',
    failure: summary(failures, first),
    retry: now.some(({ kind }) => kind === 'transient'),
  };
}

function summary(failures: readonly Failure[], first: Failure): Failure {
  if (failures.length === 1) return first;
  return {
    ...first,
    message: `${first.message} ${failures.length - 1} more ${failures.length === 2 ? 'stream' : 'streams'} failed.`,
  };
}

function endOfThrown(error: unknown, signal: AbortSignal, recorder: Recorder, { log }: ResolveContext): AttemptEnd {
  if (signal.aborted && signal.reason === 'cancelled') return { status: 'cancelled' };
  if (signal.aborted && signal.reason === 'shutdown') return { status: 'handed_over' };
  if (signal.aborted && signal.reason === 'deadline') return { status: 'failed', failure: DEADLINE, retry: false };
  const failure = toFailure(signal.aborted && signal.reason instanceof WeirError ? signal.reason : error);
  if (failure.kind === 'bug') log.error({ err: error }, 'sync failed');
  recorder.log('error', [failure.message, failure.hint].filter(Boolean).join(' '));
  return { status: 'failed', failure, retry: failure.kind === 'transient' };
}

export const DEADLINE: Failure = {
  kind: 'terminal',
  code: 'deadline',
  message: 'The sync did not finish within its time limit.',
  hint: 'What was published stays, and the next sync goes on from there. WEIR_SYNC_TIMEOUT_MINUTES sets the limit.',
};

/** A cancel is a note on the row; whoever runs the sync looks for it. */
function watchForCancel({ db }: ResolveContext, syncId: number, onCancel: () => void): () => void {
  const timer = setInterval(async () => {
    const row = await db
      .selectFrom('syncs')
      .select('cancel_requested_at')
      .where('id', '=', syncId)
      .executeTakeFirst()
      .catch(() => undefined);
    if (row?.cancel_requested_at) onCancel();
  }, CANCEL_CHECK_MS);
  return () => clearInterval(timer);
}

import { type Failure, OUT_OF_FILES } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { JsonObject } from '#lib/json.ts';
import { closeAttempt, type OnFinished, openAttempt } from './attempt.ts';
import type { MachineUse } from './machine-use.ts';
import { endProbe, lastProbeEvent } from './probes.ts';
import type { ResolveContext } from './resolve.ts';
import { DEADLINE } from './run-sync-job.ts';

/** How a process ended that gave no answer of its own. */
export interface Lost {
  readonly reason: 'memory' | 'files' | 'deadline' | 'killed' | 'crashed';
  readonly message: string;
  /** What it had taken of the machine, where somebody can tell. */
  readonly use?: MachineUse | null;
}

/** A process that was given a sync, and is gone. */
interface LostSync {
  readonly syncId: number;
  readonly lost: Lost;
  readonly givenAt: Date;
  readonly workerId: string;
}

/** Ends the attempt whose process was lost, or that it was to begin; what may pass is tried again. */
export async function syncLost(
  c: Pick<ResolveContext, 'db' | 'clock'> & { queue: Queue },
  { syncId, lost, givenAt, workerId }: LostSync,
  onFinished: OnFinished,
): Promise<void> {
  const last = await lastAttempt(c, syncId);
  // Another worker has taken the sync over, or the process was lost after its attempt had ended.
  if (last?.status === 'running' && last.worker !== workerId) return;
  if (last?.finishedAt && last.finishedAt >= givenAt) return;
  const attempt = last?.status === 'running' ? last : (await openAttempt(c, syncId, workerId, onFinished))?.attempt;
  if (!attempt) return;
  const failure = failureOf(lost);
  const end = { status: 'failed', failure, retry: failure.kind === 'transient' } as const;
  await closeAttempt(c, attempt, { ...end, ...(lost.use && { use: lost.use }) }, onFinished);
}

/** Tells whoever follows the test that its process was lost; nothing where it had ended already. */
export async function probeLost({ db, clock }: ResolveContext, probeId: string, lost: Lost): Promise<void> {
  const probe = await db.selectFrom('probe').select('status').where('id', '=', probeId).executeTakeFirst();
  if (!probe || !['pending', 'running'].includes(probe.status)) return;
  const last = await lastProbeEvent(db, probeId);
  const failure = probeFailureOf(lost);
  const event = JSON.stringify({ type: 'failure', failure });
  await db
    .insertInto('probe_event')
    .values({ probe_id: probeId, seq: last + 1, event })
    .execute();
  await endProbe(db, probeId, { status: 'failed', now: clock(), failure: failure as unknown as JsonObject });
}

function probeFailureOf({ reason, message }: Lost): Failure {
  if (reason === 'files') return OUT_OF_FILES;
  if (reason === 'memory') {
    const hint = 'Ask the source for smaller pages, or raise WEIR_SYNC_MEMORY_MB.';
    return { kind: 'terminal', code: 'memory_limit', message: `The test was ended: ${message}`, hint };
  }
  const hint = 'Try it again; if it stays, look at the log of the worker.';
  const code = reason === 'deadline' ? 'timeout' : 'process_lost';
  return { kind: 'transient', code, message: `The test was ended: ${message}`, hint };
}

/** Of a run of checks. */
export function checksFailureOf({ reason, message }: Lost): Failure {
  if (reason === 'files') return OUT_OF_FILES;
  const hint =
    reason === 'memory'
      ? 'Measure fewer rows at once, or raise WEIR_SYNC_MEMORY_MB.'
      : 'Run the suite again; if it stays, look at the log of the worker.';
  return { kind: 'transient', code: 'process_lost', message: `Measuring was ended: ${message}`, hint };
}

function failureOf({ reason, message }: Lost): Failure {
  if (reason === 'files') return OUT_OF_FILES;
  if (reason === 'deadline') return DEADLINE;
  if (reason === 'memory') {
    return {
      kind: 'terminal',
      code: 'memory_limit',
      message: `The sync was ended: ${message}`,
      hint: 'Ask the source for smaller pages, write smaller row groups (block_size_mb of Parquet), or raise the memory in the connection’s settings, or WEIR_SYNC_MEMORY_MB for all of them.',
    };
  }
  return {
    kind: 'transient',
    code: 'process_lost',
    message,
    hint: 'If it stays, look at the log of the worker.',
  };
}

function lastAttempt({ db }: Pick<ResolveContext, 'db'>, syncId: number) {
  return db
    .selectFrom('attempt')
    .innerJoin('syncs', 'syncs.id', 'attempt.sync_id')
    .select([
      'attempt.sync_id as syncId',
      'attempt.workspace_id as workspaceId',
      'syncs.connection_id as connectionId',
      'attempt.number',
      'attempt.fence',
      'attempt.started_at as emittedAt',
      'attempt.finished_at as finishedAt',
      'attempt.status',
      'attempt.worker',
    ])
    .where('attempt.sync_id', '=', syncId)
    .orderBy('attempt.number', 'desc')
    .executeTakeFirst();
}

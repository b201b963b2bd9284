import type { Failure } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { JsonObject } from '#lib/json.ts';
import { closeAttempt, type OnFinished } from './attempt.ts';
import { endProbe, lastProbeEvent } from './probes.ts';
import type { ResolveContext } from './resolve.ts';
import { DEADLINE } from './run-sync-job.ts';

/** How a process ended that gave no answer of its own. */
export interface Lost {
  readonly reason: 'memory' | 'deadline' | 'killed' | 'crashed';
  readonly message: string;
}

/** Ends the attempt whose process was lost; what may pass is tried again. */
export async function syncLost(
  c: ResolveContext & { queue: Queue },
  syncId: number,
  lost: Lost,
  onFinished: OnFinished,
): Promise<void> {
  const attempt = await runningAttempt(c, syncId);
  if (!attempt) return;
  const failure = failureOf(lost);
  await closeAttempt(c, attempt, { status: 'failed', failure, retry: failure.kind === 'transient' }, onFinished);
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
  if (reason === 'memory') {
    const hint = 'Ask the source for smaller pages, or raise WEIR_SYNC_MEMORY_MB.';
    return { kind: 'terminal', code: 'memory_limit', message: `The test was ended: ${message}`, hint };
  }
  const hint = 'Try it again; if it stays, look at the log of the worker.';
  const code = reason === 'deadline' ? 'timeout' : 'process_lost';
  return { kind: 'transient', code, message: `The test was ended: ${message}`, hint };
}

function failureOf({ reason, message }: Lost): Failure {
  if (reason === 'deadline') return DEADLINE;
  if (reason === 'memory') {
    return {
      kind: 'terminal',
      code: 'memory_limit',
      message: `The sync was ended: ${message}`,
      hint: 'Ask the source for smaller pages, or raise WEIR_SYNC_MEMORY_MB.',
    };
  }
  return {
    kind: 'transient',
    code: 'process_lost',
    message,
    hint: 'It is tried again; if it stays, look at the log of the worker.',
  };
}

async function runningAttempt({ db }: ResolveContext, syncId: number) {
  const row = await db
    .selectFrom('attempt')
    .innerJoin('syncs', 'syncs.id', 'attempt.sync_id')
    .select([
      'attempt.sync_id as syncId',
      'attempt.workspace_id as workspaceId',
      'syncs.connection_id as connectionId',
      'attempt.number',
      'attempt.fence',
      'attempt.started_at as emittedAt',
    ])
    .where('attempt.sync_id', '=', syncId)
    .where('attempt.status', '=', 'running')
    .orderBy('attempt.number', 'desc')
    .executeTakeFirst();
  return row ?? null;
}

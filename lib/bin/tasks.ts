import { forgetOldAnswers } from '#lib/access/idempotency.ts';
import { forgetAccess } from '#lib/access/retention.ts';
import { onChecksFinished } from '#lib/alerts/checks-finished.ts';
import { deliver } from '#lib/alerts/deliver.ts';
import { onLate } from '#lib/alerts/late.ts';
import { releaseNotices } from '#lib/alerts/release-notices.ts';
import { tellSnoozesOver } from '#lib/alerts/snooze-over.ts';
import { onStepFinished, tellAfterSync } from '#lib/alerts/step-finished.ts';
import { onSyncFinished } from '#lib/alerts/sync-finished.ts';
import { lateConnections } from '#lib/connections/late.ts';
import type { Context } from '#lib/context.ts';
import type { Db } from '#lib/db/connect.ts';
import { onlyOne } from '#lib/db/only-one.ts';
import { stepsOf } from '#lib/pipelines/after-sync-store.ts';
import { enqueueCommands } from '#lib/pipelines/command-runs.ts';
import { forgetCommands } from '#lib/pipelines/retention.ts';
import { type CommandFinished, runCommand } from '#lib/pipelines/run-command.ts';
import type { SyncResult } from '#lib/sync/attempt.ts';
import { checksFailureOf, type Lost, probeLost, syncLost } from '#lib/sync/child-lost.ts';
import { enqueueDue } from '#lib/sync/enqueue-due.ts';
import { housekeep as housekeepSyncs } from '#lib/sync/housekeep.ts';
import { forgetSyncs } from '#lib/sync/retention.ts';
import { runProbe } from '#lib/sync/run-probe.ts';
import { runSyncJob, type SyncJobOptions } from '#lib/sync/run-sync-job.ts';
import { startFollowers } from '#lib/sync/start-followers.ts';
import type { SyncStream } from '#lib/sync/sync-stream.ts';
import { firstRows, type StreamName } from '#quality/first-rows.ts';
import { endGate, openGate } from '#quality/gate.ts';
import { knownTables } from '#quality/known-tables.ts';
import { forgetMeasurements } from '#quality/retention.ts';
import { endLostChecks, endStaleChecks, runChecks, startBackfills, startChecksAfterSync } from '#quality/run-checks.ts';
import { startDueSuites } from '#quality/start-due-suites.ts';
import { profileNewTables } from '#quality/suggest/profile-new-tables.ts';
import { type TryRequest, tryChecks } from '#quality/try-checks.ts';

export { cancelledProbes, cancelledSyncs } from '#lib/sync/housekeep.ts';

// The one place where the features meet: a sync is followed by checks, checks by alerts, and none imports the next.

type TaskOptions = Omit<SyncJobOptions, 'onFinished' | 'gate'>;

export async function runSyncTask(context: Context, syncId: number, options: TaskOptions): Promise<void> {
  await runSyncJob(context, syncId, { ...options, onFinished: afterSync(context), gate: gateOf(context) });
  if (options.signal.aborted) return;
  const past = await profileNewTables(context, syncId, options.signal);
  if (past) await startBackfills(context, past.workspaceId, past.connectionId);
}

export async function runProbeTask(context: Context, probeId: string, { signal }: TaskOptions): Promise<void> {
  await runProbe(context, probeId, signal, {
    try_checks: (workspaceId, request, until) =>
      tryChecks(context, workspaceId, request as unknown as TryRequest, until),
    tables: async (workspaceId, { destinationId }, until) => ({
      tables: await knownTables(context, workspaceId, String(destinationId), until),
    }),
    first_rows: (workspaceId, stream, until) => firstRows(context, workspaceId, stream as unknown as StreamName, until),
  });
}

export async function runChecksTask(context: Context, runId: number, { signal }: TaskOptions): Promise<void> {
  await runChecks(context, runId, { signal, onFinished: (tx, result) => onChecksFinished(tx, context, result) });
}

export async function runDeliverTask(context: Context, deliveryId: string): Promise<void> {
  await deliver(context, deliveryId);
}

export async function runCommandTask(context: Context, runId: number, signal: AbortSignal): Promise<void> {
  const onFinished = (tx: Db, result: CommandFinished) => tellCommand(tx, context, result);
  await runCommand(context, runId, { environment: process.env, signal, onFinished });
}

/** What somebody cancelled they know of. */
async function tellCommand(tx: Db, context: Context, result: CommandFinished): Promise<void> {
  const { workspaceId, connectionId, syncId, command, failure, cancelled, dbt, logTail } = result;
  if (cancelled) return;
  const lines = [
    ...(dbt?.problems ?? []).slice(0, 5).map(({ name, status, message }) => `• ${name}: ${status} ${message}`),
    ...(dbt === null && logTail.trim() ? [`Its last words: ${logTail.trim().split('\n').slice(-3).join(' / ')}`] : []),
    ...(failure?.hint ? [`What to do: ${failure.hint}`] : []),
  ];
  const step = `Command ${command}`;
  await onStepFinished(tx, context, {
    ...{ workspaceId, connectionId, syncId, step, failure: failure && `the command ${failure.message}`, lines },
  });
}

/** A child ended without an answer: its row is mended from here. */
export async function childLost(
  context: Context,
  task: 'sync' | 'probe' | 'checks',
  id: string | number,
  lost: Lost,
  given: { givenAt: Date; workerId: string },
): Promise<void> {
  context.log.warn({ task, id, ...lost }, 'a child process was lost');
  if (task === 'sync') await syncLost(context, { syncId: Number(id), lost, ...given }, afterSync(context));
  if (task === 'probe') await probeLost(context, String(id), lost);
  if (task === 'checks')
    await endLostChecks(context, Number(id), checksFailureOf(lost), (tx, result) =>
      onChecksFinished(tx, context, result),
    );
}

export async function tick(context: Context): Promise<void> {
  await enqueueDue(context);
  await startDueSuites(context);
  await tellSnoozesOver(context);
  await releaseNotices(context);
}

/** Once a minute: who is late is told, and who is so no longer. */
export async function lookForLate(context: Context): Promise<void> {
  await onLate(context, await lateConnections(context));
}

export async function housekeep(context: Context): Promise<void> {
  await housekeepSyncs(context);
  await endStaleChecks(context, (tx, result) => onChecksFinished(tx, context, result));
  await forgetOldAnswers(context);
}

/** What each workspace keeps for a time only. One process at a time does it. */
export async function forgetOld(context: Context): Promise<void> {
  await onlyOne(context.db, 'weir retention', async () => {
    const { lines, syncs } = await forgetSyncs(context);
    const measurements = await forgetMeasurements(context);
    const commands = await forgetCommands(context);
    const access = await forgetAccess(context);
    if (lines + syncs + measurements + commands + access > 0)
      context.log.info({ lines, syncs, measurements, commands, access }, 'forgot what is old');
  });
}

/** Before anything is published: the checks of level block and quarantine measure what was staged. */
function gateOf(context: Context): NonNullable<SyncJobOptions['gate']> {
  return async ({ workspaceId, connectionId, syncId, fence }, signal) => {
    const gate = await openGate(context, { workspaceId, connectionId, syncId, fence }, signal);
    const nameOf = ({ configured: { stream } }: SyncStream) => ({
      name: stream.name,
      namespace: stream.namespace ?? '',
    });
    return {
      guards: gate.guards,
      onStaged: (stream, stage, counts) => gate.check(nameOf(stream), stage, counts),
      onPart: (stream, stage, { complete, counts }) => gate.observe(nameOf(stream), stage, { complete, load: counts }),
      onRefused: (stream, names) => gate.refused(nameOf(stream), names),
    };
  };
}

/** In the transaction that ends the sync: its alerts, the jobs of its checks if there is something new to check, and what follows a success. */
function afterSync(context: Context) {
  return async (tx: Db, result: SyncResult): Promise<void> => {
    const { workspaceId, connectionId, syncId, kind, status } = result;
    await onSyncFinished(tx, context, result);
    await endGate({ db: tx, clock: context.clock }, syncId);
    // Emptied tables are what was asked for, and no finding.
    if (kind === 'clear' || kind === 'reset') return;
    if (status === 'succeeded' || status === 'partial') {
      await startChecksAfterSync({ db: tx, queue: context.queue }, workspaceId, connectionId, syncId);
    }
    if (status !== 'succeeded') return;
    const channels = (await stepsOf(tx, connectionId)).flatMap(({ channelId }) => channelId ?? []);
    await tellAfterSync(tx, context, result, channels);
    await enqueueCommands(tx, context, result);
    await startFollowers(tx, context, connectionId);
  };
}

import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { READS_ITS_SOURCE } from '#lib/db/reads-its-source.ts';
import type { AutoDisable } from '#lib/db/schema.ts';
import { enqueue } from './outbox.ts';
import { type NotifyContext, pageLink, type SyncFinished } from './tell.ts';

const DAY_MS = 86_400_000;
/** As Airbyte's clients know it. */
const REASON = 'TOO_MANY_FAILED_JOBS_WITH_NO_RECENT_SUCCESS';

/** Whether a run of failures is to be warned of, or ends the connection's schedule. */
export function verdictOf(
  { failures, days, warnFailures, warnDays }: AutoDisable,
  run: { readonly failures: number; readonly days: number },
): 'disable' | 'warn' | null {
  if (run.failures >= failures && run.days >= days) return 'disable';
  return run.failures >= warnFailures && run.days >= warnDays ? 'warn' : null;
}

/** After so many failures in a row and so many days without a success the connection is disabled; before that, people are warned once. */
export async function disableIfHopeless(
  tx: Db,
  c: NotifyContext,
  sync: SyncFinished,
  { name, message }: { name: string; message: string },
): Promise<void> {
  const state = await stateOf(tx, sync);
  if (!state?.settings || state.status !== 'active') return;
  const at = c.clock();
  const run = await failuresInARow(tx, sync.connectionId, at);
  const verdict = verdictOf(state.settings, run);
  const days = daysText(Math.floor(run.days));
  const since = run.everSucceeded ? `the last success is ${days} ago` : `none has succeeded in ${days}`;
  const told = `${run.failures} syncs in a row have failed, and ${since}. The last one said: ${message}`;
  const link = pageLink(c, `/connections/${sync.connectionId}`, `Open ${name}`);
  if (verdict === 'disable') {
    await disable(tx, sync.connectionId, told, at);
    await enqueue(tx, c, sync, 'connection_disabled', {
      state: 'failed',
      headline: `Disabled: ${name}, after ${run.failures} failed syncs in a row`,
      lines: [`What happened: ${told}`, 'What to do: mend its cause, sync once by hand, and resume the schedule.'],
      link,
      footer: REASON,
    });
  }
  if (verdict === 'warn' && state.warnedAt === null) {
    await tx.updateTable('connection').set({ disable_warned_at: at }).where('id', '=', sync.connectionId).execute();
    const { failures, days: needed } = state.settings;
    await enqueue(tx, c, sync, 'connection_at_risk', {
      state: 'warned',
      headline: `Will be disabled: ${name}, ${run.failures} failed syncs in a row`,
      lines: [
        `What happened: ${told}`,
        `What to do: mend its cause. After ${failures} failures in a row and ${daysText(needed)} without a success its schedule is stopped.`,
      ],
      link,
      footer: '',
    });
  }
}

/** A success ends the run of failures: the next one is warned of anew. */
export async function forgetWarning(tx: Db, connectionId: string): Promise<void> {
  await tx
    .updateTable('connection')
    .set({ disable_warned_at: null })
    .where('id', '=', connectionId)
    .where('disable_warned_at', 'is not', null)
    .execute();
}

function stateOf(tx: Db, { connectionId }: SyncFinished) {
  return tx
    .selectFrom('connection')
    .innerJoin('workspace', 'workspace.id', 'connection.workspace_id')
    .select(['connection.status', 'connection.disable_warned_at as warnedAt', 'workspace.auto_disable as settings'])
    .where('connection.id', '=', connectionId)
    .executeTakeFirst();
}

/** Failures since the last success, and days since it; since the first failure where nothing ever succeeded. Cancelled and skipped syncs count for nothing, and neither does what asks the source for no data. */
async function failuresInARow(
  tx: Db,
  connectionId: string,
  at: Date,
): Promise<{ failures: number; days: number; everSucceeded: boolean }> {
  const { rows } = await sql<{ failures: number; since: Date | null; everSucceeded: boolean }>`
    with last as (
      select id, finished_at from syncs where connection_id = ${connectionId} and status = 'succeeded'
        and ${READS_ITS_SOURCE} order by id desc limit 1
    )
    select count(*)::int as failures, coalesce((select finished_at from last), min(s.created_at)) as since,
      exists (select from last) as "everSucceeded"
    from syncs s
    where s.connection_id = ${connectionId} and s.status in ('failed', 'partial')
      and s.id > coalesce((select id from last), 0) and ${READS_ITS_SOURCE}`.execute(tx);
  const { failures = 0, since = null, everSucceeded = false } = rows[0] ?? {};
  return { failures, days: since === null ? 0 : (at.getTime() - since.getTime()) / DAY_MS, everSucceeded };
}

function daysText(days: number): string {
  return days === 1 ? '1 day' : `${days} days`;
}

async function disable(tx: Db, connectionId: string, reason: string, at: Date): Promise<void> {
  await tx
    .updateTable('connection')
    .set({ status: 'inactive', paused_reason: `${REASON}: ${reason}`, next_due: null, updated_at: at })
    .where('id', '=', connectionId)
    .execute();
}

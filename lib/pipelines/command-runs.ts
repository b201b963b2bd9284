import type { Db } from '#lib/db/connect.ts';
import type { CommandStatus } from '#lib/db/schema.ts';
import { type Failure, WeirError } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { stepsOf } from './after-sync-store.ts';

/** One run of a command after a sync. */
export interface CommandRun {
  readonly id: number;
  readonly connectionId: string;
  readonly syncId: number | null;
  readonly command: string;
  readonly status: CommandStatus;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly exitCode: number | null;
  readonly failure: Failure | null;
  readonly cancelledBy: string | null;
}

const MOST_LISTED = 100;

/** In the transaction in which a sync published: its commands wait in line, and the first one is started. */
export async function enqueueCommands(
  tx: Db,
  { queue }: { queue: Pick<Queue, 'send'> },
  { workspaceId, connectionId, syncId }: { workspaceId: string; connectionId: string; syncId: number },
): Promise<void> {
  const commands = (await stepsOf(tx, connectionId)).flatMap(({ command }) => command ?? []);
  if (commands.length === 0) return;
  const rows = await tx
    .insertInto('command_run')
    .values(
      commands.map((command) => ({
        ...{ workspace_id: workspaceId, connection_id: connectionId, sync_id: syncId, command },
      })),
    )
    .returning('id')
    .execute();
  const first = Math.min(...rows.map(({ id }) => id));
  await queue.send('command', { runId: first }, { tx });
}

/** Newest first. */
export function listCommandRuns(
  { db }: { db: Db },
  workspaceId: string,
  { connectionId, limit = 20 }: { connectionId?: string; limit?: number } = {},
): Promise<CommandRun[]> {
  return selectRuns(db, workspaceId)
    .$if(connectionId !== undefined, (query) => query.where('connection_id', '=', connectionId ?? ''))
    .orderBy('id', 'desc')
    .limit(Math.min(limit, MOST_LISTED))
    .execute();
}

/** One with what it wrote. @throws WeirError `not_found` */
export async function getCommandRun(
  { db }: { db: Db },
  workspaceId: string,
  id: number,
): Promise<CommandRun & { readonly log: string }> {
  const row = await selectRuns(db, workspaceId).select('log').where('id', '=', id).executeTakeFirst();
  if (row) return row;
  const message = 'There is no such run of a command.';
  throw new WeirError({ kind: 'config', code: 'not_found', message, hint: 'It may have been forgotten.' });
}

/** Asks it to end; one that waits ends at once, and with it those that wait behind it. One that has ended stays as it is. @throws WeirError `not_found` */
export async function cancelCommandRun(
  { db, clock }: { db: Db; clock: () => Date },
  workspaceId: string,
  id: number,
  by: string,
): Promise<void> {
  await getCommandRun({ db }, workspaceId, id);
  const now = clock();
  await db.transaction().execute(async (tx) => {
    const waiting = await tx
      .updateTable('command_run')
      .set({ status: 'cancelled', finished_at: now, cancelled_by: by })
      .where('id', '=', id)
      .where('status', '=', 'pending')
      .returning('sync_id as syncId')
      .executeTakeFirst();
    if (waiting) return skipBehind(tx, { id, syncId: waiting.syncId }, now);
    await tx
      .updateTable('command_run')
      .set({ cancel_requested_at: now, cancelled_by: by })
      .where('id', '=', id)
      .where('status', '=', 'running')
      .execute();
  });
}

/** What waits behind a command that did not succeed is not run. */
export async function skipBehind(
  tx: Db,
  { id, syncId }: { id: number; syncId: number | null },
  now: Date,
): Promise<void> {
  if (syncId === null) return;
  await tx
    .updateTable('command_run')
    .set({ status: 'skipped', finished_at: now })
    .where('sync_id', '=', syncId)
    .where('id', '>', id)
    .where('status', '=', 'pending')
    .execute();
}

/** Starts the next one of the same sync, if one waits. */
export async function startNext(
  tx: Db,
  { queue }: { queue: Pick<Queue, 'send'> },
  { id, syncId }: { id: number; syncId: number | null },
): Promise<void> {
  if (syncId === null) return;
  const next = await tx
    .selectFrom('command_run')
    .select('id')
    .where('sync_id', '=', syncId)
    .where('id', '>', id)
    .where('status', '=', 'pending')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (next) await queue.send('command', { runId: next.id }, { tx });
}

function selectRuns(db: Db, workspaceId: string) {
  return db
    .selectFrom('command_run')
    .select(['id', 'connection_id as connectionId', 'sync_id as syncId', 'command', 'status', 'failure'])
    .select(['created_at as createdAt', 'started_at as startedAt', 'finished_at as finishedAt'])
    .select(['exit_code as exitCode', 'cancelled_by as cancelledBy'])
    .where('workspace_id', '=', workspaceId);
}

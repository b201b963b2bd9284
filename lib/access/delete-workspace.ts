import { rm } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Env } from '#lib/env.ts';
import { WeirError } from '#lib/errors.ts';
import type { JobName, Queue } from '#lib/jobs/queue.ts';
import type { Log } from '#lib/log.ts';
import { audit } from './audit.ts';
import type { Identity } from './identify.ts';
import { noSuch } from './refusals.ts';

/** What goes with a workspace, in numbers. */
export interface WorkspaceContents {
  readonly connections: number;
  readonly sources: number;
  readonly destinations: number;
  readonly connectors: number;
  readonly suites: number;
  readonly syncs: number;
  readonly channels: number;
  readonly apiKeys: number;
  readonly applications: number;
  readonly uploads: number;
  /** Members who are in no other workspace: their accounts go, too. */
  readonly accounts: number;
  /** What waits or runs, and has to end first. */
  readonly active: number;
}

interface DeleteContext {
  readonly db: Db;
  readonly queue: Pick<Queue, 'forget'>;
  readonly env: Pick<Env, 'dataDir'>;
  readonly log: Log;
}

type Caller = Pick<Identity, 'userId' | 'sessionId' | 'workspaceId' | 'actor'>;

const ACTIVE_SYNC = ['pending', 'running', 'incomplete'] as const;
/** The rows that jobs are about, and what a job calls their id. */
const QUEUED: readonly [
  job: JobName,
  field: string,
  table: 'syncs' | 'probe' | 'check_run' | 'delivery' | 'command_run',
][] = [
  ['sync', 'syncId', 'syncs'],
  ['probe', 'probeId', 'probe'],
  ['checks', 'runId', 'check_run'],
  ['deliver', 'deliveryId', 'delivery'],
  ['command', 'runId', 'command_run'],
];

/** Counted for the question before a deletion. */
export async function workspaceContents({ db }: { db: Db }, workspaceId: string): Promise<WorkspaceContents> {
  const count = (table: string) =>
    sql<number>`(select count(*)::integer from ${sql.table(table)} where workspace_id = ${workspaceId})`;
  const { rows } = await sql<WorkspaceContents>`
    select ${count('connection')} as connections, ${count('source')} as sources, ${count('destination')} as destinations,
      ${count('connector')} as connectors, ${count('suite')} as suites, ${count('syncs')} as syncs,
      ${count('channel')} as channels, ${count('api_key')} as "apiKeys", ${count('application')} as applications,
      ${count('upload')} as uploads,
      (select count(*)::integer from membership m where workspace_id = ${workspaceId} and not exists
        (select from membership o where o.user_id = m.user_id and o.workspace_id <> ${workspaceId})) as accounts,
      (select count(*)::integer from syncs where workspace_id = ${workspaceId} and status = any(${[...ACTIVE_SYNC]}))
        + (select count(*)::integer from command_run where workspace_id = ${workspaceId} and status = 'running')
        as active`.execute(db);
  const [contents] = rows;
  if (!contents) throw noSuch('workspace');
  return contents;
}

/**
 * Deletes the caller's workspace with all that is in it, its secrets, its jobs and its uploads. Loaded tables and files stay in the
 * destinations; the audit log stays in the database, and the workspaces that are left are told.
 * @throws WeirError `sync_running`, `last_workspace`
 */
export async function deleteWorkspace(c: DeleteContext, caller: Caller): Promise<void> {
  const { workspaceId, actor } = caller;
  await c.db.transaction().execute(async (tx) => {
    // Whatever is added to the workspace refers to this row, and waits.
    const workspace = await tx
      .selectFrom('workspace')
      .select('name')
      .where('id', '=', workspaceId)
      .forUpdate()
      .executeTakeFirst();
    if (!workspace) throw noSuch('workspace');
    const toTell = await workspacesLeft(tx, caller);
    const { active } = await workspaceContents({ db: tx }, workspaceId);
    if (active > 0) throw stillActive(active);
    for (const [job, field, table] of QUEUED) {
      const rows = await tx.selectFrom(table).select('id').where('workspace_id', '=', workspaceId).execute();
      await c.queue.forget(
        job,
        field,
        rows.map(({ id }) => String(id)),
        tx,
      );
    }
    await deleteAccountsOf(tx, workspaceId);
    await tx.deleteFrom('workspace').where('id', '=', workspaceId).execute();
    const subject = `workspace:${workspaceId} ${workspace.name}`;
    for (const id of toTell) await audit({ db: tx }, { workspaceId: id, actor, action: 'workspace.delete', subject });
  });
  await rm(path.join(c.env.dataDir, 'uploads', workspaceId), { recursive: true, force: true }).catch((error: unknown) =>
    c.log.warn({ err: error, workspaceId }, 'the uploads of a deleted workspace are still there'),
  );
}

/** The person's other workspaces; of a program the installation's first other one. */
async function workspacesLeft(tx: Db, { userId, sessionId, workspaceId }: Caller): Promise<string[]> {
  const isPerson = userId !== null && sessionId !== undefined;
  const rows = isPerson
    ? await tx
        .selectFrom('membership')
        .select('workspace_id as id')
        .where('user_id', '=', userId)
        .where('workspace_id', '<>', workspaceId)
        .execute()
    : await tx
        .selectFrom('workspace')
        .select('id')
        .where('id', '<>', workspaceId)
        .orderBy('created_at')
        .limit(1)
        .execute();
  if (rows.length === 0) throw lastWorkspace(isPerson);
  return rows.map(({ id }) => id);
}

/** As when a member is removed: who is in no other workspace has no account here. */
async function deleteAccountsOf(tx: Db, workspaceId: string): Promise<void> {
  await tx
    .deleteFrom('user')
    .where('id', 'in', (eb) => eb.selectFrom('membership').select('user_id').where('workspace_id', '=', workspaceId))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('membership')
            .select('user_id')
            .whereRef('user_id', '=', 'user.id')
            .where('workspace_id', '<>', workspaceId),
        ),
      ),
    )
    .execute();
}

function stillActive(active: number): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'sync_running',
    message: `The workspace was not deleted: ${active === 1 ? 'a sync or command waits or runs' : `${active} syncs or commands wait or run`} in it.`,
    hint: 'Cancel them or let them end, turn the connections off, and delete it then.',
  });
}

function lastWorkspace(isPerson: boolean): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'last_workspace',
    message: isPerson ? 'This is the only workspace that you are in.' : 'This is the only workspace that there is.',
    hint: isPerson ? 'Make or join another one first.' : 'Make another one first, signed in as a person.',
  });
}

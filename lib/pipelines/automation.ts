import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Env } from '#lib/env.ts';
import { type Issue, WeirError } from '#lib/errors.ts';
import { stepsOf } from './after-sync-store.ts';
import { readCommands } from './commands.ts';

/** What starts a connection besides its schedule, and what follows its syncs. */
export interface Automation {
  /** The connection whose success starts this one. */
  readonly afterConnectionId: string | null;
  /** Channels that are told of each sync that published, such as a signed webhook. */
  readonly channelIds: readonly string[];
  /** Of the operator's list, run one after the other once a sync has published. */
  readonly commands: readonly string[];
}

type AutomationContext = { readonly db: Db; readonly env: Pick<Env, 'commandsFile'> };

const MOST_STEPS = 20;

/** @throws WeirError `not_found` */
export async function getAutomation(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
): Promise<Automation> {
  const row = await db
    .selectFrom('connection')
    .select('after_connection_id as afterConnectionId')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', connectionId)
    .executeTakeFirst();
  if (!row) throw notFound();
  const steps = await stepsOf(db, connectionId);
  return {
    afterConnectionId: row.afterConnectionId,
    channelIds: steps.flatMap(({ channelId }) => channelId ?? []),
    commands: steps.flatMap(({ command }) => command ?? []),
  };
}

/** Replaces it whole. @throws WeirError `not_found`, `invalid_input` with all that is wrong */
export async function setAutomation(
  c: AutomationContext,
  workspaceId: string,
  connectionId: string,
  next: Automation,
): Promise<void> {
  await c.db.transaction().execute(async (tx) => {
    // One after the other: two who save at once would close a circle that neither sees.
    await sql`select from workspace where id = ${workspaceId} for no key update`.execute(tx);
    const before = await getAutomation({ db: tx }, workspaceId, connectionId);
    const issues = await issuesOf({ db: tx, env: c.env }, workspaceId, connectionId, { next, before });
    if (issues.length > 0)
      throw new WeirError({ kind: 'config', code: 'invalid_input', message: 'It was not saved.', issues });
    await tx
      .updateTable('connection')
      .set({ after_connection_id: next.afterConnectionId })
      .where('id', '=', connectionId)
      .execute();
    await tx.deleteFrom('after_sync').where('connection_id', '=', connectionId).execute();
    const steps = [
      ...next.channelIds.map((channel_id) => ({ channel_id, command: null })),
      ...next.commands.map((command) => ({ channel_id: null, command })),
    ].map((step, position) => ({ ...step, position, connection_id: connectionId, workspace_id: workspaceId }));
    if (steps.length > 0) await tx.insertInto('after_sync').values(steps).execute();
  });
}

async function issuesOf(
  { db, env }: AutomationContext,
  workspaceId: string,
  connectionId: string,
  { next, before }: { next: Automation; before: Automation },
): Promise<Issue[]> {
  const { afterConnectionId, channelIds, commands } = next;
  const known = commands.length > 0 ? readCommands(env).map(({ name }) => name) : [];
  // A command that the operator has taken away stays named until somebody removes it.
  const unknown = commands.filter((name) => !known.includes(name) && !before.commands.includes(name));
  const missing = await missingChannels(db, workspaceId, channelIds);
  return [
    ...(await afterIssues(db, workspaceId, connectionId, afterConnectionId)),
    ...(missing.length > 0 ? [{ path: 'channelIds', message: `There is no channel ${missing.join(', ')}.` }] : []),
    ...(unknown.length > 0
      ? [{ path: 'commands', message: `Not in the operator’s list: ${unknown.join(', ')}. ${offered(known)}` }]
      : []),
    ...(channelIds.length + commands.length > MOST_STEPS
      ? [{ path: 'commands', message: `At most ${MOST_STEPS} steps.` }]
      : []),
  ];
}

function offered(known: readonly string[]): string {
  return known.length > 0 ? `One of: ${known.join(', ')}.` : 'It is empty: WEIR_COMMANDS_FILE names it.';
}

/** Another one of the workspace, and no circle: it would never end. */
async function afterIssues(db: Db, workspaceId: string, connectionId: string, after: string | null): Promise<Issue[]> {
  if (after === null) return [];
  const path = 'afterConnectionId';
  const { rows } = await sql<{ id: string; workspaceId: string }>`
    with recursive before as (
      select id, after_connection_id, workspace_id from connection where id = ${after}
      union
      select c.id, c.after_connection_id, c.workspace_id from connection c join before on c.id = before.after_connection_id
    )
    select id, workspace_id as "workspaceId" from before`.execute(db);
  if (!rows.some((row) => row.id === after && row.workspaceId === workspaceId))
    return [{ path, message: 'There is no such connection.' }];
  if (rows.some((row) => row.id === connectionId))
    return [{ path, message: 'That one starts after this one, directly or over others: a circle would never end.' }];
  return [];
}

async function missingChannels(db: Db, workspaceId: string, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('channel')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', 'in', [...ids])
    .execute();
  return ids.filter((id) => !rows.some((row) => row.id === id));
}

function notFound(): WeirError {
  const hint = 'It may have been deleted.';
  return new WeirError({ kind: 'config', code: 'not_found', message: 'There is no such connection.', hint });
}

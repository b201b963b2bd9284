import { createHash, randomBytes } from 'node:crypto';
import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { notFound } from './refusals.ts';
import { assertConnection } from './store.ts';
import { startSync } from './syncs.ts';

/** A secret address that starts a connection's sync when it is called. */
export interface Trigger {
  readonly id: string;
  readonly name: string;
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

const TOKEN_BYTES = 32;
const NAME_LENGTH = 100;
const MOST_TRIGGERS = 20;

export async function listTriggers({ db }: { db: Db }, workspaceId: string, connectionId: string): Promise<Trigger[]> {
  return db
    .selectFrom('connection_trigger')
    .select(['id', 'name', 'created_by as createdBy', 'created_at as createdAt', 'last_used_at as lastUsedAt'])
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', '=', connectionId)
    .orderBy('created_at')
    .execute();
}

/** `token` is told this once: only its hash is kept. @throws WeirError `not_found`, `invalid_input` */
export async function createTrigger(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
  { name, createdBy }: { name: string; createdBy: string },
): Promise<{ id: string; token: string }> {
  await assertConnection(db, workspaceId, connectionId);
  const existing = await listTriggers({ db }, workspaceId, connectionId);
  if (!name.trim() || name.length > NAME_LENGTH) throw refused(`Give it a name of 1 to ${NAME_LENGTH} characters.`);
  if (existing.length >= MOST_TRIGGERS) throw refused(`At most ${MOST_TRIGGERS} triggers for one connection.`);
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const { id } = await db
    .insertInto('connection_trigger')
    .values({
      ...{ workspace_id: workspaceId, connection_id: connectionId, name: name.trim() },
      ...{ hash: hashOf(token), created_by: createdBy },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id, token };
}

/** From now on its address starts nothing. @throws WeirError `not_found` */
export async function revokeTrigger(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
  id: string,
): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('connection_trigger')
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', '=', connectionId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw notFound('trigger');
}

export interface FoundTrigger {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly connectionId: string;
}

/** Whose address it is; null for one that is nobody's, or was revoked. */
export async function findTrigger({ db }: { db: Db }, token: string): Promise<FoundTrigger | null> {
  const row = await db
    .selectFrom('connection_trigger')
    .select(['id', 'name', 'workspace_id as workspaceId', 'connection_id as connectionId'])
    .where('hash', '=', hashOf(token))
    .executeTakeFirst();
  return row ?? null;
}

/** @throws WeirError `sync_running`, `load_held`, `connection_inactive` while the connection is paused */
export async function pullTrigger(
  { db, queue, clock }: { db: Db; queue: Queue; clock: () => Date },
  { id, workspaceId, connectionId }: FoundTrigger,
): Promise<{ syncId: number }> {
  const connection = await db
    .selectFrom('connection')
    .select('status')
    .where('id', '=', connectionId)
    .executeTakeFirst();
  if (connection?.status !== 'active') throw inactive();
  await db.updateTable('connection_trigger').set({ last_used_at: clock() }).where('id', '=', id).execute();
  return startSync({ db, queue }, workspaceId, connectionId, 'url');
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function refused(message: string): WeirError {
  const issues = [{ path: 'name', message }];
  return new WeirError({ kind: 'config', code: 'invalid_input', message: 'The trigger was not made.', issues });
}

function inactive(): WeirError {
  const hint = 'Resume it first.';
  return new WeirError({ kind: 'config', code: 'connection_inactive', message: 'The connection is paused.', hint });
}

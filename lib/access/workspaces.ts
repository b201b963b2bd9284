import type { Db } from '#lib/db/connect.ts';
import type { Role } from '#lib/db/schema.ts';
import { WeirError } from '#lib/errors.ts';
import { audit } from './audit.ts';
import type { Identity } from './identify.ts';
import { noSuch } from './refusals.ts';
import { insertWorkspace, type WorkspaceSettings, workspaceIssues } from './workspace.ts';

/** One of the workspaces that somebody may come into. */
export interface OwnWorkspace {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** The one that requests of this browser are about. */
  readonly current: boolean;
}

type Caller = Pick<Identity, 'userId' | 'sessionId' | 'workspaceId' | 'role' | 'actor'>;

/** By name. A program sees the one that its key belongs to, whoever made the key. */
export async function listWorkspaces({ db }: { db: Db }, caller: Caller): Promise<OwnWorkspace[]> {
  const { userId, sessionId, workspaceId, role } = caller;
  const rows =
    userId === null || sessionId === undefined
      ? (await db.selectFrom('workspace').select(['id', 'name']).where('id', '=', workspaceId).execute()).map(
          (workspace) => ({ ...workspace, role }),
        )
      : await db
          .selectFrom('membership')
          .innerJoin('workspace', 'workspace.id', 'membership.workspace_id')
          .select(['workspace.id', 'workspace.name', 'membership.role'])
          .where('membership.user_id', '=', userId)
          .orderBy('workspace.name')
          .execute();
  return rows.map((row) => ({ ...row, current: row.id === workspaceId }));
}

/** A workspace of its own, with the caller as its administrator; the caller's browser goes on in it. @throws WeirError `not_allowed`, `invalid_input` */
export async function createWorkspace(
  { db }: { db: Db },
  caller: Caller,
  settings: WorkspaceSettings,
): Promise<{ id: string }> {
  const { userId, sessionId, actor } = caller;
  if (userId === null || sessionId === undefined) throw peopleOnly();
  const issues = workspaceIssues(settings);
  if (issues.length > 0)
    throw new WeirError({ kind: 'config', code: 'invalid_input', message: 'No workspace was made.', issues });
  return db.transaction().execute(async (tx) => {
    const id = await insertWorkspace(tx, settings);
    await tx.insertInto('membership').values({ workspace_id: id, user_id: userId, role: 'admin' }).execute();
    await audit({ db: tx }, { workspaceId: id, actor, action: 'workspace.create', subject: `workspace:${id}` });
    await enterWorkspace({ db: tx }, caller, id);
    return { id };
  });
}

/** From now on, requests of this browser are about that workspace. @throws WeirError `not_found` */
export async function enterWorkspace(
  { db }: { db: Db },
  { userId, sessionId }: Pick<Caller, 'userId' | 'sessionId'>,
  workspaceId: string,
): Promise<void> {
  if (userId === null || sessionId === undefined) throw noSuch('workspace');
  const membership = await db
    .selectFrom('membership')
    .select('role')
    .where('user_id', '=', userId)
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirst();
  if (!membership) throw noSuch('workspace');
  await db.updateTable('session').set({ workspace_id: workspaceId }).where('id', '=', sessionId).execute();
}

/** As `enterWorkspace`, for a session that has just begun and is known by its token alone. */
export async function enterByToken(
  { db }: { db: Db },
  { userId, token }: { userId: string; token: string },
  workspaceId: string,
): Promise<void> {
  const session = await db
    .selectFrom('session')
    .select('id')
    .where('token', '=', token)
    .where('userId', '=', userId)
    .executeTakeFirst();
  if (session) await enterWorkspace({ db }, { userId, sessionId: session.id }, workspaceId);
}

function peopleOnly(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_allowed',
    message: 'A workspace is made by a person who is signed in.',
    hint: 'Keys and applications belong to one workspace.',
  });
}

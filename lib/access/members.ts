import type { Db } from '#lib/db/connect.ts';
import type { Role } from '#lib/db/schema.ts';
import { WeirError } from '#lib/errors.ts';
import { noSuch } from './refusals.ts';
import { isRole } from './roles.ts';

/** Somebody who may come into the workspace. */
export interface Member {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
}

export async function listMembers({ db }: { db: Db }, workspaceId: string): Promise<Member[]> {
  return db
    .selectFrom('membership')
    .innerJoin('user', 'user.id', 'membership.user_id')
    .select(['user.id as userId', 'user.name', 'user.email', 'membership.role'])
    .where('membership.workspace_id', '=', workspaceId)
    .orderBy('user.email')
    .execute();
}

/** What somebody may do in the workspace; null for who is no member. @param email in lower case */
export async function roleByEmail({ db }: { db: Db }, workspaceId: string, email: string): Promise<Role | null> {
  const row = await db
    .selectFrom('membership')
    .innerJoin('user', 'user.id', 'membership.user_id')
    .select('membership.role')
    .where('membership.workspace_id', '=', workspaceId)
    .where((eb) => eb(eb.fn<string>('lower', ['user.email']), '=', email))
    .executeTakeFirst();
  return row?.role ?? null;
}

/** Holds from the member's next request on. @throws WeirError `not_found`, `invalid_input`, `last_admin` */
export async function changeRole({ db }: { db: Db }, workspaceId: string, userId: string, role: Role): Promise<void> {
  if (!isRole(role)) {
    const issues = [{ path: 'role', message: 'The role is viewer, editor or admin.' }];
    throw new WeirError({ kind: 'config', code: 'invalid_input', message: 'The role was not changed.', issues });
  }
  await db.transaction().execute(async (tx) => {
    await assertMember(tx, workspaceId, userId, role === 'admin');
    await tx
      .updateTable('membership')
      .set({ role })
      .where('workspace_id', '=', workspaceId)
      .where('user_id', '=', userId)
      .execute();
  });
}

/** Ends the member's sessions too; who is in no other workspace is forgotten. @throws WeirError `not_found`, `last_admin` */
export async function removeMember({ db }: { db: Db }, workspaceId: string, userId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await assertMember(tx, workspaceId, userId, false);
    await tx.deleteFrom('membership').where('workspace_id', '=', workspaceId).where('user_id', '=', userId).execute();
    await tx.deleteFrom('session').where('userId', '=', userId).execute();
    await tx
      .deleteFrom('user')
      .where('id', '=', userId)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('membership').select('user_id').where('user_id', '=', userId))),
      )
      .execute();
  });
}

/** Signs a member out everywhere. @throws WeirError `not_found` */
export async function endSessionsOf({ db }: { db: Db }, workspaceId: string, userId: string): Promise<void> {
  await assertMember(db, workspaceId, userId, true);
  await db.deleteFrom('session').where('userId', '=', userId).execute();
}

/** The administrators are locked, so that the last two can't both go at once. */
async function assertMember(tx: Db, workspaceId: string, userId: string, staysAdmin: boolean): Promise<void> {
  const members = await tx
    .selectFrom('membership')
    .select(['user_id', 'role'])
    .where('workspace_id', '=', workspaceId)
    .orderBy('user_id')
    .forUpdate()
    .execute();
  const member = members.find(({ user_id }) => user_id === userId);
  if (!member) throw noSuch('member');
  const others = members.filter(({ user_id, role }) => user_id !== userId && role === 'admin');
  if (staysAdmin || member.role !== 'admin' || others.length > 0) return;
  throw new WeirError({
    kind: 'config',
    code: 'last_admin',
    message: 'This is the only administrator.',
    hint: 'Make somebody else an administrator first.',
  });
}

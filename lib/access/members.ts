import type { Db } from '#lib/db/connect.ts';
import type { Role } from '#lib/db/schema.ts';

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

import { createGuard, type Guard } from '#lib/address-guard.ts';
import type { Db } from './connect.ts';

/** The address guard of a workspace: private addresses only where its administrators allowed host and port. */
export async function workspaceGuard(db: Db, workspaceId: string): Promise<Guard> {
  const allowed = await db
    .selectFrom('allowed_host')
    .select(['host', 'port'])
    .where('workspace_id', '=', workspaceId)
    .execute();
  return createGuard({ allowed });
}

import { createGuard, type Guard } from '#lib/address-guard.ts';
import type { Env } from '#lib/env.ts';
import type { Db } from './connect.ts';

/** What the guard of a workspace is made of: its administrators' exceptions, and the operator's way out. */
export interface GuardContext {
  readonly db: Db;
  readonly env: Pick<Env, 'proxies'>;
}

/** The address guard of a workspace: private addresses only where its administrators allowed host and port. */
export async function workspaceGuard({ db, env }: GuardContext, workspaceId: string): Promise<Guard> {
  const allowed = await db
    .selectFrom('allowed_host')
    .select(['host', 'port'])
    .where('workspace_id', '=', workspaceId)
    .execute();
  return createGuard({ allowed, proxies: env.proxies });
}

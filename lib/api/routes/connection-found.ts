import { getConnection } from '#lib/connections/connections.ts';
import type { Context } from '#lib/context.ts';
import { type Door, idOf } from '../door.ts';

/** The connection that the path names, as what asks about it takes it. A WeirError `not_found` if the workspace has none. */
export async function connectionFound(c: Door): Promise<[context: Context, workspaceId: string, connectionId: string]> {
  const { workspaceId } = c.get('identity');
  const { id } = await getConnection(c.get('context'), workspaceId, idOf(c));
  return [c.get('context'), workspaceId, id];
}

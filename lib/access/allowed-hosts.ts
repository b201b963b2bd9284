import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';

/** A host that may be reached although its address is private. */
export interface AllowedHost {
  readonly host: string;
  readonly port: number;
  readonly reason: string | null;
  readonly createdBy: string | null;
  readonly createdAt: Date;
}

// A name, an IPv4 address, or an IPv6 address without its brackets.
const HOST = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*|[0-9a-f:.]*:[0-9a-f:.]+)$/i;

export async function allowedHosts({ db }: { db: Db }, workspaceId: string): Promise<AllowedHost[]> {
  return db
    .selectFrom('allowed_host')
    .select(['host', 'port', 'reason', 'created_by as createdBy', 'created_at as createdAt'])
    .where('workspace_id', '=', workspaceId)
    .orderBy('host')
    .orderBy('port')
    .execute();
}

/** Exactly this host and port, no pattern: an exception is as small as can be. */
export async function allowHost(
  { db }: { db: Db },
  workspaceId: string,
  input: { host: string; port: number; reason?: string | null; createdBy?: string | null },
): Promise<void> {
  const host = input.host
    .trim()
    .toLowerCase()
    .replace(/^\[|\]$/g, '');
  const issues = [
    !HOST.test(host) && { path: 'host', message: 'A host name or address, without scheme, port or pattern.' },
    !(Number.isInteger(input.port) && input.port >= 1 && input.port <= 65_535) && {
      path: 'port',
      message: 'A port from 1 to 65535.',
    },
  ].filter((issue) => issue !== false);
  if (issues.length > 0)
    throw new WeirError({ kind: 'config', code: 'invalid_input', message: 'The host was not allowed.', issues });
  await db
    .insertInto('allowed_host')
    .values({
      workspace_id: workspaceId,
      host,
      port: input.port,
      reason: input.reason ?? null,
      created_by: input.createdBy ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function disallowHost({ db }: { db: Db }, workspaceId: string, host: string, port: number): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('allowed_host')
    .where('workspace_id', '=', workspaceId)
    .where('host', '=', host.toLowerCase())
    .where('port', '=', port)
    .executeTakeFirst();
  if (numDeletedRows > 0n) return;
  throw new WeirError({
    kind: 'config',
    code: 'not_found',
    message: `${host}:${port} is not among the allowed hosts.`,
  });
}

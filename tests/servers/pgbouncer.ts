import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { freePort } from '#lib/db/embedded-postgres.ts';
import { postgresUser } from '#lib/db/postgres-binaries.ts';

export const POOL_MODES = ['session', 'transaction'] as const;
export type PoolMode = (typeof POOL_MODES)[number];

/** PgBouncer before a server of `ownPostgres`, for all of its users and databases. */
export async function pgBouncer(
  server: { readonly port: number },
  mode: PoolMode,
): Promise<AsyncDisposable & { readonly port: number }> {
  const user = postgresUser();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-pgbouncer-'));
  const port = await freePort();
  const [users, settings] = [path.join(folder, 'users.txt'), path.join(folder, 'pgbouncer.ini')];
  writeFileSync(users, '"postgres" "secret"\n');
  writeFileSync(settings, settingsOf({ users, port, server: server.port, mode }));
  if (user) for (const made of [folder, users, settings]) chownSync(made, user.uid, user.gid);
  const child = spawn('pgbouncer', ['-q', settings], {
    stdio: 'ignore',
    ...(user && { uid: user.uid, gid: user.gid }),
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(new Error('PgBouncer is not installed.', { cause })));
    child.once('exit', (code) => reject(new Error(`PgBouncer ended with ${code}.`)));
  });
  // Once it answers nobody waits for this any more: that it ends is then what was asked for.
  failed.catch(() => undefined);
  await Promise.race([answering(port), failed]);
  return {
    port,
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Users of tests are looked up at the server. */
function settingsOf(given: { users: string; port: number; server: number; mode: PoolMode }): string {
  return `[databases]
* = host=127.0.0.1 port=${given.server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${given.port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${given.users}
auth_user = postgres
auth_query = select usename, passwd from pg_shadow where usename = $1
pool_mode = ${given.mode}
max_client_conn = 300
`;
}

async function answering(port: number): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: `postgres://postgres:secret@127.0.0.1:${port}/postgres` });
    client.on('error', () => undefined);
    const isThere = await client.connect().then(
      () => true,
      () => false,
    );
    // Of one that did not connect there is nothing to end.
    await client.end().catch(() => undefined);
    if (isThere) return;
  }
}

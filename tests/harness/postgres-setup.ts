import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '#lib/db/embedded-postgres.ts';

/**
 * One Postgres for the whole run, in a folder of its own; every test makes its databases there.
 * `WEIR_TEST_POSTGRES` names a server that is already there, which makes a single test start at once.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.WEIR_TEST_POSTGRES) return undefined;
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'weir-test-'));
  const server = await startEmbeddedPostgres({ dataDir, throwaway: true });
  process.env.WEIR_TEST_POSTGRES = server.url;
  return async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
    if (!server.folder.startsWith(dataDir)) rmSync(server.folder, { recursive: true, force: true });
  };
}

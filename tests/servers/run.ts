/**
 * `npm run servers [-- --versions 14,16 --pooler transaction] [folder or file …]`: what speaks to Postgres, against servers of other
 * versions, which come from npm into a cache, and with `--pooler` through PgBouncer, if that is installed.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ownPostgres } from '#tests/harness/own-postgres.ts';
import { binariesOf } from './binaries.ts';
import { POOL_MODES, pgBouncer } from './pgbouncer.ts';

const VERSIONS = '14,15,16,17';
const SPEAKS_TO_POSTGRES = ['lib/destinations/postgres', 'lib/db', 'tests/load-properties.test.ts'];
const SETTINGS = ['synchronous_commit=off', 'full_page_writes=off', 'max_connections=200', 'jit=off', 'timezone=UTC'];
const VITEST = path.resolve('node_modules/vitest/vitest.mjs');

const { values, positionals } = parseArgs({
  options: { versions: { type: 'string' }, pooler: { type: 'string' } },
  allowPositionals: true,
});
const paths = positionals.length > 0 ? positionals : SPEAKS_TO_POSTGRES;
const mode = POOL_MODES.find((known) => known === values.pooler);
if (values.pooler !== undefined && mode === undefined) throw new Error(`--pooler is one of ${POOL_MODES.join(', ')}.`);

const failed: string[] = [];
for (const version of (values.versions ?? VERSIONS).split(',')) {
  await using server = await ownPostgres(binariesOf(version), SETTINGS);
  await using pooler = mode === undefined ? undefined : await pgBouncer(server, mode);
  const name = `Postgres ${version}${mode === undefined ? '' : ` behind PgBouncer, pool_mode ${mode}`}`;
  process.stdout.write(`${name}\n`);
  const { status } = spawnSync(process.execPath, [VITEST, 'run', '--reporter=dot', ...paths], {
    stdio: 'inherit',
    env: {
      ...process.env,
      WEIR_TEST_POSTGRES: server.url,
      ...(pooler && { WEIR_TEST_POOLER: `postgres://127.0.0.1:${pooler.port}` }),
    },
  });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) process.stdout.write(`Failed: ${failed.join('; ')}\n`);
process.exit(failed.length > 0 ? 1 : 0);

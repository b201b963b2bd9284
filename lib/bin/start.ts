import { mkdirSync } from 'node:fs';
import { connectDatabase } from '#lib/db/connect.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#lib/db/embedded-postgres.ts';
import { migrate } from '#lib/db/migrate.ts';
import { type Env, readEnv } from '#lib/env.ts';
import { failureText, toFailure } from '#lib/errors.ts';
import { build, isBuilt } from './build.ts';
import { startProblems } from './start-problems.ts';
import { type Supervised, supervise } from './supervise.ts';
import { watchSources } from './watch-sources.ts';

const PROJECT = process.cwd();
const GRACE_MS = 10_000;

const dev = process.argv.includes('--dev');
const say = (line: string) => process.stdout.write(`${line}\n`);

await start().catch((error: unknown) => {
  process.stderr.write(`${failureText(toFailure(error))}\n`);
  process.exit(1);
});

/** Everything on one machine: Postgres, the web server, one worker. Ends when told to, Postgres last. */
async function start(): Promise<void> {
  const { env, problems } = readEnv(process.env, PROJECT);
  problems.push(...(await startProblems(env)));
  if (problems.length > 0) {
    for (const problem of problems) process.stderr.write(`${problem}\n`);
    process.exit(1);
  }
  mkdirSync(env.dataDir, { recursive: true, mode: 0o700 });
  if (!dev && !(await isBuilt(PROJECT))) await build(PROJECT, say);

  const postgres = env.databaseUrl === null ? await ownPostgres(env) : null;
  const running: Supervised[] = [];
  const stop = stopOnce(running, postgres);
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);

  const databaseUrl = env.databaseUrl ?? postgres?.url ?? '';
  await migrated(databaseUrl);
  const options = {
    env: { ...process.env, DATABASE_URL: databaseUrl, NEXT_TELEMETRY_DISABLED: '1', ...(dev && { WEIR_DEV: '1' }) },
    say,
  };
  running.push(supervise('serve', options), supervise('worker', options));
  await Promise.all(running.map((part) => part.ready));
  if (dev) watchSources(PROJECT, () => running.forEach((part) => void part.restart()));
  say(`Weir is ready: ${env.publicUrl ?? `http://localhost:${env.port}`}`);
}

async function ownPostgres(env: Env): Promise<EmbeddedPostgres> {
  return await startEmbeddedPostgres({
    dataDir: env.dataDir,
    onNotice: say,
    onExit: (code) => {
      if (stopping) return;
      process.stderr.write(`The embedded Postgres ended with code ${code}. Look at postgres.log in ${env.dataDir}.\n`);
      process.kill(process.pid, 'SIGTERM');
    },
  });
}

async function migrated(databaseUrl: string): Promise<void> {
  const db = connectDatabase(databaseUrl, { maxConnections: 1, name: 'weir migrate' });
  try {
    const names = await migrate(db);
    if (names.length > 0) say(`Migrated the database: ${names.join(', ')}`);
  } finally {
    await db.destroy();
  }
}

let stopping = false;

/** The first signal ends the parts, then Postgres; a second one ends the parts at once. */
function stopOnce(running: Supervised[], postgres: EmbeddedPostgres | null): () => void {
  return () => {
    if (stopping) {
      for (const part of running) part.kill();
      return;
    }
    stopping = true;
    say('Stopping.');
    void Promise.all(running.map((part) => part.stop(GRACE_MS)))
      .then(() => postgres?.stop())
      .then(() => process.exit(0));
  };
}

import { mkdirSync } from 'node:fs';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#lib/db/embedded-postgres.ts';
import { type Env, readEnv } from '#lib/env.ts';
import { failureText, toFailure } from '#lib/errors.ts';
import { build, isBuilt } from './build.ts';
import { migrateDatabase } from './migrate-database.ts';
import { startProblems } from './start-problems.ts';
import { type Supervised, supervise } from './supervise.ts';
import { watchSources } from './watch-sources.ts';

const PROJECT = process.cwd();
const GRACE_MS = 10_000;

const dev = process.argv.includes('--dev');
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Aborted by the first signal. */
const stopping = new AbortController();

await start().catch((error: unknown) => {
  if (stopping.signal.aborted) process.exit(0);
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
  const parts: Parts = { running: [], postgres: null };
  const stop = stopOnce(parts);
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
  if (!dev && !(await isBuilt(PROJECT))) await build(PROJECT, say, stopping.signal);

  const postgres = env.databaseUrl === null ? await ownPostgres(env) : null;
  parts.postgres = postgres;
  stopping.signal.throwIfAborted();
  const databaseUrl = env.databaseUrl ?? postgres?.url ?? '';
  await migrateDatabase(databaseUrl, say);
  const options = {
    env: { ...process.env, DATABASE_URL: databaseUrl, NEXT_TELEMETRY_DISABLED: '1', ...(dev && { WEIR_DEV: '1' }) },
    say,
  };
  stopping.signal.throwIfAborted();
  parts.running.push(supervise('serve', options), supervise('worker', options));
  await Promise.all(parts.running.map((part) => part.ready));
  if (dev) watchSources(PROJECT, () => parts.running.forEach((part) => void part.restart()));
  say(`Weir is ready: ${env.publicUrl ?? `http://localhost:${env.port}`}`);
}

async function ownPostgres(env: Env): Promise<EmbeddedPostgres> {
  return await startEmbeddedPostgres({
    dataDir: env.dataDir,
    onNotice: say,
    onExit: (code) => {
      if (stopping.signal.aborted) return;
      process.stderr.write(`The embedded Postgres ended with code ${code}. Look at postgres.log in ${env.dataDir}.\n`);
      process.kill(process.pid, 'SIGTERM');
    },
  });
}

/** What has been started so far. */
interface Parts {
  readonly running: Supervised[];
  postgres: EmbeddedPostgres | null;
}

/** The first signal ends a build, then the parts, then Postgres; a second one ends the parts at once. */
function stopOnce(parts: Parts): () => void {
  return () => {
    if (stopping.signal.aborted) {
      for (const part of parts.running) part.kill();
      return;
    }
    stopping.abort();
    say('Stopping.');
    void Promise.all(parts.running.map((part) => part.stop(GRACE_MS)))
      .then(() => parts.postgres?.stop())
      .then(() => process.exit(0));
  };
}

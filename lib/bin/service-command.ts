import path from 'node:path';
import { backUp, restore } from '#lib/db/backup.ts';
import { serverProblem } from '#lib/db/server-problem.ts';
import { type Env, readEnv } from '#lib/env.ts';
import { failureText, toFailure, WeirError } from '#lib/errors.ts';
import { migrateDatabase } from './migrate-database.ts';
import { type Part, partProblems } from './part-problems.ts';
import { secretsCommand } from './secrets-command.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');
const STOPPED_BY = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const say = (line: string) => process.stdout.write(`${line}\n`);

/** `weir serve`, `worker`, `migrate`, `backup`, `restore` and `secrets`: run from the sources, as `npm start` runs its parts. */
export async function runServiceCommand([command = '', ...words]: readonly string[]): Promise<void> {
  try {
    if (command === 'serve' || command === 'worker') await runPart(command);
    else if (command === 'migrate') await migrateCommand();
    else if (command === 'backup') await backupCommand(fileOf(command, words));
    else if (command === 'restore') say(await restore(checkedEnv(), fileOf(command, words)));
    else if (command === 'secrets') await secretsCommand(checkedEnv(), words[0], say);
    else throw usage(`There is no command ${command}.`);
  } catch (error) {
    process.stderr.write(`${failureText(toFailure(error))}\n`);
    process.exit((error as { code?: unknown }).code === 'usage' ? 2 : 1);
  }
}

async function runPart(part: Part): Promise<void> {
  process.chdir(PROJECT);
  process.env.NEXT_TELEMETRY_DISABLED = '1';
  const { env, problems } = readEnv(process.env, PROJECT);
  problems.push(...(await partProblems(part, env, PROJECT)));
  refuse(problems);
  if (part === 'serve') {
    await import('./serve.ts');
    say(`Weir is ready: ${env.publicUrl ?? `http://localhost:${env.port}`}`);
  } else {
    await import('./worker.ts');
    say(`The worker is ready: it takes up to ${env.concurrency} syncs at once from ${placeOf(env)}.`);
  }
}

async function migrateCommand(): Promise<void> {
  const { databaseUrl } = checkedEnv();
  if (databaseUrl === null) throw usage('DATABASE_URL is not set: npm start migrates its own Postgres by itself.');
  const problem = await serverProblem(databaseUrl);
  if (problem !== null) refuse([problem]);
  if ((await migrateDatabase(databaseUrl, say)).length === 0) say('The database is up to date.');
}

/** What stops it leaves no part of a file behind; who waits sees how far it is. */
async function backupCommand(file: string): Promise<void> {
  const stop = new AbortController();
  for (const signal of STOPPED_BY) process.once(signal, () => stop.abort());
  say(await backUp(checkedEnv(), file, { say, signal: stop.signal }));
}

function checkedEnv(): Env {
  const { env, problems } = readEnv(process.env, PROJECT);
  refuse(problems);
  return env;
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exit(1);
}

/** Without user and password. */
function placeOf({ databaseUrl }: Env): string {
  const { host, pathname } = new URL(databaseUrl ?? '');
  return `${host}${pathname}`;
}

function fileOf(command: string, [file]: readonly string[]): string {
  if (file === undefined) throw usage(`weir ${command} takes a file, such as weir ${command} weir-backup.tar.gz.`);
  return path.resolve(file);
}

function usage(message: string): WeirError {
  return new WeirError({ kind: 'config', code: 'usage', message, hint: 'weir --help lists the commands.' });
}

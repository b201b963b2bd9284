import { existsSync } from 'node:fs';
import path from 'node:path';
import { connectDatabase, type Db } from '#lib/db/connect.ts';
import { migrationGap } from '#lib/db/migrate.ts';
import type { Env } from '#lib/env.ts';
import { secretKeys } from '#lib/secret-key.ts';
import { createSecrets, openConfig } from '#lib/secrets.ts';
import { databaseProblem, folderProblem, portProblem } from './start-problems.ts';

export type Part = 'serve' | 'worker';

/** What would keep one part of the service from working beside the others, each as one sentence with what to do. */
export async function partProblems(part: Part, env: Env, project: string): Promise<string[]> {
  const problems = [
    databaseMissing(part, env),
    keyMissing(env),
    await folderProblem(env),
    ...(part === 'serve' ? await webProblems(env, project) : []),
    await databaseProblem(env),
  ].filter((problem) => problem !== null);
  if (problems.length > 0 || env.databaseUrl === null || env.secretKey === null) return problems;
  const db = connectDatabase(env.databaseUrl, { maxConnections: 1, name: `weir ${part}` });
  try {
    const behind = await versionProblem(db);
    const problem = behind ?? (await keyProblem(db, env));
    return problem === null ? [] : [problem];
  } finally {
    await db.destroy();
  }
}

function databaseMissing(part: Part, { databaseUrl }: Env): string | null {
  return databaseUrl === null
    ? `DATABASE_URL is not set: weir ${part} joins the others over one Postgres, such as postgres://weir:…@db.example:5432/weir.`
    : null;
}

function keyMissing({ secretKey }: Env): string | null {
  return secretKey === null
    ? 'WEIR_SECRET_KEY is not set: every process needs the same. A Weir that began without one keeps it as secret-key in its data folder.'
    : null;
}

async function webProblems(env: Env, project: string): Promise<(string | null)[]> {
  const pages = existsSync(path.join(project, '.next/BUILD_ID'))
    ? null
    : 'The pages are not built yet: run npm run build.';
  const apiPort = env.apiPort === null ? null : await portProblem('WEIR_API_PORT', env.host, env.apiPort);
  return [await portProblem('PORT', env.host, env.port), apiPort, pages];
}

async function versionProblem(db: Db): Promise<string | null> {
  const { missing, unknown } = await migrationGap(db);
  if (unknown.length > 0)
    return `The database is of a newer Weir (it has ${unknown.join(', ')}): bring this machine to the same version.`;
  if (missing.length > 0) return `The database misses ${missing.join(', ')}: run weir migrate once, then start again.`;
  return null;
}

/** Whether the key opens what is stored: a worker with another would fail every sync. */
async function keyProblem(db: Db, env: Env): Promise<string | null> {
  const secrets = createSecrets(secretKeys(env));
  const [destination, source] = await Promise.all([
    db.selectFrom('destination').select(['id', 'config']).limit(1).executeTakeFirst(),
    db.selectFrom('source').select(['id', 'config']).limit(1).executeTakeFirst(),
  ]);
  try {
    if (destination) openConfig(secrets, destination.config, `destination:${destination.id}`);
    if (source) openConfig(secrets, source.config, `source:${source.id}`);
    return null;
  } catch {
    return 'WEIR_SECRET_KEY is another than the one that the secrets in this database were stored with: give every process the same.';
  }
}

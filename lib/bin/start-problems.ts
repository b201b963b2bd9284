import { accessSync, constants, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { serverProblem } from '#lib/db/server-problem.ts';
import type { Env } from '#lib/env.ts';
import { readCommands } from '#lib/pipelines/commands.ts';

/** What would keep these settings from working, each as one sentence with what to do. */
export async function startProblems(env: Env): Promise<string[]> {
  const found = await Promise.all([
    portProblem('PORT', env.host, env.port),
    env.apiPort === null ? null : portProblem('WEIR_API_PORT', env.host, env.apiPort),
    folderProblem(env),
    commandsProblem(env),
    databaseProblem(env),
  ]);
  return found.filter((problem) => problem !== null);
}

/** A port that can't be listened on. */
export function portProblem(name: string, host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === 'EADDRINUSE'
          ? `Port ${port} is taken. Stop what listens there (another Weir?), or set ${name} to another.`
          : `Can't listen on ${host}:${port} (${error.code}). Set HOST and ${name} to an address of this machine.`,
      ),
    );
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}

/** The data folder may be missing; then the nearest folder above it must let us make it. */
export async function folderProblem({ dataDir }: Env): Promise<string | null> {
  let folder = dataDir;
  while (!existsSync(folder) && path.dirname(folder) !== folder) folder = path.dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return null;
  } catch {
    return `The data folder ${dataDir} can't be written by this user. Change its owner, or set WEIR_DATA_DIR.`;
  }
}

/** A list of commands that is named and can't be read, or is wrong. */
export function commandsProblem(env: Env): string | null {
  try {
    readCommands(env);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A database that is named and can't be Weir's own. */
export async function databaseProblem({ databaseUrl }: Env): Promise<string | null> {
  return databaseUrl === null ? null : await serverProblem(databaseUrl);
}

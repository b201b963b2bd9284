import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { WeirError } from '#lib/errors.ts';
import {
  canReach,
  type PostgresUser,
  packagedBinaries,
  packagedMajor,
  postgresUser,
  usableBinaries,
} from './postgres-binaries.ts';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const SUPERUSER = 'postgres';
/** Systems give outgoing connections ports from 32768 on: one of those may be gone a moment after it was free. */
const PORTS = { from: 20_000, to: 32_000 };
const PORT_ATTEMPTS = 100;

export interface EmbeddedPostgres {
  /** Superuser's address of the database `postgres`, on loopback. */
  readonly url: string;
  /** Where data and, if they had to be copied, binaries live. */
  readonly folder: string;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Our data folder; Postgres gets a folder of its own below it, or below the system's state folder. */
  readonly dataDir: string;
  /** Only for tests: gives up durability for speed. */
  readonly throwaway?: boolean;
  readonly onNotice?: (message: string) => void;
  readonly onExit?: (code: number | null) => void;
}

/**
 * Starts the real Postgres that npm brought, on a free loopback port with a password of its own, making its cluster
 * at the first start. A server that an earlier, killed Weir left running on the same data is stopped first.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const cluster = clusterOf(options);
  if (!existsSync(path.join(cluster.data, 'PG_VERSION'))) initCluster(cluster);
  await stopLeftOver(cluster);
  const port = await freePort();
  const child = spawnPostgres(cluster, port, options.throwaway === true);
  const { folder, password } = cluster;
  const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
  await answering(url, child, path.join(folder, 'postgres.log'));
  child.on('exit', (code) => options.onExit?.(code));
  writeFileSync(path.join(options.dataDir, 'postgres-url'), url, { mode: 0o600 });
  return { url, folder, stop: () => stopChild(child) };
}

/** Where the embedded Postgres of a data folder lives, whether it runs or not. */
export interface EmbeddedPlace {
  readonly folder: string;
  readonly data: string;
  readonly user: PostgresUser | null;
  /** Of the Postgres that npm brought. */
  readonly major: string;
}

export function embeddedPlace(dataDir: string): EmbeddedPlace {
  const user = postgresUser();
  const folder = stateFolder({ dataDir }, user);
  return { folder, data: path.join(folder, 'data'), user, major: packagedMajor() };
}

/** Whether a server works on the data, be it that a killed Weir left it behind. */
export function isEmbeddedRunning({ folder, data, user }: EmbeddedPlace): boolean {
  const binaries = usableBinaries(packagedBinaries(), folder, user);
  return existsSync(path.join(data, 'postmaster.pid')) && isRunning({ folder, binaries, data, user });
}

interface Installed {
  readonly folder: string;
  readonly binaries: string;
  readonly data: string;
  readonly user: PostgresUser | null;
}

interface Cluster extends Installed {
  readonly password: string;
}

function clusterOf(options: EmbeddedOptions): Cluster {
  const user = postgresUser();
  const folder = stateFolder(options, user);
  const binaries = usableBinaries(packagedBinaries(), folder, user);
  return { folder, binaries, user, data: path.join(folder, 'data'), password: passwordIn(folder, user) };
}

/** `<dataDir>/postgres`, unless Postgres' user can't get there: then a folder of the system's, named after the data folder. */
function stateFolder(
  { dataDir, onNotice }: Pick<EmbeddedOptions, 'dataDir' | 'onNotice'>,
  user: PostgresUser | null,
): string {
  mkdirSync(dataDir, { recursive: true });
  let folder = path.join(dataDir, 'postgres');
  if (user !== null && !canReach(dataDir, user)) {
    folder = path.join('/var/lib/weir', path.resolve(dataDir).replaceAll(/[^\w.-]+/g, '_'));
    onNotice?.(`Postgres runs as user ${user.name}, who can't enter ${dataDir}: its data lives in ${folder}.`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

function passwordIn(folder: string, user: PostgresUser | null): string {
  const file = path.join(folder, 'password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (user) chownSync(file, user.uid, user.gid);
  return readFileSync(file, 'utf8').trim();
}

function initCluster(cluster: Cluster): void {
  // What a crash in the middle of the first start left behind can't hold data yet: PG_VERSION is missing.
  rmSync(cluster.data, { recursive: true, force: true });
  mkdirSync(cluster.data, { recursive: true });
  chmodSync(cluster.data, 0o700);
  if (cluster.user) chownSync(cluster.data, cluster.user.uid, cluster.user.gid);
  const args = ['-D', cluster.data, '-U', SUPERUSER, '--pwfile', path.join(cluster.folder, 'password')];
  run(cluster, 'initdb', [
    ...args,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
  ]);
}

/** A killed Weir leaves Postgres running; it holds the lock on the data. */
async function stopLeftOver(cluster: Cluster): Promise<void> {
  if (existsSync(path.join(cluster.data, 'postmaster.pid')) && isRunning(cluster)) {
    run(cluster, 'pg_ctl', ['stop', '-D', cluster.data, '-m', 'fast', '-w', '-t', '30']);
  }
}

function isRunning(cluster: Installed): boolean {
  try {
    run(cluster, 'pg_ctl', ['status', '-D', cluster.data]);
    return true;
  } catch {
    return false;
  }
}

function run(cluster: Installed, binary: string, args: string[]): void {
  const { user } = cluster;
  try {
    execFileSync(path.join(cluster.binaries, 'bin', binary), args, {
      cwd: cluster.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: postgresEnvironment(),
      ...(user && { uid: user.uid, gid: user.gid }),
    });
  } catch (cause) {
    const detail = String((cause as { stderr?: Buffer }).stderr ?? cause).trim();
    throw new WeirError({
      kind: 'config',
      code: 'embedded_postgres_failed',
      message: `${binary} of the embedded Postgres failed: ${detail}`,
      hint: `Look at ${cluster.folder}, or set DATABASE_URL to another Postgres.`,
      cause,
    });
  }
}

function spawnPostgres(cluster: Cluster, port: number, throwaway: boolean): ChildProcess {
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '32MB',
    max_connections: '100',
    max_wal_size: '512MB',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(throwaway && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' }),
  };
  const log = openSync(path.join(cluster.folder, 'postgres.log'), 'a');
  const { user } = cluster;
  // A process group of its own: Ctrl-C reaches us, and Postgres ends last.
  return spawn(
    path.join(cluster.binaries, 'bin/postgres'),
    ['-D', cluster.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      cwd: cluster.folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: postgresEnvironment(),
      ...(user && { uid: user.uid, gid: user.gid }),
    },
  );
}

/** Only what Postgres needs: its files must not inherit our secrets or a stray PGDATA. */
function postgresEnvironment(): NodeJS.ProcessEnv {
  const { PATH = '/usr/bin:/bin', NODE_ENV } = process.env;
  return { NODE_ENV, PATH, LANG: 'C.UTF-8', TZ: 'UTC', HOME: os.tmpdir() };
}

async function answering(url: string, child: ChildProcess, logFile: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (cause) {
      if (child.exitCode === null && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
      else throw notStarted(logFile, cause);
    }
  }
}

function notStarted(logFile: string, cause: unknown): WeirError {
  const tail = existsSync(logFile) ? readFileSync(logFile, 'utf8').trim().split('\n').slice(-3).join(' | ') : '';
  return new WeirError({
    kind: 'config',
    code: 'embedded_postgres_failed',
    message: `The embedded Postgres did not start: ${tail || String(cause)}`,
    hint: `Read ${logFile}, or set DATABASE_URL to another Postgres.`,
    cause,
  });
}

/** SIGINT is Postgres' fast shutdown: sessions end, data is flushed. */
function stopChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const forced = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
    child.once('exit', () => {
      clearTimeout(forced);
      resolve();
    });
    child.kill('SIGINT');
  });
}

/** A port on loopback that nobody listens on, and that no outgoing connection takes before somebody does. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`Of ${PORT_ATTEMPTS} ports between ${PORTS.from} and ${PORTS.to} none is free.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

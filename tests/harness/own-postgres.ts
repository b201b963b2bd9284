import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { freePort } from '#lib/db/embedded-postgres.ts';
import { type PostgresUser, packagedBinaries, postgresUser, usableBinaries } from '#lib/db/postgres-binaries.ts';

export interface OwnPostgres extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** A superuser's. */
  readonly url: string;
  start(): Promise<void>;
  /** As by the administrator, or as the machine's failure would end it. */
  stop(how: 'fast' | 'immediate'): Promise<void>;
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  /** A second server that follows this one, whose commits then wait for it. */
  standby(): Promise<OwnPostgres>;
}

interface Cluster {
  readonly binaries: string;
  readonly folder: string;
  readonly data: string;
  readonly user: PostgresUser | null;
}

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
const PASSWORD = 'secret';
const SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'shared_buffers=16MB', 'fsync=off'];
const LOGS = ['wal_level=replica', 'hot_standby=on', 'max_wal_senders=4'];

/** A real server of a test's own, running, which may be stopped, crashed, started again and followed by another. */
export async function ownPostgres(native = packagedBinaries(), settings: readonly string[] = []): Promise<OwnPostgres> {
  const user = postgresUser();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-own-'));
  const cluster = { binaries: usableBinaries(native, folder, user), folder, data: path.join(folder, 'data'), user };
  for (const made of [folder, cluster.data]) {
    mkdirSync(made, { recursive: true, mode: 0o700 });
    if (user) chownSync(made, user.uid, user.gid);
  }
  const password = path.join(folder, 'password');
  writeFileSync(password, PASSWORD);
  if (user) chownSync(password, user.uid, user.gid);
  const access = ['-U', 'postgres', '--pwfile', password, '--auth=scram-sha-256'];
  run(cluster, 'initdb', ['-D', cluster.data, ...access, '--encoding=UTF8', '--locale=C', '--no-sync']);
  const server = await serverOn(cluster, settings);
  await server.start();
  return server;
}

async function serverOn(cluster: Cluster, settings: readonly string[]): Promise<OwnPostgres> {
  const port = await freePort();
  const url = `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | null = null;
  const stop = async (how: keyof typeof SIGNALS) => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill(SIGNALS[how]);
    await gone;
  };
  const server: OwnPostgres = {
    ...{ host: '127.0.0.1', port, url },
    async start() {
      const given = [...SETTINGS, ...LOGS, `port=${port}`, ...settings].flatMap((setting) => ['-c', setting]);
      child = spawn(path.join(cluster.binaries, 'bin/postgres'), ['-D', cluster.data, ...given], {
        ...{ cwd: cluster.folder, stdio: 'ignore' },
        ...(cluster.user && { uid: cluster.user.uid, gid: cluster.user.gid }),
      });
      await answering(url, child);
    },
    stop,
    query: (text) => queried(url, text),
    async standby() {
      const other = await following(cluster, server, settings);
      await server.query(`alter system set synchronous_standby_names = '*'`);
      await server.query('select pg_reload_conf()');
      // The processes read it when they come to it; until then a commit waits for nobody.
      while ((await server.query(`select from pg_stat_replication where sync_state = 'sync'`)).length === 0);
      return other;
    },
    async [Symbol.asyncDispose]() {
      await stop('immediate');
      rmSync(cluster.folder, { recursive: true, force: true });
    },
  };
  return server;
}

/** Made of a copy of the data, taken while the server stands still. */
async function following(cluster: Cluster, primary: OwnPostgres, settings: readonly string[]): Promise<OwnPostgres> {
  await primary.stop('fast');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-standby-'));
  const copy = { ...cluster, folder, data: path.join(folder, 'data') };
  run(cluster, null, ['-a', cluster.data, copy.data]);
  await primary.start();
  cpSync(path.join(cluster.folder, 'password'), path.join(folder, 'password'));
  const told = `host=127.0.0.1 port=${primary.port} user=postgres password=${PASSWORD}`;
  writeFileSync(path.join(copy.data, 'standby.signal'), '');
  if (cluster.user) {
    const { uid, gid } = cluster.user;
    for (const file of [folder, path.join(copy.data, 'standby.signal')]) chownSync(file, uid, gid);
  }
  const server = await serverOn(copy, [...settings, `primary_conninfo=${told}`]);
  await server.start();
  return server;
}

/** Without a program's name, `cp`. */
function run({ binaries, user }: Cluster, program: 'initdb' | null, args: readonly string[]): void {
  const command = program === null ? 'cp' : path.join(binaries, 'bin', program);
  const asUser = program !== null && user ? { uid: user.uid, gid: user.gid } : {};
  execFileSync(command, [...args], { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], ...asUser });
}

async function queried<Row extends pg.QueryResultRow>(connectionString: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(text)).rows;
  } finally {
    // The server may be gone: the error of the query says so.
    await client.end().catch(() => undefined);
  }
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    try {
      await queried(url, 'select 1');
      return;
    } catch (cause) {
      if (child.exitCode !== null) throw new Error('A Postgres of a test’s own did not start.', { cause });
    }
  }
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { freePort } from '#lib/db/embedded-postgres.ts';
import { packagedBinaries, usableBinaries } from '#lib/db/postgres-binaries.ts';

export interface SmallDiskPostgres extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Lies on the small disk, all of it but the log of its writes. */
  readonly database: string;
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
}

const LOCALE = ['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8'];
/** Whoever we are: Postgres takes no root, and only root mounts, so that the one is told from the other in namespaces. */
const AS_NOBODY = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];
const ON_DISK = (megabytes: number) => [
  ...['unshare', '--map-root-user', '--mount', 'sh', '-c'],
  `mount -t tmpfs -o size=${megabytes}m tmpfs "$0" && exec "$@"`,
];

/** A real Postgres with a database on a disk of some megabytes. */
export async function smallDiskPostgres(megabytes: number): Promise<SmallDiskPostgres> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-small-disk-'));
  const [data, disk] = [path.join(folder, 'data'), path.join(folder, 'disk')];
  mkdirSync(disk);
  const binaries = path.join(usableBinaries(packagedBinaries(), folder, null), 'bin');
  const [command = '', ...args] = [...AS_NOBODY, path.join(binaries, 'initdb')];
  execFileSync(command, [...args, '-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', ...LOCALE]);
  const port = await freePort();
  const line = [...ON_DISK(megabytes), disk, ...AS_NOBODY, path.join(binaries, 'postgres'), '-D', data];
  const [server = '', ...rest] = [...line, '-p', String(port), '-h', '127.0.0.1', '-k', '', '-c', 'fsync=off'];
  const child = spawn(server, rest, { stdio: 'ignore' });
  const url = (database: string) => `postgres://postgres:secret@127.0.0.1:${port}/${database}`;
  await answering(url('postgres'), child, [
    `create tablespace small location '${disk}'`,
    'create database small tablespace small',
  ]);
  const pool = new pg.Pool({ connectionString: url('small'), max: 2 });
  pool.on('error', () => undefined);
  return {
    ...{ host: '127.0.0.1', port, database: 'small' },
    query: async <Row extends pg.QueryResultRow>(text: string) => (await pool.query<Row>(text)).rows,
    async [Symbol.asyncDispose]() {
      await pool.end();
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Once it takes connections, these statements are run. */
async function answering(url: string, child: ChildProcess, statements: readonly string[]): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
    } catch (cause) {
      if (child.exitCode !== null) throw new Error('The Postgres on a small disk did not start.', { cause });
      continue;
    }
    for (const statement of statements) await client.query(statement);
    return client.end();
  }
}

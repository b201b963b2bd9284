import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect } from 'vitest';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { type Breakage, type FaultProxy, faultProxy } from '#tests/harness/fault-proxy.ts';
import { type TestStore, testStore } from '#tests/harness/s3-store.ts';
import type { ScriptedServer } from '#tests/harness/scripted-server.ts';
import { skewedStore } from '#tests/harness/skewed-store.ts';
import { smallDiskPostgres } from '#tests/harness/small-disk-postgres.ts';
import { transactionPooler } from '#tests/harness/transaction-pooler.ts';
import { linesOf } from './bucket-lines.ts';
import { fault } from './fault.ts';
import { type Connected, manifestOf, openWorld, page, type World } from './world.ts';

// What a warehouse or a bucket can do to a sync. Each row ends there once, and state is never ahead of rows.

const ROWS = 5_000;
/** Comes in the middle of the COPY. */
const LATE_ROW = `row ${ROWS - 10}`;
/** Commits of one sync that are tried, at most. */
const MOST_COMMITS = 12;

/** Owns what all of them load, with few rights beside. */
const LOADERS = `loaders_${process.pid}`;

let world: World;
let admin: pg.Pool;
let api: ScriptedServer;

beforeAll(async () => {
  world = await openWorld();
  admin = new pg.Pool({ connectionString: world.weir.databaseUrl, max: 1 });
  await admin.query(`create role ${LOADERS}`);
  await admin.query(`grant create on database ${new URL(world.weir.databaseUrl).pathname.slice(1)} to ${LOADERS}`);
  api = await world.api({ '/orders': { body: page(1, ROWS) } });
});
afterAll(async () => {
  await admin?.end();
  await world?.close();
});

let schemas = 0;

interface Loading extends Connected {
  /** The way to the warehouse. */
  readonly way: FaultProxy;
  readonly schema: string;
  /** Logs in, as nobody else does. */
  readonly user: string;
}

/** Orders into a schema of their own, over a way and by a login of their own. */
async function ordersOver(way: FaultProxy | { port: number }, server = api, name = 'orders'): Promise<Loading> {
  const schema = `w${++schemas}`;
  const user = `loader_${process.pid}_${schemas}`;
  const { pathname } = new URL(world.weir.databaseUrl);
  await admin.query(`create role ${user} login password 'secret' in role ${LOADERS}`);
  await admin.query(`alter role ${user} set role ${LOADERS}`);
  const { port } = way;
  await world.client.post('/allowed-hosts', { host: '127.0.0.1', port, reason: 'test' });
  const config = { host: '127.0.0.1', port, database: pathname.slice(1), username: user, password: 'secret', schema };
  const destination = await world.client.post<{ id: string }>('/destinations', {
    ...{ name: schema, type: 'postgres', config: { ...config, ssl_mode: { mode: 'disable' } } },
  });
  const connection = await world.connect(manifestOf(server, { name, path: '/orders', paginator: null }), server, {
    connection: { destinationId: destination.id },
  });
  return { ...connection, prefix: `${schema}.${connection.prefix}`, way: way as FaultProxy, schema, user };
}

/** A way to the warehouse that breaks where it is told to. */
function warehouseWay(): Promise<FaultProxy> {
  const { hostname, port } = new URL(world.weir.databaseUrl);
  return faultProxy({ host: hostname, port: Number(port) });
}

/** All rows are added by each sync: what is written twice shows. */
async function append({ id }: Connected): Promise<void> {
  const { streams } = await world.client.get<{ streams: ConfiguredStream[] }>(`/connections/${id}`);
  await world.client.patch(`/connections/${id}`, {
    streams: streams.map((stream) => ({ ...stream, syncMode: 'full_refresh', destinationSyncMode: 'append' })),
  });
}

const counts = async ({ prefix }: Connected) => {
  const [row] = await world.query<{ rows: number; ids: number }>(
    `select count(*)::int as rows, count(distinct id)::int as ids from ${prefix}orders`,
  );
  return row;
};
/** The attempt fails for this reason; once it is mended, the same sync goes through, and each row is there once. */
async function mends(connection: Connected, message: RegExp, mend: () => unknown): Promise<void> {
  const syncId = await world.start(connection);
  expect((await world.attemptEnd(syncId))?.message).toMatch(message);
  await mend();
  expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
}

fault(59, async () => {
  await using way = await warehouseWay();
  const connection = await ordersOver(way);
  void way.breakAt(LATE_ROW, 'cut before');
  await mends(connection, /connection.*lost/i, () => {});
});

fault(60, async () => {
  await using way = await warehouseWay();
  const connection = await ordersOver(way);
  await append(connection);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  let syncs = 1;
  // After each COMMIT of a sync in turn, until there is none left.
  for (let nth = 1, sprung = true; sprung; nth++) {
    expect(nth).toBeLessThan(MOST_COMMITS);
    sprung = false;
    void way.breakAt('commit\0', 'cut after', nth).then(() => {
      sprung = true;
    });
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    syncs += 1;
    expect(await counts(connection)).toEqual({ rows: syncs * ROWS, ids: ROWS });
    way.mend();
  }
  expect(syncs).toBeGreaterThan(3);
});

fault(61, async () => {
  await using way = await warehouseWay();
  const connection = await ordersOver(way);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  // A deadlock and a conflict pass within the attempt.
  for (const code of ['40P01', '40001']) {
    const sprung = way.breakAt('commit\0', { refuse: { code, message: 'deadlock or conflict' } });
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', attempts: 1 });
    await sprung;
  }
  const other = new pg.Client({ connectionString: world.weir.databaseUrl });
  await other.connect();
  const { rows } = await other.query('select pg_backend_pid() as pid');
  await other.query(`begin; lock table ${connection.prefix}orders in access exclusive mode`);
  await mends(connection, new RegExp(`lock.*session ${rows[0].pid} `, 's'), () => other.end());
});

fault(62, async () => {
  await using way = await warehouseWay();
  const crowded = await ordersOver(way);
  await admin.query(`alter role ${crowded.user} connection limit 0`);
  await mends(crowded, /connections/, () => admin.query(`alter role ${crowded.user} connection limit -1`));

  const readOnly = await ordersOver(way);
  await admin.query(`alter role ${readOnly.user} set default_transaction_read_only = on`);
  expect(await world.sync(readOnly)).toMatchObject({
    status: 'failed',
    failure: { message: expect.stringMatching(/read-only/) },
  });
  await admin.query(`alter role ${readOnly.user} reset default_transaction_read_only`);
  expect(await world.sync(readOnly)).toMatchObject({ status: 'succeeded', failure: null });

  const shutDown = await ordersOver(way);
  const stalled = way.breakAt(LATE_ROW, 'stall');
  const end = () =>
    admin.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [shutDown.user]);
  void stalled.then(end).then(() => way.mend());
  await mends(shutDown, /shut|terminat|lost/i, () => {});

  await fullDisk();
});

const DISK_MB = 44;
/** What lies there beside the table, so that there is no room for its first rows, for those that are to replace them, or for both. */
const FILLERS_MB = [32, 20, 12];

/** A Postgres whose disk has no room for all rows, until somebody makes some: while they are staged, and while they are published. */
async function fullDisk(): Promise<void> {
  await using small = await smallDiskPostgres(DISK_MB);
  const { host, port, database } = small;
  const fill = (megabytes: number) =>
    small.query(`create table filler (text text storage plain);
      insert into filler select repeat('x', 1000) from generate_series(1, ${megabytes} * 1000)`);
  const wide = page(1, ROWS).data.map((row) => ({ ...row, wide: randomBytes(900).toString('hex') }));
  const server = await world.api({ '/orders': { body: { data: wide } } });
  await world.client.post('/allowed-hosts', { host, port, reason: 'test' });
  const config = { host, port, database, username: 'postgres', schema: 'public', ssl_mode: { mode: 'disable' } };
  const destination = await world.client.post<{ id: string }>('/destinations', {
    ...{ name: 'small disk', type: 'postgres', config },
  });
  const connection = await world.connect(manifestOf(server, { name: 'orders', paginator: null }), server, {
    connection: { destinationId: destination.id },
  });
  const rows = async () => {
    const [found] = await small.query(
      `select count(*)::int as rows, count(distinct id)::int as ids from public.${connection.prefix}orders`,
    );
    return found;
  };
  for (const [index, megabytes] of FILLERS_MB.entries()) {
    await fill(megabytes);
    const syncId = await world.start(connection);
    const failure = await world.attemptEnd(syncId);
    expect({ megabytes, message: failure?.message }).toMatchObject({ message: expect.stringMatching(/disk is full/) });
    if (index > 0) expect(await rows()).toEqual({ rows: ROWS, ids: ROWS });
    await small.query('drop table filler');
    expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', failure: null });
    expect(await rows()).toEqual({ rows: ROWS, ids: ROWS });
    await small.query('vacuum full');
  }
}

fault(63, async () => {
  await using way = await warehouseWay();
  const connection = await ordersOver(way);
  const { schema } = connection;
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  const table = `${connection.prefix}orders`;

  await admin.query(`alter table ${table} alter column name type int using 1`);
  const changed = await world.sync(connection);
  expect(changed).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('name') } });
  expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
  await admin.query(`alter table ${table} alter column name type varchar using name::varchar`);

  await admin.query(`alter schema ${schema} owner to current_user; revoke all on schema ${schema} from ${LOADERS}`);
  const revoked = await world.sync(connection);
  expect(revoked).toMatchObject({ status: 'failed', failure: { message: expect.stringMatching(/permission|right/i) } });
  expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
  await admin.query(`alter schema ${schema} owner to ${LOADERS}`);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });

  // Dropped by hand, and another one of that name made: it is nobody's to replace.
  await admin.query(`drop table ${table}; create table ${table} (precious text); insert into ${table} values ('kept')`);
  const theirs = await world.sync(connection);
  expect(theirs).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('orders') } });
  expect(await world.query(`select precious from ${table}`)).toEqual([{ precious: 'kept' }]);
  await admin.query(`drop table ${table}`);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
});

fault(
  64,
  async () => {
    await using way = await warehouseWay();
    const connection = await ordersOver(way);
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    const table = `${connection.prefix}orders`;
    await admin.query(`create table ${connection.schema}.known as select id from ${table} where id not in (8, 9)`);
    await admin.query(`alter table ${connection.schema}.known add primary key (id)`);
    await admin.query(
      `alter table ${table} add constraint not_seven check (id <> 7) not valid,
         add constraint is_known foreign key (id) references ${connection.schema}.known not valid,
         add constraint only_once unique (name)`,
    );
    // Two rows of one name, of which the second goes.
    const twins = page(1, ROWS);
    twins.data.push({ id: ROWS + 1, name: 'twin' }, { id: ROWS + 2, name: 'twin' });
    api.on('/twins', { body: twins });
    const twinned = manifestOf(api, { name: 'orders', path: '/twins', paginator: null });
    await admin.query(`insert into ${connection.schema}.known select generate_series(${ROWS + 1}, ${ROWS + 2})`);
    await world.change(connection, twinned);
    const { syncId, ended } = await world.syncOf(connection);
    expect(ended).toMatchObject({ status: 'succeeded', attempts: 1 });
    expect(await counts(connection)).toEqual({ rows: ROWS - 2, ids: ROWS - 2 });
    const refused = await world.query<{ id: number; code: string; reason: string }>(
      `select (record::jsonb->>'id')::int as id, code, reason from _weir.quarantine
       where connection_id = '${connection.id}' and sync_id = ${syncId} order by 1`,
    );
    expect(refused.map(({ id }) => id)).toEqual([7, 8, 9, ROWS + 2]);
    for (const [index, constraint] of ['not_seven', 'is_known', 'is_known', 'only_once'].entries())
      expect(refused[index]).toMatchObject({
        ...{ code: 'refused_by_database', reason: expect.stringContaining(constraint) },
      });
    expect(JSON.stringify(await world.client.get(`/syncs/${syncId}/log`))).toContain('The table refused 4 of the rows');
    await admin.query(
      `alter table ${table} drop constraint not_seven, drop constraint is_known, drop constraint only_once`,
    );
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    expect(await counts(connection)).toEqual({ rows: ROWS + 2, ids: ROWS + 2 });
  },
  { sample: true },
);

fault(65, async () => {
  await using way = await warehouseWay();
  const connection = await ordersOver(way);
  await admin.query(`alter role ${connection.user} set statement_timeout = '300ms'`);
  void way
    .breakAt(LATE_ROW, 'stall')
    .then(() => admin.query('select pg_sleep(0.5)'))
    .then(() => way.mend());
  await mends(connection, /statement/i, () => admin.query(`alter role ${connection.user} reset statement_timeout`));

  // Each transaction in another session than the one before.
  const { hostname, port } = new URL(world.weir.databaseUrl);
  await using pooler = await transactionPooler({ host: hostname, port: Number(port) });
  const pooled = await ordersOver(pooler);
  await append(pooled);
  for (const syncs of [1, 2]) {
    expect(await world.sync(pooled)).toMatchObject({ status: 'succeeded', attempts: 1 });
    expect(await counts(pooled)).toEqual({ rows: syncs * ROWS, ids: ROWS });
  }
  expect(pooler.transactions()).toBeGreaterThan(4);
});

/** Rows so long that their file takes several parts. */
const LONG_ROWS = 2_000;
const HOUR_MS = 3_600_000;
const longRows = () => ({
  data: page(1, LONG_ROWS).data.map((row, index) => ({ ...row, long: randomBytes(2_500).toString('hex') + index })),
});

fault(66, async () => {
  const store = await testStore();
  await using way = await faultProxy(store);
  try {
    const long = await world.api({ '/orders': { body: longRows() } });
    const connection = await intoBucket(way, long, store);
    const rows = () => linesOf(store);
    const slow = httpAnswer('503 Slow Down', 'SlowDown');
    // Refused for a while, answered into the void, never arrived; of small objects and of the parts of a large one.
    for (const how of [slow, 'cut after', 'cut before'] as const)
      for (const request of [
        `PUT /${store.bucket}/data/_weir/`,
        'partNumber=2',
        `POST /${store.bucket}/data/`,
        '<CompleteMultipartUpload',
      ]) {
        let sprung = false;
        void way.breakAt(request, how).then(() => {
          sprung = true;
        });
        const { failure } = await world.sync(connection);
        const found = { how, request, failure, sprung, rows: await rows() };
        expect(found).toEqual({ how, request, failure: null, sprung: true, rows: LONG_ROWS });
      }
    // In the middle of it, for good: readers have what they had, and the next sync puts it right.
    for (const code of ['AccessDenied', 'RequestTimeTooSkewed']) {
      void way.breakAt('partNumber=2', httpAnswer('403 Forbidden', code));
      const { status, failure } = await world.sync(connection);
      const words = `${failure?.message} ${failure?.hint}`;
      expect({ status, words, rows: await rows() }).toMatchObject({ status: 'failed', rows: LONG_ROWS });
      expect(words).toMatch(code === 'AccessDenied' ? /refused.*AccessDenied/ : /clock/);
      expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
      expect(await rows()).toBe(LONG_ROWS);
    }
  } finally {
    await store.close();
  }
  await otherClocks();
});

/** Signatures of a wrong time are refused; the time that the store tells goes into those that follow. */
async function otherClocks(): Promise<void> {
  for (const offMs of [HOUR_MS, -HOUR_MS]) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-fault-clock-'));
    await using store = await skewedStore(folder, offMs);
    const long = await world.api({ '/orders': { body: longRows() } });
    const connection = await intoBucket(store, long, store);
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', attempts: 1, failure: null });
    expect(await linesOf(store)).toBe(LONG_ROWS);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function intoBucket(
  { host, port }: { host: string; port: number },
  server: ScriptedServer,
  store: TestStore,
): Promise<Connected> {
  await world.client.post('/allowed-hosts', { host, port, reason: 'test' });
  const config = {
    ...{ ...store.config, s3_endpoint: `http://${host}:${port}`, s3_bucket_path: 'data' },
    format: { format_type: 'JSONL', compression: { compression_type: 'No Compression' } },
  };
  const destination = await world.client.post<{ id: string }>('/destinations', {
    ...{ name: `lake over port ${port}`, type: 's3', config },
  });
  return world.connect(manifestOf(server, { name: 'orders', paginator: null }), server, {
    connection: { destinationId: destination.id },
  });
}

/** In S3's words. */
function httpAnswer(status: string, code: string): Breakage {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  const head = `HTTP/1.1 ${status}\r\ndate: ${new Date().toUTCString()}\r\ncontent-type: application/xml`;
  return { answer: `${head}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}` };
}

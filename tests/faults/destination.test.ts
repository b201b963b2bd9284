import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import S3rver from 's3rver';
import { afterAll, beforeAll, expect } from 'vitest';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { type FaultProxy, faultProxy } from '#tests/harness/fault-proxy.ts';
import type { Answer, ScriptedServer } from '#tests/harness/scripted-server.ts';
import { fault } from './fault.ts';
import { type Connected, manifestOf, openWorld, page, type World } from './world.ts';

// What a warehouse or a bucket can do to a sync. Each row ends there once, and state is never ahead of rows.

const ROWS = 5_000;
/** Commits of one sync that are tried, at most. */
const MOST_COMMITS = 12;

let world: World;
let proxy: FaultProxy;
let admin: pg.Client;
let api: ScriptedServer;
const LOADER = `loader_${process.pid}`;

beforeAll(async () => {
  world = await openWorld();
  const { hostname, port, pathname } = new URL(world.weir.databaseUrl);
  proxy = await faultProxy({ host: hostname, port: Number(port) });
  admin = new pg.Client({ connectionString: world.weir.databaseUrl });
  await admin.connect();
  await admin.query(`create role ${LOADER} login password 'secret'`);
  await admin.query(`grant create on database ${pathname.slice(1)} to ${LOADER}`);
  api = await world.api({ '/orders': { body: page(1, ROWS) } });
});
afterAll(async () => {
  await admin?.end();
  await world?.close();
  await proxy?.close();
});

let schemas = 0;

/** Orders into a schema of their own, over the proxy, as a user with few rights; all of them appended each time. */
async function ordersOver(way: { host: string; port: number } = proxy, server = api): Promise<Connected> {
  const schema = `w${++schemas}`;
  const { pathname } = new URL(world.weir.databaseUrl);
  const { host, port } = way;
  await world.client.post('/allowed-hosts', { host, port, reason: 'test' });
  const config = { host, port, database: pathname.slice(1), username: LOADER, password: 'secret', schema };
  const destination = await world.client.post<{ id: string }>('/destinations', {
    ...{ name: schema, type: 'postgres', config: { ...config, ssl_mode: { mode: 'disable' } } },
  });
  const connection = await world.connect(manifestOf(server, { name: 'orders', paginator: null }), server, {
    connection: { destinationId: destination.id },
  });
  return { ...connection, prefix: `${schema}.${connection.prefix}` };
}

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
const startOf = ({ id }: Connected) =>
  world.client.post<{ syncId: number }>(`/connections/${id}/sync`).then(({ syncId }) => syncId);

/** The attempt fails for this reason; once it is mended, the same sync goes through, and each row is there once. */
async function mends(connection: Connected, message: RegExp, mend: () => unknown): Promise<void> {
  const syncId = await startOf(connection);
  expect((await world.attemptEnd(syncId))?.message).toMatch(message);
  await mend();
  expect(await world.client.syncEnd(syncId)).toMatchObject({ status: 'succeeded' });
  expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
}

fault(59, async () => {
  const connection = await ordersOver();
  void proxy.breakAt(`row ${ROWS - 10}`, 'cut before');
  await mends(connection, /connection.*lost/i, () => {});
});

fault(60, async () => {
  const connection = await ordersOver();
  await append(connection);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  let syncs = 1;
  // After each COMMIT of a sync in turn, until there is none left.
  for (let nth = 1, sprung = true; sprung; nth++) {
    expect(nth).toBeLessThan(MOST_COMMITS);
    sprung = false;
    void proxy.breakAt('commit\0', 'cut after', nth).then(() => {
      sprung = true;
    });
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
    syncs += 1;
    expect(await counts(connection)).toEqual({ rows: syncs * ROWS, ids: ROWS });
    proxy.mend();
  }
  expect(syncs).toBeGreaterThan(3);
});

fault(61, async () => {
  const connection = await ordersOver();
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  const other = new pg.Client({ connectionString: world.weir.databaseUrl });
  await other.connect();
  const { rows } = await other.query('select pg_backend_pid() as pid');
  await other.query(`begin; lock table ${connection.prefix}orders in access exclusive mode`);
  await mends(connection, new RegExp(`lock.*session ${rows[0].pid} `, 's'), () => other.end());
});

fault(62, async () => {
  const crowded = await ordersOver();
  await admin.query(`alter role ${LOADER} connection limit 0`);
  await mends(crowded, /connections/, () => admin.query(`alter role ${LOADER} connection limit -1`));

  const readOnly = await ordersOver();
  await admin.query(`alter role ${LOADER} set default_transaction_read_only = on`);
  expect(await world.sync(readOnly)).toMatchObject({
    status: 'failed',
    failure: { message: expect.stringMatching(/read-only/) },
  });
  await admin.query(`alter role ${LOADER} reset default_transaction_read_only`);
  expect(await world.sync(readOnly)).toMatchObject({ status: 'succeeded' });

  const shutDown = await ordersOver();
  const stalled = proxy.breakAt(`row ${ROWS - 10}`, 'stall');
  const end = () => admin.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [LOADER]);
  void stalled.then(end).then(() => proxy.mend());
  await mends(shutDown, /shut|terminat|lost/i, () => {});

  const full = await ordersOver();
  void proxy.breakAt(`row ${ROWS - 10}`, { error: { code: '53100', message: 'could not extend file: No space left' } });
  await mends(full, /disk|space/i, () => {});
});

fault(63, async () => {
  const connection = await ordersOver();
  const schema = connection.prefix.split('.')[0];
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  const table = `${connection.prefix}orders`;

  await admin.query(`alter table ${table} alter column name type int using 1`);
  const changed = await world.sync(connection);
  expect(changed).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('name') } });
  expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
  await admin.query(`alter table ${table} alter column name type varchar using name::varchar`);

  await admin.query(`alter schema ${schema} owner to current_user; revoke all on schema ${schema} from ${LOADER}`);
  const revoked = await world.sync(connection);
  expect(revoked).toMatchObject({ status: 'failed', failure: { message: expect.stringMatching(/permission|right/i) } });
  expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
  await admin.query(`alter schema ${schema} owner to ${LOADER}`);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });

  // Dropped by hand, and another one of that name made: it is nobody's to replace.
  await admin.query(`drop table ${table}; create table ${table} (precious text); insert into ${table} values ('kept')`);
  const theirs = await world.sync(connection);
  expect(theirs).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('orders') } });
  expect(await world.query(`select precious from ${table}`)).toEqual([{ precious: 'kept' }]);
  await admin.query(`drop table ${table}`);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
});

fault(
  64,
  async () => {
    const connection = await ordersOver();
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
    const table = `${connection.prefix}orders`;
    await admin.query(`alter table ${table} add constraint not_seven check (id <> 7) not valid`);
    const refused = await world.sync(connection);
    expect(refused).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('not_seven') } });
    expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
    await admin.query(`alter table ${table} drop constraint not_seven`);
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
    expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
  },
  { sample: true },
);

fault(65, async () => {
  const connection = await ordersOver();
  await admin.query(`alter role ${LOADER} set statement_timeout = '300ms'`);
  void proxy
    .breakAt(`row ${ROWS - 10}`, 'stall')
    .then(() => admin.query('select pg_sleep(0.5)'))
    .then(() => proxy.mend());
  await mends(connection, /statement/i, () => admin.query(`alter role ${LOADER} reset statement_timeout`));
});

fault(66, async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-fault-s3-'));
  const store = new S3rver({
    ...{ port: 0, address: '127.0.0.1', silent: true, directory: folder },
    configureBuckets: [{ name: 'lake', configs: [] }],
  });
  const { port } = (await store.run()) as AddressInfo;
  await using way = await faultProxy({ host: '127.0.0.1', port });
  try {
    await world.client.post('/allowed-hosts', { host: way.host, port: way.port, reason: 'test' });
    const config = {
      ...{ s3_bucket_name: 'lake', s3_bucket_path: 'data', s3_bucket_region: 'us-east-1' },
      ...{ s3_endpoint: `http://127.0.0.1:${way.port}`, access_key_id: 'S3RVER', secret_access_key: 'S3RVER' },
      format: { format_type: 'JSONL', compression: { compression_type: 'No Compression' } },
    };
    const destination = await world.client.post<{ id: string }>('/destinations', { name: 'lake', type: 's3', config });
    const connection = await world.connect(manifestOf(api, { name: 'orders', paginator: null }), api, {
      connection: { destinationId: destination.id },
    });
    const slow = { answer: 'HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n' };
    // Of the first objects that a sync puts: refused, answered into the void, never arrived.
    for (const how of [slow, 'cut after', 'cut before'] as const) {
      const sprung = way.breakAt('PUT /lake/', how);
      expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
      await sprung;
    }
    const forbidden = { answer: 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n' };
    void way.breakAt('PUT /lake/', forbidden);
    expect(await world.sync(connection)).toMatchObject({
      status: 'failed',
      failure: { message: expect.stringMatching(/refused|denied|403|right/i) },
    });
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A promise and what settles it. */
function gate(): { held: Promise<void>; open: () => void } {
  let open = () => {};
  const held = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { held, open };
}

/** The processes that the workers run syncs in. */
async function childPids(): Promise<number[]> {
  const workers = await world.weir.workerPids();
  return workers.flatMap((pid) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}
const killChildren = async () => {
  for (const pid of await childPids()) process.kill(pid, 'SIGKILL');
};

fault(
  67,
  async () => {
    const first = gate();
    const body = gate();
    const answers: Answer[] = [
      { body: page(1, ROWS), hold: first.held },
      { body: page(1, ROWS), holdBody: body.held },
    ];
    const whole: Answer = { body: page(1, ROWS) };
    const server = await world.api({ '/orders': [whole, ...answers, whole] });
    const connection = await ordersOver(proxy, server);
    await append(connection);
    const used = server.requests.length;
    server.on('/orders', [...answers, whole]);
    const syncId = await startOf(connection);
    // Before a byte came, and in the middle of a page.
    for (const [index, { open }] of [first, body].entries()) {
      await server.waitForRequests(used + index + 1);
      await killChildren();
      open();
    }
    expect(await world.client.syncEnd(syncId)).toMatchObject({ status: 'succeeded', attempts: 3 });
    let syncs = 1;
    expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
    // Before each COMMIT of a sync in turn, or as soon as it is done: every step lies between two of them.
    for (let nth = 1, sprung = true; sprung; nth++) {
      expect(nth).toBeLessThan(MOST_COMMITS);
      sprung = false;
      void proxy.breakAt('commit\0', nth % 2 === 0 ? 'stall' : 'stall after', nth).then(async () => {
        sprung = true;
        await killChildren();
      });
      expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
      proxy.mend();
      syncs += 1;
      expect(await counts(connection)).toEqual({ rows: syncs * ROWS, ids: ROWS });
    }
    expect(syncs).toBeGreaterThan(3);
  },
  { timeoutMs: 240_000 },
);

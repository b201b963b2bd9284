import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import S3rver from 's3rver';
import { afterAll, beforeAll, expect } from 'vitest';
import { type FaultProxy, faultProxy } from '#tests/harness/fault-proxy.ts';
import { loopbackSlack } from '#tests/harness/loopback-slack.ts';
import type { Answer, ScriptedServer } from '#tests/harness/scripted-server.ts';
import { startWeir } from '#tests/harness/weir-server.ts';
import { fault } from './fault.ts';
import { type Connected, type Ended, gate, manifestOf, openWorld, page, type World } from './world.ts';

// What happens to processes and to time while a sync runs. It ends once, with every row once, and says how.

const ROWS = 5_000;
/** Commits of one sync that are tried, at most. */
const MOST_COMMITS = 12;
const CANCEL_S = 5;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const append = { syncMode: 'full_refresh', destinationSyncMode: 'append', cursorField: [], primaryKey: [] };

/** Orders, all of them added by each sync: what is written twice shows. */
async function orders(api: ScriptedServer, of = world, destinationId?: string): Promise<Connected> {
  const stream = { name: 'orders', jsonSchema: {}, supportedSyncModes: ['full_refresh'] };
  return of.connect(manifestOf(api, { name: 'orders', paginator: null }), api, {
    connection: { ...(destinationId && { destinationId }), streams: [{ stream, ...append }] },
  });
}

/** The warehouse behind a way that breaks where it is told to. */
async function behind(way: FaultProxy): Promise<string> {
  const { username, password, pathname } = new URL(world.weir.databaseUrl);
  const { host, port } = way;
  await world.client.post('/allowed-hosts', { host, port, reason: 'test' });
  const config = { ...{ host, port, database: pathname.slice(1), username, password }, schema: 'public' };
  const ssl = { ssl_mode: { mode: 'disable' } };
  const destination = { name: `over port ${port}`, type: 'postgres', config: { ...config, ...ssl } };
  return (await world.client.post<{ id: string }>('/destinations', destination)).id;
}

function warehouseWay(of = world): Promise<FaultProxy> {
  const { hostname, port } = new URL(of.weir.databaseUrl);
  return faultProxy({ host: hostname, port: Number(port) });
}

const counts = async ({ prefix }: Connected, of = world) => {
  const [row] = await of.query<{ rows: number; ids: number }>(
    `select count(*)::int as rows, count(distinct id)::int as ids from public.${prefix}orders`,
  );
  return row;
};

const killChildren = async () => {
  for (const pid of await world.childPids()) process.kill(pid, 'SIGKILL');
};

fault(73, async () => {
  const { held, open } = gate();
  const api = await world.api({ '/orders': { body: page(1, ROWS) } });
  const connection = await orders(api);
  api.on('/orders', [{ body: page(1, ROWS), hold: held }, { body: page(1, ROWS) }]);
  const schedule = { type: 'cron', expression: '* * * * * ?', timeZone: 'UTC' };
  await world.client.patch(`/connections/${connection.id}`, { schedule });
  const syncs = () => syncsOf(connection);
  let rows = await syncs();
  while (rows.filter(({ status }) => status === 'skipped').length < 3) rows = await syncs();
  expect(rows.filter(({ status }) => status !== 'skipped')).toHaveLength(1);
  for (const { code } of rows.filter(({ status }) => status === 'skipped')) expect(code).toBe('still_running');
  await world.client.patch(`/connections/${connection.id}`, { schedule: { type: 'manual' } });
  open();
  while (rows.some(({ status }) => ['pending', 'running', 'incomplete'].includes(status))) rows = await syncs();
  const done = rows.filter(({ status }) => status === 'succeeded').length;
  expect(await counts(connection)).toEqual({ rows: done * ROWS, ids: ROWS });
});

/** Its syncs, a moment later. */
function syncsOf({ id }: Connected) {
  return world.query<{ status: string; code: string | null; late: boolean }>(
    `select status, failure->>'code' as code, due_at < now() - interval '9 hours' as late, pg_sleep(0.2)::text
     from syncs where connection_id = '${id}'`,
  );
}

fault(74, async () => {
  const api = await world.api({ '/orders': { body: page(1, ROWS) } });
  const connection = await orders(api);
  const schedule = { type: 'cron', expression: '0 * * * *', timeZone: 'UTC' };
  await world.client.patch(`/connections/${connection.id}`, { schedule });
  // As if nobody had looked for ten hours.
  await world.query(
    `update connection set next_due = date_trunc('hour', now()) - interval '10 hours' where id = '${connection.id}'`,
  );
  let rows = await syncsOf(connection);
  while (!rows.some(({ status }) => status === 'succeeded')) rows = await syncsOf(connection);
  expect(rows.filter(({ late }) => late)).toHaveLength(1);
  expect(await counts(connection)).toEqual({ rows: rows.length * ROWS, ids: ROWS });
  const [next] = await world.query<{ ahead: boolean }>(
    `select next_due > now() and next_due <= now() + interval '1 hour' as ahead from connection where id = '${connection.id}'`,
  );
  expect(next).toEqual({ ahead: true });
  await world.client.patch(`/connections/${connection.id}`, { schedule: { type: 'manual' } });
});

fault(
  76,
  async () => {
    const { held, open } = gate();
    await using way = await warehouseWay();
    const api = await world.api({ '/orders': { body: page(1, ROWS) } });
    const connection = await orders(api, world, await behind(way));
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    const cancel = async (until: () => Promise<unknown>) => {
      const syncId = await world.start(connection);
      await until();
      await world.client.post(`/syncs/${syncId}/cancel`);
      expect(await world.client.syncEnd(syncId)).toMatchObject({ status: 'cancelled' });
      const [took] = await world.query<{ seconds: number }>(
        `select extract(epoch from finished_at - cancel_requested_at)::float as seconds from syncs where id = ${syncId}`,
      );
      expect(took?.seconds).toBeLessThan(CANCEL_S);
      expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
    };
    // Before it reads, waiting for the API, in the middle of a page, and with rows on their way into the warehouse.
    api.on('/orders', { body: page(1, ROWS), hold: held });
    await cancel(async () => undefined);
    await cancel(() => api.waitForRequests(api.requests.length + 1));
    api.on('/orders', { body: page(1, ROWS), holdBody: held });
    await cancel(() => api.waitForRequests(api.requests.length + 1));
    api.on('/orders', { body: page(1, ROWS) });
    await cancel(() => way.breakAt(`row ${ROWS - 10}`, 'stall'));
    open();
    way.mend();
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    expect(await counts(connection)).toEqual({ rows: 2 * ROWS, ids: ROWS });
  },
  { sample: true },
);

fault(77, async () => {
  const { held, open } = gate();
  const api = await world.api({ '/orders': { body: page(1, 3) }, '/moved': { body: page(1, 5) } });
  const connection = await orders(api);
  api.on('/orders', { body: page(1, 3), hold: held });
  const syncId = await world.start(connection);
  await api.waitForRequests(api.requests.length + 1);
  await world.change(connection, manifestOf(api, { name: 'orders', path: '/moved', paginator: null }));
  open();
  expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await counts(connection)).toEqual({ rows: 3, ids: 3 });
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await counts(connection)).toEqual({ rows: 8, ids: 5 });
});

fault(75, async () => {
  const api = await world.api({ '/orders': { body: page(1, ROWS) } });
  await outOfMemory();
  await outOfFiles(api);
  await outOfDisk(api);
});

/** Three million small records of one page: more than a process of that size holds. */
async function outOfMemory(): Promise<void> {
  const small = await openWorld({ WEIR_SYNC_MEMORY_MB: '128' });
  try {
    const api = await small.api({ '/orders': { body: page(1, 3) } });
    const connection = await orders(api, small);
    api.on('/orders', { body: `{"data": [${'{"id": 1, "a": {}},'.repeat(3_000_000)}{"id": 2}]}` });
    const ended = await small.sync(connection);
    expect(ended).toMatchObject({ status: 'failed', attempts: 1, failure: { code: 'memory_limit' } });
    expect(ended.failure?.hint).toContain('WEIR_SYNC_MEMORY_MB');
    api.on('/orders', { body: page(1, 3) });
    expect(await small.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    expect(await counts(connection, small)).toEqual({ rows: 3, ids: 3 });
  } finally {
    await small.close();
  }
}

/** The process that runs the sync may open no further file or connection from the middle of the sync on. */
async function outOfFiles(api: ScriptedServer): Promise<void> {
  const { held, open } = gate();
  const connection = await orders(api);
  api.on('/orders', [{ body: page(1, ROWS), hold: held }, { body: page(1, ROWS) }]);
  const syncId = await world.start(connection);
  await api.waitForRequests(api.requests.length + 1);
  const limits = new Map<number, string>();
  for (const pid of await world.childPids()) {
    const limit = /Max open files\s+(\d+)\s+(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'));
    limits.set(pid, `${limit?.[1]}:${limit?.[2]}`);
    limitFiles(pid, `3:${limit?.[2]}`);
  }
  open();
  const failure = await world.attemptEnd(syncId);
  for (const [pid, limit] of limits) if (isAlive(pid)) limitFiles(pid, limit);
  // It may have had all that it needs, or be at its end at once.
  if (failure) expect(failure.message).toMatch(/files|EMFILE|connection|reach|process ended/i);
  expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
}

function limitFiles(pid: number, limit: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}`]);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const SMALL_DISK_MB = 48;

/** A service whose files lie on a disk of some megabytes: what is written there for a bucket does not fit. */
async function outOfDisk(api: ScriptedServer): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-fault-disk-'));
  const store = new S3rver({
    ...{ port: 0, address: '127.0.0.1', silent: true, directory: path.join(folder, 'store') },
    configureBuckets: [{ name: 'lake', configs: [] }],
  });
  const { port } = (await store.run()) as AddressInfo;
  const disk = path.join(folder, 'disk');
  const mount = `mkdir -p ${disk} && mount -t tmpfs -o size=${SMALL_DISK_MB}m tmpfs ${disk} && exec "$@"`;
  const small = await openWorld(
    { WEIR_DATA_DIR: disk, TMPDIR: disk, WEIR_DISK_FLOOR_MB: '0' },
    { within: ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, 'sh'] },
  );
  try {
    await small.client.post('/allowed-hosts', { host: '127.0.0.1', port, reason: 'test' });
    const config = {
      ...{ s3_bucket_name: 'lake', s3_bucket_path: 'data', s3_bucket_region: 'us-east-1' },
      ...{ s3_endpoint: `http://127.0.0.1:${port}`, access_key_id: 'S3RVER', secret_access_key: 'S3RVER' },
      format: { format_type: 'JSONL', compression: { compression_type: 'No Compression' } },
    };
    const bucket = await small.client.post<{ id: string }>('/destinations', { name: 'lake', type: 's3', config });
    const connection = await orders(api, small, bucket.id);
    const long = 'x'.repeat(16_000);
    api.on('/orders', { body: { data: page(1, ROWS).data.map((row) => ({ ...row, long })) } });
    const ended: Ended = await small.sync(connection);
    expect(ended.status).toBe('failed');
    expect(ended.failure?.message).toMatch(/space|disk/i);
    const found = () =>
      readdirSync(path.join(folder, 'store', 'lake'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        /^data.(?!_weir).*_object$/.test(name),
      );
    expect(found()).toEqual([]);
    api.on('/orders', { body: page(1, ROWS) });
    expect(await small.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    expect(found()).toHaveLength(1);
  } finally {
    await small.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

fault(
  78,
  async () => {
    await using slack = await loopbackSlack();
    await world.client.post('/allowed-hosts', { host: slack.host, port: slack.port, reason: 'test' });
    await world.client.post('/channels', { type: 'slack', name: 'Alerts', config: { webhookUrl: slack.webhookUrl } });
    const api = await world.api({ '/orders': { body: page(1, 3) } });
    const connection = await orders(api);
    api.on('/orders', { status: 404, body: { message: 'gone' } });
    slack.failNext({ status: 500 }, { status: 429, headers: { 'retry-after': '1' } }, { resetAfter: 0 });
    // The same failure again and again is one alert, however long Slack was away.
    for (let time = 0; time < 4; time++) expect(await world.sync(connection)).toMatchObject({ status: 'failed' });
    await world.hurried(slack.waitForMessages(1), 'deliver');
    expect(slack.messages).toHaveLength(1);
    expect(slack.texts().join(' ')).toContain('orders');
    // It hangs now: the sync does not wait for it.
    slack.failNext({ hang: true });
    api.on('/orders', { body: page(1, 3) });
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    expect(slack.messages).toHaveLength(1);
  },
  { alone: true },
);

fault(
  67,
  async () => {
    const gates = [gate(), gate(), gate()];
    const whole: Answer = { body: page(1, ROWS) };
    const answers = gates.map(({ held }, index): Answer => ({ ...whole, [index === 0 ? 'hold' : 'holdBody']: held }));
    await using way = await warehouseWay();
    const api = await world.api({ '/orders': whole });
    const connection = await orders(api, world, await behind(way));
    const used = api.requests.length;
    api.on('/orders', [...answers, whole]);
    const syncId = await world.start(connection);
    // Before a byte came, and in the middle of a page; then the worker itself, which comes back.
    for (const [index, { open }] of gates.entries()) {
      await world.hurried(api.waitForRequests(used + index + 1), { sync: syncId });
      if (index < 2) await killChildren();
      else for (const pid of await world.weir.workerPids()) process.kill(pid, 'SIGKILL');
      open();
    }
    expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', attempts: 4 });
    let syncs = 1;
    expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
    // Before each COMMIT of a sync in turn, or as soon as it is done: every step lies between two of them.
    for (let nth = 1, sprung = true; sprung; nth++) {
      expect(nth).toBeLessThan(MOST_COMMITS);
      sprung = false;
      void way.breakAt('commit\0', nth % 2 === 0 ? 'stall' : 'stall after', nth).then(async () => {
        sprung = true;
        await killChildren();
      });
      expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
      way.mend();
      syncs += 1;
      expect(await counts(connection)).toEqual({ rows: syncs * ROWS, ids: ROWS });
    }
    expect(syncs).toBeGreaterThan(3);
  },
  { alone: true },
);

fault(
  68,
  async () => {
    // The service's own database is lost in the middle of a sync, until its processes have asked for it several times.
    await using way = await warehouseWay();
    const own = new URL(world.weir.databaseUrl);
    own.pathname = `${own.pathname}_own`;
    await world.query(`create database ${own.pathname.slice(1)}`);
    own.host = `${way.host}:${way.port}`;
    const second = await openWorld({ DATABASE_URL: own.href }, { keepData: true });
    const whole = { body: page(1, ROWS) };
    const api = await second.api({ '/orders': whole });
    const connection = await orders(api, second);
    const { held, open } = gate();
    api.on('/orders', [{ ...whole, hold: held }, whole]);
    const syncId = await second.start(connection);
    await api.waitForRequests(api.requests.length + 1);
    way.down(true);
    open();
    await way.waitForConnections(way.connections() + 5);
    way.down(false);
    expect(await second.end(syncId)).toMatchObject({ status: 'succeeded', failure: null });
    expect(await counts(connection, second)).toEqual({ rows: ROWS, ids: ROWS });

    // Asked to end while a sync is on, once, and twice at once: it ends well, and the sync goes on where the service starts again.
    let { weir } = second;
    const env = { DATABASE_URL: own.href, PORT: String(weir.port) };
    for (const [index, times] of [1, 2].entries()) {
      const later = gate();
      api.on('/orders', [{ ...whole, hold: later.held }, whole]);
      const interrupted = await second.start(connection);
      await api.waitForRequests(api.requests.length + 1);
      const codes = await Promise.all(Array.from({ length: times }, () => weir.stop('SIGTERM')));
      expect(new Set(codes)).toEqual(new Set([0]));
      later.open();
      weir = await startWeir({ env, dataDir: second.weir.dataDir });
      expect(await second.end(interrupted)).toMatchObject({ status: 'succeeded', failure: null });
      expect(await counts(connection, second)).toEqual({ rows: (index + 2) * ROWS, ids: ROWS });
    }
    expect(await weir.stop()).toBe(0);
    await second.close();
  },
  { alone: true },
);

fault(
  69,
  async () => {
    const { held, open } = gate();
    const api = await world.api({ '/orders': { body: page(1, ROWS) } });
    const connection = await orders(api);
    api.on('/orders', [{ body: page(1, ROWS), hold: held }, { body: page(1, ROWS) }]);
    const syncId = await world.start(connection);
    await api.waitForRequests(api.requests.length + 1);
    const frozen = [...(await world.weir.workerPids()), ...(await world.childPids())];
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    const other = anotherWorker();
    try {
      expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', attempts: 2 });
      expect(await counts(connection)).toEqual({ rows: ROWS, ids: ROWS });
      // The late one gets its page, and may not write.
      for (const pid of frozen) process.kill(pid, 'SIGCONT');
      open();
      expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    } finally {
      for (const pid of frozen) if (isAlive(pid)) process.kill(pid, 'SIGCONT');
      const gone = new Promise((resolve) => other.once('exit', resolve));
      other.kill('SIGTERM');
      await gone;
    }
    // Whatever the late one was doing has come to its end.
    expect(await world.weir.stop()).toBe(0);
    expect(await counts(connection)).toEqual({ rows: 2 * ROWS, ids: ROWS });
    expect(await world.query(`select status, attempts from syncs where id = ${syncId}`)).toEqual([
      { status: 'succeeded', attempts: 2 },
    ]);
  },
  { alone: true },
);

function anotherWorker(): ChildProcess {
  const { databaseUrl, dataDir } = world.weir;
  const key = readFileSync(path.join(dataDir, 'secret-key'), 'utf8').trim();
  return spawn(process.execPath, ['lib/bin/weir.mjs', 'worker'], {
    env: { ...process.env, DATABASE_URL: databaseUrl, WEIR_DATA_DIR: dataDir, WEIR_SECRET_KEY: key },
    stdio: 'ignore',
  });
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import type { SyncAttempt } from '#lib/sync/syncs.ts';
import { startS3rver } from '#tests/harness/s3rver-server.ts';
import type { ScriptedServer } from '#tests/harness/scripted-server.ts';
import { appendedOrders, countsOf, ROWS } from './appended-orders.ts';
import { fault } from './fault.ts';
import { type Ended, gate, isAlive, openWorld, page, type World } from './world.ts';

// What the machine gives of memory, CPU, files and disk runs out while a sync runs. It says so, and goes through once there is more.

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

fault(75, async () => {
  const api = await world.api({ '/orders': { body: page(1, ROWS) } });
  await outOfMemory();
  await outOfCpu();
  await outOfFiles(api);
  await outOfDisk(api);
});

/** Three million small records of one page: more than a process of that size holds. */
async function outOfMemory(): Promise<void> {
  const small = await openWorld({ WEIR_SYNC_MEMORY_MB: '128' });
  try {
    const api = await small.api({ '/orders': { body: page(1, 3) } });
    const connection = await appendedOrders(small, api);
    api.on('/orders', { body: `{"data": [${'{"id": 1, "a": {}},'.repeat(3_000_000)}{"id": 2}]}` });
    const ended = await small.sync(connection);
    expect(ended).toMatchObject({ status: 'failed', attempts: 1, failure: { code: 'memory_limit' } });
    expect(ended.failure?.hint).toContain('WEIR_SYNC_MEMORY_MB');
    api.on('/orders', { body: page(1, 3) });
    expect(await small.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    expect(await countsOf(small, connection)).toEqual({ rows: 3, ids: 3 });
  } finally {
    await small.close();
  }
}

const CORES = 0.1;
const BUSY_ROWS = 200_000;

/** A sync that is held to a part of a core, whose worker is killed in the middle of a pause: nothing stopped stays behind. */
async function outOfCpu(): Promise<void> {
  const small = await openWorld({ WEIR_SYNC_CPU_MOST: String(CORES) });
  try {
    const api = await small.api({ '/orders': { body: page(1, BUSY_ROWS) } });
    const connection = await appendedOrders(small, api);
    const syncId = await small.start(connection);
    const pid = await stoppedChild(small);
    for (const worker of await small.weir.workerPids()) process.kill(worker, 'SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), WAITING);
    expect(await small.end(syncId)).toMatchObject({ status: 'succeeded', failure: null, attempts: 2 });
    expect(await countsOf(small, connection)).toEqual({ rows: BUSY_ROWS, ids: BUSY_ROWS });
    const { attemptList } = await small.client.get<{ attemptList: SyncAttempt[] }>(`/syncs/${syncId}`);
    const { startedAt, finishedAt, cpuMs, cpuPausedMs, cpuLimitCores } = attemptList[1] as SyncAttempt;
    const wholeMs = Number(new Date(finishedAt ?? 0)) - Number(new Date(startedAt));
    expect(cpuLimitCores).toBe(CORES);
    expect(cpuPausedMs).toBeGreaterThan(1_000);
    // A second of its cores is saved up before the attempt begins, and another thread may run between two looks.
    expect(cpuMs).toBeLessThan((wholeMs + 2_000) * CORES * 1.2);
    const lines = await small.client.get<{ message: string }[]>(`/syncs/${syncId}/log`);
    const told = lines.filter(({ message }) => message.startsWith(`Its CPU limit of ${CORES} cores paused it for`));
    expect(told.length).toBeGreaterThan(0);
  } finally {
    await small.close();
  }
}

function stoppedChild(world: World): Promise<number> {
  return vi.waitFor(async () => {
    const pid = (await world.childPids()).find((one) =>
      /^State:\s+T/m.test(readFileSync(`/proc/${one}/status`, 'utf8')),
    );
    if (pid === undefined) throw new Error('none is stopped');
    return pid;
  }, WAITING);
}

const WAITING = { timeout: 60_000, interval: 20 };

/** The process that runs the sync may open no further file or connection from the middle of the sync on. */
async function outOfFiles(api: ScriptedServer): Promise<void> {
  const { held, open } = gate();
  const connection = await appendedOrders(world, api);
  // The request is to be made again over a new connection.
  api.on('/orders', [{ status: 503, hold: held, close: 'announced' }, { body: page(1, ROWS) }]);
  const asked = api.waitForRequests(api.requests.length + 1);
  const syncId = await world.start(connection);
  await asked;
  const limits = new Map<number, string>();
  for (const pid of await world.childPids()) {
    const limit = /Max open files\s+(\d+)\s+(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'));
    limits.set(pid, `${limit?.[1]}:${limit?.[2]}`);
    limitFiles(pid, `3:${limit?.[2]}`);
  }
  open();
  const failure = await world.attemptEnd(syncId);
  for (const [pid, limit] of limits) if (isAlive(pid)) limitFiles(pid, limit);
  expect(failure?.message).toMatch(/limit of open files/);
  expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await countsOf(world, connection)).toEqual({ rows: ROWS, ids: ROWS });
}

function limitFiles(pid: number, limit: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}`]);
}

const SMALL_DISK_MB = 48;

/** A service whose files lie on a disk of some megabytes: what is written there for a bucket does not fit. */
async function outOfDisk(api: ScriptedServer): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-fault-disk-'));
  const store = await startS3rver(path.join(folder, 'store'), 'lake');
  const { port } = store;
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
    const connection = await appendedOrders(small, api, bucket.id);
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

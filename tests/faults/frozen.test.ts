import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { appendedOrders, countsOf, ROWS } from './appended-orders.ts';
import { fault } from './fault.ts';
import { behind, warehouseWay } from './ways.ts';
import { gate, isAlive, openWorld, page, type World } from './world.ts';

// A worker and its processes are stopped for the two minutes that they have to be lost for. It takes them, and needs no machine.

const STOPPED_S = 120;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

fault(69, async () => {
  const { held, open } = gate();
  await using way = await warehouseWay(world);
  const api = await world.api({ '/orders': { body: page(1, ROWS) } });
  const waiting = await appendedOrders(world, api);
  const publishing = await appendedOrders(world, api, await behind(world, way));
  const inPublish = way.breakAt('insert into _weir.stream', 'stall');
  const second = await world.start(publishing);
  await inPublish;
  api.on('/orders', [{ body: page(1, ROWS), hold: held }, { body: page(1, ROWS) }]);
  const used = api.requests.length;
  const first = await world.start(waiting);
  await api.waitForRequests(used + 1);

  // One waits for the source, the other holds the locks of its publish.
  const frozen = [...(await world.weir.workerPids()), ...(await world.childPids())];
  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  const over = world.query(`select pg_sleep(${STOPPED_S})`);
  const other = anotherWorker();
  try {
    for (const [syncId, connection] of [[first, waiting] as const, [second, publishing] as const]) {
      expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', attempts: 2 });
      expect(await countsOf(world, connection)).toEqual({ rows: ROWS, ids: ROWS });
    }
    await over;
    // The late ones go on with what they were doing, and may not write.
    for (const pid of frozen) process.kill(pid, 'SIGCONT');
    way.mend();
    open();
    for (const connection of [waiting, publishing])
      expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  } finally {
    for (const pid of frozen) if (isAlive(pid)) process.kill(pid, 'SIGCONT');
    const gone = new Promise((resolve) => other.once('exit', resolve));
    other.kill('SIGTERM');
    await gone;
  }
  // Whatever the late ones were doing has come to its end.
  expect(await world.weir.stop()).toBe(0);
  for (const connection of [waiting, publishing])
    expect(await countsOf(world, connection)).toEqual({ rows: 2 * ROWS, ids: ROWS });
  expect(await world.query(`select status, attempts from syncs where id in (${first}, ${second})`)).toEqual(
    [1, 2].map(() => ({ status: 'succeeded', attempts: 2 })),
  );
});

function anotherWorker(): ChildProcess {
  const { databaseUrl, dataDir } = world.weir;
  const key = readFileSync(path.join(dataDir, 'secret-key'), 'utf8').trim();
  return spawn(process.execPath, ['lib/bin/weir.mjs', 'worker'], {
    env: { ...process.env, DATABASE_URL: databaseUrl, WEIR_DATA_DIR: dataDir, WEIR_SECRET_KEY: key },
    stdio: 'ignore',
  });
}

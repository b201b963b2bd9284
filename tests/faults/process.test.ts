import pg from 'pg';
import { afterAll, beforeAll, expect } from 'vitest';
import { loopbackSlack } from '#tests/harness/loopback-slack.ts';
import type { Answer } from '#tests/harness/scripted-server.ts';
import { startWeir } from '#tests/harness/weir-server.ts';
import { appendedOrders, countsOf, ROWS } from './appended-orders.ts';
import { fault } from './fault.ts';
import { behind, warehouseWay } from './ways.ts';
import { type Connected, gate, manifestOf, openWorld, page, type World } from './world.ts';

// What happens to processes and to time while a sync runs. It ends once, with every row once, and says how.

/** Commits of one sync that are tried, at most. */
const MOST_COMMITS = 12;
const CANCEL_S = 5;
/** From the start of a job until another worker has done it, when the first is lost. */
const TAKEN_UP_S = 60;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const killChildren = async () => {
  for (const pid of await world.childPids()) process.kill(pid, 'SIGKILL');
};

fault(73, async () => {
  const { held, open } = gate();
  const api = await world.api({ '/orders': { body: page(1, ROWS) } });
  const connection = await appendedOrders(world, api);
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
  expect(await countsOf(world, connection)).toEqual({ rows: done * ROWS, ids: ROWS });
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
  const connection = await appendedOrders(world, api);
  const schedule = { type: 'cron', expression: '0 * * * *', timeZone: 'UTC' };
  await world.client.patch(`/connections/${connection.id}`, { schedule });
  // As if nobody had looked for ten hours.
  await world.query(
    `update connection set next_due = date_trunc('hour', now()) - interval '10 hours' where id = '${connection.id}'`,
  );
  let rows = await syncsOf(connection);
  while (!rows.some(({ status }) => status === 'succeeded')) rows = await syncsOf(connection);
  expect(rows.filter(({ late }) => late)).toHaveLength(1);
  expect(await countsOf(world, connection)).toEqual({ rows: rows.length * ROWS, ids: ROWS });
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
    await using way = await warehouseWay(world);
    const api = await world.api({ '/orders': { body: page(1, ROWS) } });
    const connection = await appendedOrders(world, api, await behind(world, way));
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    // What is waited for is watched from before the sync begins: it may be quicker than this test.
    const cancel = async (reached: Promise<unknown> | null) => {
      const syncId = await world.start(connection);
      await reached;
      await world.client.post(`/syncs/${syncId}/cancel`);
      expect(await world.client.syncEnd(syncId)).toMatchObject({ status: 'cancelled' });
      const [took] = await world.query<{ seconds: number }>(
        `select extract(epoch from finished_at - cancel_requested_at)::float as seconds from syncs where id = ${syncId}`,
      );
      expect(took?.seconds).toBeLessThan(CANCEL_S);
      expect(await countsOf(world, connection)).toEqual({ rows: ROWS, ids: ROWS });
    };
    // Before it reads, waiting for the API, in the middle of a page, and with rows on their way into the warehouse.
    api.on('/orders', { body: page(1, ROWS), hold: held });
    await cancel(null);
    await cancel(api.waitForRequests(api.requests.length + 1));
    api.on('/orders', { body: page(1, ROWS), holdBody: held });
    await cancel(api.waitForRequests(api.requests.length + 1));
    api.on('/orders', { body: page(1, ROWS) });
    await cancel(way.breakAt(`row ${ROWS - 10}`, 'stall'));
    open();
    way.mend();
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    expect(await countsOf(world, connection)).toEqual({ rows: 2 * ROWS, ids: ROWS });
  },
  { sample: true },
);

fault(77, async () => {
  const { held, open } = gate();
  const api = await world.api({ '/orders': { body: page(1, 3) }, '/moved': { body: page(1, 5) } });
  const connection = await appendedOrders(world, api);
  api.on('/orders', { body: page(1, 3), hold: held });
  const asked = api.waitForRequests(api.requests.length + 1);
  const syncId = await world.start(connection);
  await asked;
  await world.change(connection, manifestOf(api, { name: 'orders', path: '/moved', paginator: null }));
  open();
  expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await countsOf(world, connection)).toEqual({ rows: 3, ids: 3 });
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await countsOf(world, connection)).toEqual({ rows: 8, ids: 5 });
});

fault(
  78,
  async () => {
    await using slack = await loopbackSlack();
    await world.client.post('/allowed-hosts', { host: slack.host, port: slack.port, reason: 'test' });
    await world.client.post('/channels', { type: 'slack', name: 'Alerts', config: { webhookUrl: slack.webhookUrl } });
    const api = await world.api({ '/orders': { body: page(1, 3) } });
    const connection = await appendedOrders(world, api);
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
    await using way = await warehouseWay(world);
    const api = await world.api({ '/orders': whole });
    const connection = await appendedOrders(world, api, await behind(world, way));
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
    expect(await countsOf(world, connection)).toEqual({ rows: ROWS, ids: ROWS });
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
      expect(await countsOf(world, connection)).toEqual({ rows: syncs * ROWS, ids: ROWS });
    }
    expect(syncs).toBeGreaterThan(3);
    await killedWhileItMeasures(connection);
    await killedWhileItTells();
  },
  { alone: true },
);

/** The worker is killed while a check waits for a table: another one measures it within seconds. */
async function killedWhileItMeasures(connection: Connected): Promise<void> {
  const table = `${connection.prefix}orders`;
  const { destination } = await world.client.get<{ destination: { id: string } }>(`/connections/${connection.id}`);
  const text = `dataset: ${table}\nvolume: [{min_rows: 1}]\n`;
  const suite = { name: 'killed', text, connectionId: connection.id, destinationId: destination.id };
  const { id } = await world.client.post<{ id: string }>('/suites', suite);
  const locker = new pg.Client({ connectionString: world.weir.databaseUrl });
  await locker.connect();
  await locker.query(`begin; lock table public.${table} in access exclusive mode`);
  const { runId } = await world.client.post<{ runId: number }>(`/suites/${id}/run`);
  const waits = `select pg_sleep(0.1)::text, count(*)::int as sessions from pg_locks
    where not granted and relation = 'public.${table}'::regclass`;
  while ((await world.query<{ sessions: number }>(waits))[0]?.sessions === 0);
  for (const pid of await world.weir.workerPids()) process.kill(pid, 'SIGKILL');
  await locker.end();
  const run = `select pg_sleep(0.1)::text, extract(epoch from finished_at - started_at)::float as seconds,
    (select outcome from check_result where run_id = ${runId}) as outcome from check_run where id = ${runId}`;
  let [found] = await world.query<{ seconds: number | null; outcome: string }>(run);
  while (found?.seconds === null) [found] = await world.query(run);
  expect(found).toMatchObject({ outcome: 'pass' });
  expect(found?.seconds).toBeLessThan(TAKEN_UP_S);
}

/** The worker is killed while an alert is on its way: it is told all the same. */
async function killedWhileItTells(): Promise<void> {
  const { held, open } = gate();
  const told = await world.api({ '/hook': [{ hold: held }, { body: {} }] });
  await world.client.post('/allowed-hosts', { host: told.host, port: told.port, reason: 'test' });
  await world.client.post('/channels', {
    ...{ type: 'webhook', name: 'hook' },
    config: { url: `${told.url}/hook`, secret: 'a-signing-secret-of-ours' },
  });
  const api = await world.api({ '/orders': { status: 404, body: { message: 'gone' } } });
  expect(await world.sync(await appendedOrders(world, api))).toMatchObject({ status: 'failed' });
  await told.waitForRequests(1);
  for (const pid of await world.weir.workerPids()) process.kill(pid, 'SIGKILL');
  open();
  await told.waitForRequests(2);
  const left = `select pg_sleep(0.1)::text, count(*)::int as deliveries from delivery
    join channel on channel.id = delivery.channel_id where channel.name = 'hook' and delivery.status <> 'sent'`;
  while ((await world.query<{ deliveries: number }>(left))[0]?.deliveries !== 0);
  expect(told.requests).toHaveLength(2);
  const [first, second] = told.requests.map(({ body }) => body);
  expect(second).toBe(first);
}

fault(
  68,
  async () => {
    // The service's own database is lost in the middle of a sync, until its processes have asked for it several times.
    await using way = await warehouseWay(world);
    const own = new URL(world.weir.databaseUrl);
    own.pathname = `${own.pathname}_own`;
    await world.query(`create database ${own.pathname.slice(1)}`);
    own.host = `${way.host}:${way.port}`;
    const second = await openWorld({ DATABASE_URL: own.href }, { keepData: true });
    const whole = { body: page(1, ROWS) };
    const api = await second.api({ '/orders': whole });
    const connection = await appendedOrders(second, api);
    const { held, open } = gate();
    api.on('/orders', [{ ...whole, hold: held }, whole]);
    const asked = api.waitForRequests(api.requests.length + 1);
    const syncId = await second.start(connection);
    await asked;
    way.down(true);
    open();
    await way.waitForConnections(way.connections() + 5);
    way.down(false);
    expect(await second.end(syncId)).toMatchObject({ status: 'succeeded', failure: null });
    expect(await countsOf(second, connection)).toEqual({ rows: ROWS, ids: ROWS });

    // Asked to end while a sync is on, once, and twice at once: it ends well, and the sync goes on where the service starts again.
    let { weir } = second;
    const env = { DATABASE_URL: own.href, PORT: String(weir.port) };
    for (const [index, times] of [1, 2].entries()) {
      const later = gate();
      api.on('/orders', [{ ...whole, hold: later.held }, whole]);
      const asked = api.waitForRequests(api.requests.length + 1);
      const interrupted = await second.start(connection);
      await asked;
      const codes = await Promise.all(Array.from({ length: times }, () => weir.stop('SIGTERM')));
      expect(new Set(codes)).toEqual(new Set([0]));
      later.open();
      weir = await startWeir({ env, dataDir: second.weir.dataDir });
      expect(await second.end(interrupted)).toMatchObject({ status: 'succeeded', failure: null });
      expect(await countsOf(second, connection)).toEqual({ rows: (index + 2) * ROWS, ids: ROWS });
    }
    expect(await weir.stop()).toBe(0);
    await second.close();
  },
  { alone: true },
);

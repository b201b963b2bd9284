import { expect, onTestFinished, test } from 'vitest';
import { createQueue } from '#lib/jobs/queue.ts';
import { createLog } from '#lib/log.ts';
import { testClock } from '#tests/harness/clock.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { housekeep } from './housekeep.ts';

const MINUTE_MS = 60_000;

/** A service with a real queue, a connection, and a look at the jobs that wait. */
async function service() {
  const database = await testDatabase({ migrated: true });
  const { db, query } = database;
  const queue = createQueue({ databaseUrl: database.url, log: createLog('test', 'silent') });
  onTestFinished(() => queue.stop());
  const clock = testClock();
  await query("insert into workspace (id, name) values ('00000000-0000-4000-8000-000000000001', 'w')");
  await query(`with c as (insert into connector (workspace_id, name) select id, 'c' from workspace returning *),
      s as (insert into source (workspace_id, connector_id, name, config) select workspace_id, id, 's', '{}' from c returning *),
      d as (insert into destination (workspace_id, type, name, config) select id, 'postgres', 'd', '{}' from workspace returning *)
    insert into connection (workspace_id, name, source_id, destination_id) select s.workspace_id, 'n', s.id, d.id from s, d`);
  const context = { db, queue, clock: clock.clock };
  const insert = async (status: string) => {
    const [row] = await query<{ id: number }>(
      `insert into syncs (workspace_id, connection_id, trigger, status, created_at, started_at)
       select workspace_id, id, 'manual', $1, $2, $2 from connection returning id::int`,
      [status, clock.clock()],
    );
    return row?.id ?? 0;
  };
  /** Of everybody, with what they are about. */
  const jobs = () =>
    query<{ name: string; data: object }>(
      "select name, data from pgboss.job where state < 'completed' and name <> '__pgboss__send-it' order by created_on",
    );
  return { ...database, context, clock, queue, insert, jobs };
}

test.each(['pending', 'incomplete', 'running'])('a sync that is %s gets its lost job again, once', async (status) => {
  const { context, clock, insert, jobs } = await service();
  const syncId = await insert(status);
  await housekeep(context);
  expect((await jobs().catch(() => [])).length, 'it may just have been asked for').toBe(0);
  clock.move(3 * MINUTE_MS);
  await Promise.all([housekeep(context), housekeep(context)]);
  await housekeep(context);
  expect(await jobs()).toEqual([{ name: 'sync', data: { syncId } }]);
});

test('a sync whose job waits or runs gets no second one, and one that has ended none', async () => {
  const { context, clock, queue, insert, jobs, query } = await service();
  const syncId = await insert('pending');
  await queue.send('sync', { syncId });
  clock.move(30 * MINUTE_MS);
  await housekeep(context);
  expect(await jobs()).toHaveLength(1);
  await query("update pgboss.job set state = 'active'");
  await housekeep(context);
  expect(await jobs()).toHaveLength(1);
  // Given up, or done without an end of the sync: nobody is on it.
  await query("update pgboss.job set state = 'failed'");
  await housekeep(context);
  expect(await jobs()).toEqual([{ name: 'sync', data: { syncId } }]);
  await query('delete from pgboss.job');
  await query("update syncs set status = 'succeeded'");
  await housekeep(context);
  expect(await jobs()).toEqual([]);
});

test('messages and runs of checks that wait for a lost job get one again, too', async () => {
  const { context, clock, jobs, query } = await service();
  const at = clock.clock();
  await query(`insert into channel (workspace_id, type, name, config) select id, 'slack', 'c', '{}' from workspace`);
  const [delivery] = await query<{ id: string }>(
    `insert into delivery (workspace_id, channel_id, event, payload, created_at)
     select workspace_id, id, 'sync_failed', '{}', $1 from channel returning id`,
    [at],
  );
  await query(
    `insert into suite (workspace_id, name, text, destination_id) select workspace_id, 's', '', id from destination`,
  );
  const [run] = await query<{ id: number }>(
    `insert into check_run (workspace_id, suite_id, trigger, started_at)
     select workspace_id, id, 'manual', $1 from suite returning id::int`,
    [at],
  );
  clock.move(3 * MINUTE_MS);
  await housekeep(context);
  await housekeep(context);
  expect(await jobs()).toEqual([
    { name: 'deliver', data: { deliveryId: delivery?.id } },
    { name: 'checks', data: { runId: run?.id } },
  ]);
});

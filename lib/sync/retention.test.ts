import { expect, test } from 'vitest';
import { testService } from './fixtures/service.ts';
import { forgetSyncs } from './retention.ts';

/** A connection that has synced daily for two years, up to today; the first sync alone published the stream `rare`. */
async function dailySyncs() {
  const service = await testService();
  await service.query(
    `insert into syncs (workspace_id, connection_id, trigger, status, started_at, finished_at)
     select $1, $2, 'schedule', 'succeeded', at, at from generate_series($3::timestamptz - interval '729 days', $3, '1 day') at`,
    [service.workspaceId, service.connectionId, service.clock()],
  );
  await service.query(
    `insert into sync_stream (sync_id, workspace_id, name, status, published_at)
     select id, workspace_id, 'orders', 'published', finished_at from syncs
     union all (select id, workspace_id, 'rare', 'published', finished_at from syncs order by id limit 1)`,
  );
  await service.query(
    `insert into sync_log (sync_id, workspace_id, attempt, at, level, message)
     select id, workspace_id, 1, finished_at, 'info', 'line' from syncs, generate_series(1, 3)`,
  );
  const ids = async (where = 'true') =>
    (await service.query<{ id: number }>(`select id::int from syncs where ${where} order by id`)).map(({ id }) => id);
  return { ...service, ids };
}

test('what is older than the workspace keeps it goes, in batches; the sync that published what is there now stays', async () => {
  const service = await dailySyncs();
  await service.query('update workspace set log_days = 7, sync_days = 100');
  expect(await forgetSyncs(service, 50)).toEqual({ lines: (730 - 8) * 3, syncs: 730 - 101 - 1 });
  const left = await service.ids();
  expect([left[0], left.length]).toEqual([1, 102]);
  expect(await forgetSyncs(service)).toEqual({ lines: 0, syncs: 0 });
  const [{ n } = { n: 0 }] = await service.query<{ n: number }>('select count(*)::int as n from sync_log');
  expect(n).toBe(8 * 3);
});

test('the newest twenty of a connection stay, and what waits or holds a load', async () => {
  const service = await dailySyncs();
  await service.query('update workspace set log_days = 1, sync_days = 1');
  await service.query(`update sync_stream set status = 'held' where sync_id = 300`);
  await service.query(`update syncs set status = 'incomplete', finished_at = null where id = 400`);
  await forgetSyncs(service);
  const newest = Array.from({ length: 20 }, (_, index) => 711 + index);
  expect(await service.ids()).toEqual([1, 300, 400, ...newest]);
});

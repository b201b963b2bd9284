import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { getSync } from '#lib/sync/syncs.ts';
import { endStaleChecks, startChecks } from '#quality/run-checks.ts';
import { suiteResults } from '#quality/suites.ts';
import { goodOrders } from '#tests/harness/orders.ts';
import { gatedShop } from './fixtures/gated-shop.ts';
import { childLost } from './tasks.ts';

const SUITE = `dataset: orders
completeness: [{column: email, level: block, scope: table}]
volume: [{min_rows: 100, level: block}]
distribution: [{column: id, expected_mean_range: [0, 1000], level: block}]`;

/** A sync whose process ends itself while the gate measures. */
async function killedWhileMeasuring() {
  const shop = await gatedShop(SUITE);
  const syncId = await shop.newSync();
  const child = path.join(import.meta.dirname, 'fixtures', 'killed-sync.ts');
  const env = { ...process.env, WEIR_KILL_AT: 'gate.measuring' };
  const ended = spawn(process.execPath, [child, shop.databaseUrl, String(syncId)], { env, stdio: 'inherit' });
  expect(await once(ended, 'exit')).toEqual([null, 'SIGKILL']);
  const runs = () =>
    shop.query<{ is_over: boolean; code: string | null }>(
      "select finished_at is not null as is_over, failure->>'code' as code from check_run where trigger = 'gate' order by id",
    );
  expect(await runs()).toEqual([{ is_over: false, code: null }]);
  return { ...shop, syncId, runs };
}

describe('a process that is lost while the gate measures', () => {
  test('leaves nothing that seems to go on: the next attempt ends it, and measures', async () => {
    const { context, workspace, syncId, runs, runSync, runQueued, results, rows } = await killedWhileMeasuring();
    await runSync(syncId);
    await runQueued();
    expect(await getSync(context, workspace, syncId)).toMatchObject({ status: 'succeeded', attempts: 2 });
    expect(await runs()).toEqual([
      { is_over: true, code: 'process_lost' },
      { is_over: true, code: null },
    ]);
    expect(await rows()).toBe(100);
    expect(await results()).toHaveLength(3);
  });

  test('nor when no attempt follows', async () => {
    const { context, syncId, runs } = await killedWhileMeasuring();
    const lost = { reason: 'memory', message: 'It took more memory than it may.' } as const;
    const given = { givenAt: new Date(0), workerId: 'killed' };
    await childLost(context, 'sync', syncId, lost, given);
    expect(await runs()).toEqual([{ is_over: true, code: 'process_lost' }]);
  });
});

test('a run whose job is gone is told of after a day', async () => {
  const { context, workspace, suiteId, query } = await gatedShop(SUITE);
  const { runId } = await startChecks(context, workspace, suiteId, 'manual');
  const told: number[] = [];
  const look = () => endStaleChecks(context, async (_tx, { runId: of }) => void told.push(of));
  await query("update check_run set started_at = timestamptz '2026-01-02T11:00Z'");
  await look();
  expect(told).toEqual([]);
  await query("update check_run set started_at = timestamptz '2026-01-01T10:00Z'");
  await look();
  expect(told).toEqual([runId]);
  expect((await suiteResults(context, workspace, suiteId)).run).toMatchObject({ failure: { code: 'process_lost' } });
});

describe('rows that the table refuses after the gate has measured them', () => {
  test('are not counted in what is said of the load, nor in what is known of the table', async () => {
    const { sync, give, query, results, rows } = await gatedShop(SUITE.replace('min_rows: 100', 'min_rows: 150'), {
      syncMode: 'incremental',
      destinationSyncMode: 'append',
    });
    give(goodOrders(1, 200));
    await sync();
    const known = () => query<{ publish: string }>('select publish from table_state');
    expect(await known()).toHaveLength(1);
    // Its own people know what may not stand in it.
    await query('alter table public.orders add check (id < 300 or id > 340)');
    await query('delete from public.orders where id > 100');
    await query('delete from table_state');
    give(goodOrders(291, 50));
    expect(await sync()).toMatchObject({ status: 'succeeded', written: 9, quarantined: 41 });
    expect(await rows()).toBe(109);
    // The gate saw 150 rows in the table to be; 109 are in the one that is.
    expect(await results()).toContain('fail: 109 rows, limit at least 150 rows');
    expect(await known()).toEqual([]);
    give(goodOrders(401, 41));
    expect((await sync()).failure).toBeNull();
    expect(await rows()).toBe(150);
    expect(await results()).toContain('pass: 150 rows, limit at least 150 rows');
  });
});

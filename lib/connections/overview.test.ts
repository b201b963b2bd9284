import { expect, test } from 'vitest';
import type { Db } from '#lib/db/connect.ts';
import { type TestDatabase, testDatabase } from '#tests/harness/database.ts';
import { getOverview, getOverviewRow } from './overview.ts';

const NOW = new Date('2026-11-24T07:42:00Z');
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

async function workspaceWith(query: TestDatabase['query'], names: string[]) {
  const [workspace] = await query<{ id: string }>(`insert into workspace (name) values ('Harbour') returning id`);
  const ws = workspace?.id ?? '';
  const [connector] = await query<{ id: string }>(
    'insert into connector (workspace_id, name) values ($1, $2) returning id',
    [ws, 'Shop'],
  );
  const [source] = await query<{ id: string }>(
    `insert into source (workspace_id, connector_id, name, config) values ($1, $2, 'Shop EU', '{}') returning id`,
    [ws, connector?.id],
  );
  const [destination] = await query<{ id: string }>(
    `insert into destination (workspace_id, type, name, config) values ($1, 'postgres', 'Warehouse', '{}') returning id`,
    [ws],
  );
  const rows = await query<{ id: string; name: string }>(
    `insert into connection (workspace_id, name, source_id, destination_id, schedule)
     select $1, name, $2, $3, '{"type":"hourly","every":1,"timeZone":"UTC"}' from unnest($4::text[]) name returning id, name`,
    [ws, source?.id, destination?.id, names],
  );
  return { ws, destinationId: destination?.id, ids: new Map(rows.map(({ id, name }) => [name, id])) };
}

interface SyncRow {
  status: string;
  agoMinutes: number;
  minutes?: number;
  written?: number;
  message?: string;
}

async function addSync(query: TestDatabase['query'], ws: string, connection: string | undefined, sync: SyncRow) {
  const over = !['pending', 'running', 'incomplete'].includes(sync.status);
  const [row] = await query<{ id: number }>(
    `insert into syncs (workspace_id, connection_id, trigger, status, started_at, finished_at, attempts, failure)
     values ($1, $2, 'schedule', $3, $4, $5, 1, $6) returning id::int`,
    [
      ws,
      connection,
      sync.status,
      minutesAgo(sync.agoMinutes),
      over ? minutesAgo(sync.agoMinutes - (sync.minutes ?? 2)) : null,
      sync.message ? JSON.stringify({ kind: 'transient', code: 'http_429', message: sync.message }) : null,
    ],
  );
  await query(
    `insert into sync_stream (sync_id, workspace_id, name, written, bytes, quarantined)
     values ($1, $2, 'orders', $3, $3::bigint * 20, 1)`,
    [row?.id, ws, sync.written ?? 0],
  );
  return row?.id;
}

test('shows each connection by its worst sign, worst first', async () => {
  const { db, query } = await testDatabase({ migrated: true });
  const { ws, ids, destinationId } = await workspaceWith(query, ['calm', 'broken', 'late', 'paused', 'warned', 'new']);
  for (const agoMinutes of [2_900, 1_500, 60]) {
    await addSync(query, ws, ids.get('calm'), { status: 'succeeded', agoMinutes, minutes: 4, written: 100 });
  }
  await addSync(query, ws, ids.get('calm'), { status: 'running', agoMinutes: 1 });
  await addSync(query, ws, ids.get('broken'), { status: 'succeeded', agoMinutes: 180 });
  await addSync(query, ws, ids.get('broken'), { status: 'failed', agoMinutes: 90, message: '429 from Stripe' });
  await addSync(query, ws, ids.get('broken'), { status: 'cancelled', agoMinutes: 50 });
  await addSync(query, ws, ids.get('broken'), { status: 'failed', agoMinutes: 30, message: '429 from Stripe' });
  await addSync(query, ws, ids.get('late'), { status: 'succeeded', agoMinutes: 600 });
  await query(
    `insert into suite (workspace_id, name, text, connection_id, destination_id) values ($1, 'unmeasured', '', $2, $3)`,
    [ws, ids.get('new'), destinationId],
  );
  await query(
    `update connection set status = 'inactive', paused_reason = 'by ada', owner = 'shop team' where name = 'paused'`,
  );
  const warned = await addSync(query, ws, ids.get('warned'), { status: 'succeeded', agoMinutes: 20 });
  const [suite] = await query<{ id: string }>(
    `insert into suite (workspace_id, name, text, connection_id, destination_id) values ($1, 'orders', '', $2, $3) returning id`,
    [ws, ids.get('warned'), destinationId],
  );
  const [run] = await query<{ id: number }>(
    `insert into check_run (workspace_id, suite_id, sync_id, trigger, finished_at) values ($1, $2, $3, 'sync', now()) returning id::int`,
    [ws, suite?.id, warned],
  );
  await query(
    `insert into check_result (workspace_id, run_id, suite_id, key, kind, title, level, outcome, message)
     values ($1, $2, $3, 'a', 'volume', 'at least 10 rows', 'error', 'pass', ''), ($1, $2, $3, 'b', 'completeness', 'email complete', 'error', 'warn', '')`,
    [ws, run?.id, suite?.id],
  );

  const overview = await getOverview({ db, clock: () => NOW }, ws);
  expect(overview.connections.map(({ name, health }) => [name, health])).toEqual([
    ['broken', 'failing'],
    ['late', 'late'],
    ['warned', 'warning'],
    ['calm', 'running'],
    ['new', 'new'],
    ['paused', 'paused'],
  ]);
  const row = (name: string) => overview.connections.find((connection) => connection.name === name);
  expect(row('broken')).toMatchObject({
    reason: '429 from Stripe',
    failedInARow: 2,
    failureRate: 2 / 3,
    lastSync: { status: 'failed', durationMs: 120_000 },
    freshness: { dataAsOf: minutesAgo(180), targetMinutes: 120 },
    recent: [{ status: 'succeeded' }, { status: 'failed' }, { status: 'cancelled' }, { status: 'failed' }],
  });
  expect(row('calm')).toMatchObject({ running: true, medianMs: 240_000, current: { attempt: 1 }, failureRate: 0 });
  expect(row('calm')?.records.series.slice(-3)).toEqual([100, 100, 100]);
  expect(row('calm')?.records).toMatchObject({ low: null, high: null, bytes: 2_000 });
  expect(row('calm')?.records.series[0]).toBeNull();
  expect(overview.connections.map(({ owner }) => owner)).toContain('shop team');
  expect(row('warned')).toMatchObject({
    reason: '1 of 2 checks warn: email complete',
    checks: { total: 2, pass: 1, warn: 1, fail: 0, suiteId: suite?.id },
    recent: [{ quality: 'warn' }],
  });
  expect(row('new')?.checks).toMatchObject({ total: 0, pass: 0, worst: null });
  expect(row('calm')?.checks).toBeNull();
  expect(overview).toMatchObject({ running: 1, workers: 0, tiles: { incidents: { open: 0, oldest: null } } });
  expect(overview.tiles.records.last24h).toBe(100);
  const alone = await getOverviewRow({ db, clock: () => NOW }, ws, ids.get('calm') ?? '');
  expect(alone).toMatchObject(row('calm') ?? {});
  expect(alone.bytes.series.slice(-3)).toEqual([2_000, 2_000, 2_000]);
});

test('takes as many statements for a hundred connections as for one', async () => {
  const { db, query } = await testDatabase({ migrated: true });
  const { ws, ids } = await workspaceWith(
    query,
    Array.from({ length: 100 }, (_, index) => `c${index}`),
  );
  for (const id of [...ids.values()].slice(0, 20)) {
    await addSync(query, ws, id, { status: 'succeeded', agoMinutes: 30, written: 5 });
  }
  const statements = await countStatements(db, (counted) => getOverview({ db: counted, clock: () => NOW }, ws));
  expect(statements).toBe(7);
});

async function countStatements(db: Db, work: (db: Db) => Promise<unknown>): Promise<number> {
  let count = 0;
  await work(
    db.withPlugin({
      transformQuery: ({ node }) => {
        count++;
        return node;
      },
      transformResult: async ({ result }) => result,
    }),
  );
  return count;
}

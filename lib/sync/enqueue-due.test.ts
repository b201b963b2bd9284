import { expect, test } from 'vitest';
import type { Schedule } from '#lib/db/schema.ts';
import { enqueueDue } from './enqueue-due.ts';
import { type TestService, testService } from './fixtures/service.ts';
import { startSync } from './syncs.ts';

const every6h: Schedule = { type: 'hourly', every: 6, timeZone: 'UTC' };
const syncs = ({ query }: TestService) =>
  query<{ status: string; due_at: Date; trigger: string; failure: { code: string } | null }>(
    'select status, due_at, trigger, failure from syncs order by id',
  );
const nextDue = async ({ query }: TestService) => {
  const [row] = await query<{ next_due: Date | null }>('select next_due from connection');
  return row?.next_due?.toISOString() ?? null;
};
const endAll = ({ query }: TestService) => query("update syncs set status = 'succeeded' where status = 'pending'");

test('nothing is started before its time', async () => {
  const service = await testService({ schedule: every6h, nextDue: '2026-01-01T12:00:01Z' });
  expect(await enqueueDue(service)).toBe(0);
  expect(await syncs(service)).toEqual([]);
});

test('a due connection gets a sync with its job, and its next due time', async () => {
  const service = await testService({ schedule: every6h, nextDue: '2026-01-01T12:00:00Z' });
  expect(await enqueueDue(service)).toBe(1);
  expect(await syncs(service)).toMatchObject([
    { status: 'pending', trigger: 'schedule', due_at: new Date('2026-01-01T12:00:00Z') },
  ]);
  expect(service.queue.sent).toMatchObject([{ name: 'sync', data: { syncId: 1 } }]);
  expect(await nextDue(service)).toBe('2026-01-01T18:00:00.000Z');
  expect(await enqueueDue(service)).toBe(0);
});

test('two schedulers at once start each due time once', async () => {
  const service = await testService({
    schedule: { type: 'cron', expression: '* * * * *', timeZone: 'UTC' },
    nextDue: '2026-01-01T12:00:00Z',
  });
  await service.query(
    `insert into connection (workspace_id, name, source_id, destination_id, schedule, next_due)
     select workspace_id, name || n, source_id, destination_id, schedule, next_due from connection, generate_series(1, 30) n`,
  );
  for (let minute = 0; minute < 3; minute++) {
    await Promise.all([enqueueDue(service), enqueueDue(service), enqueueDue(service)]);
    await endAll(service);
    service.move(60_000);
  }
  const rows = await service.query(
    'select connection_id, count(*)::int, count(distinct due_at)::int as times from syncs group by 1',
  );
  expect(rows).toHaveLength(31);
  expect(rows).toEqual(rows.map((row) => ({ ...row, count: 3, times: 3 })));
  expect(service.queue.sent).toHaveLength(93);
});

test('a due time while a sync runs is recorded as skipped, and is not made up for', async () => {
  const service = await testService({ schedule: every6h, nextDue: '2026-01-01T12:00:00Z' });
  await startSync(service, service.workspaceId, service.connectionId, 'manual');
  await enqueueDue(service);
  expect(await syncs(service)).toMatchObject([
    { status: 'pending', trigger: 'manual' },
    { status: 'skipped', trigger: 'schedule', failure: { code: 'still_running' } },
  ]);
  expect(service.queue.sent).toHaveLength(1);
  await endAll(service);
  expect(await enqueueDue(service)).toBe(0);
  expect(await nextDue(service)).toBe('2026-01-01T18:00:00.000Z');
});

test('what was missed while no scheduler ran is one sync, on the grid', async () => {
  const service = await testService({ schedule: every6h, nextDue: '2025-12-20T03:00:00Z' });
  await enqueueDue(service);
  expect(await syncs(service)).toHaveLength(1);
  expect(await nextDue(service)).toBe('2026-01-01T15:00:00.000Z');
});

test.each(['inactive', 'deprecated'])('a connection that is %s is left alone', async (status) => {
  const service = await testService({ schedule: every6h, nextDue: '2026-01-01T00:00:00Z' });
  await service.query('update connection set status = $1', [status]);
  expect(await enqueueDue(service)).toBe(0);
});

test('a job that can not be sent leaves the due time as it was', async () => {
  const service = await testService({ schedule: every6h, nextDue: '2026-01-01T12:00:00Z' });
  const queue = { ...service.queue, send: () => Promise.reject(new Error('the queue is gone')) };
  await expect(enqueueDue({ ...service, queue })).rejects.toThrow('the queue is gone');
  expect(await syncs(service)).toEqual([]);
  expect(await nextDue(service)).toBe('2026-01-01T12:00:00.000Z');
});

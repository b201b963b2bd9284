import { describe, expect, test } from 'vitest';
import type { Failure } from '#lib/errors.ts';
import { type AttemptEnd, closeAttempt, MOST_ATTEMPTS, openAttempt, waitS } from './attempt.ts';
import type { Attempt } from './attempt-store.ts';
import { testService } from './fixtures/service.ts';
import { cancelSync, getSync, listSyncs, startSync, syncLog } from './syncs.ts';

const FLAKY: Failure = { kind: 'transient', code: 'http_503', message: 'The shop is down.' };
const mayPass: AttemptEnd = { status: 'failed', failure: FLAKY, retry: true };

async function started() {
  const service = await testService();
  const { syncId } = await startSync(service, service.workspaceId, service.connectionId, 'manual');
  const get = () => getSync(service, service.workspaceId, syncId);
  const open = async (worker = 'w1') =>
    (await openAttempt(service, syncId, worker, service.onFinished))?.attempt ?? null;
  const close = (attempt: Attempt, end: AttemptEnd) => closeAttempt(service, attempt, end, service.onFinished);
  const opened = async (worker?: string) => (await open(worker)) as Attempt;
  return { service, syncId, get, open, opened, close };
}

describe('a sync is started', () => {
  test('once: another one while it has not ended is refused', async () => {
    const { service, opened } = await started();
    const again = () => startSync(service, service.workspaceId, service.connectionId, 'api');
    await expect(again()).rejects.toMatchObject({ code: 'sync_running' });
    await opened();
    await expect(again()).rejects.toMatchObject({ code: 'sync_running' });
    expect(service.queue.sent).toHaveLength(1);
  });

  test('ten at once start one', async () => {
    const service = await testService();
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, () => startSync(service, service.workspaceId, service.connectionId, 'manual')),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(service.queue.sent).toHaveLength(1);
  });

  test("but not another workspace's", async () => {
    const service = await testService();
    const other = '00000000-0000-0000-0000-000000000000';
    await expect(startSync(service, other, service.connectionId, 'manual')).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('attempts', () => {
  test('of a later sync have a later instant, though the clock went back', async () => {
    const { service, opened, close } = await started();
    const before = await opened();
    await close(before, { status: 'succeeded' });
    service.move(-3_600_000);
    const { syncId } = await startSync(service, service.workspaceId, service.connectionId, 'manual');
    const taken = await openAttempt(service, syncId, 'w2', service.onFinished);
    expect(taken?.attempt?.emittedAt.getTime()).toBe(before.emittedAt.getTime() + 1);
  });

  test('run, and end the sync with them', async () => {
    const { service, syncId, get, opened, close } = await started();
    const attempt = await opened();
    expect(attempt).toMatchObject({ syncId, number: 1, fence: 1, emittedAt: service.clock() });
    expect(await get()).toMatchObject({ status: 'running', attempts: 1, startedAt: service.clock() });
    service.move(90_000);
    await close(attempt, { status: 'succeeded' });
    expect(await get()).toMatchObject({
      status: 'succeeded',
      finishedAt: service.clock(),
      failure: null,
      attemptList: [{ number: 1, worker: 'w1', status: 'succeeded' }],
    });
    expect(service.told).toMatchObject([{ syncId, status: 'succeeded', failure: null }]);
  });

  test('that may pass are followed by another, later each time, with one emitted-at for all', async () => {
    const { service, get, opened, close } = await started();
    const emitted = new Set<string>();
    for (let number = 1; number < MOST_ATTEMPTS; number++) {
      const attempt = await opened();
      expect([attempt.number, attempt.fence]).toEqual([number, number]);
      emitted.add(attempt.emittedAt.toISOString());
      service.move(1_000);
      await close(attempt, mayPass);
      expect(await get()).toMatchObject({ status: 'incomplete', failure: { code: 'http_503' }, finishedAt: null });
    }
    expect(emitted.size).toBe(1);
    expect(service.queue.sent.map(({ startAfterS }) => startAfterS)).toEqual([0, 5, 10, 20, 40]);
    expect(service.told).toEqual([]);
    await close(await opened(), mayPass);
    expect(await get()).toMatchObject({ status: 'failed', attempts: MOST_ATTEMPTS, failure: { code: 'http_503' } });
    expect(service.queue.sent).toHaveLength(MOST_ATTEMPTS);
    expect(service.told).toMatchObject([{ status: 'failed', failure: FLAKY }]);
  });

  test('that will not pass end the sync at once', async () => {
    const { service, get, opened, close } = await started();
    await close(await opened(), { ...mayPass, retry: false });
    expect(await get()).toMatchObject({ status: 'failed', attempts: 1 });
    expect(service.queue.sent).toHaveLength(1);
  });

  test('with some streams failed for good leave a partial sync', async () => {
    const { service, get, opened, close } = await started();
    await close(await opened(), { status: 'partial', failure: FLAKY, retry: false });
    expect(await get()).toMatchObject({ status: 'partial', failure: { code: 'http_503' } });
    expect(service.told).toMatchObject([{ status: 'partial' }]);
  });

  test('waits grow, and stop growing', () => {
    expect([1, 2, 3, 6, 7, 40].map(waitS)).toEqual([5, 10, 20, 160, 300, 300]);
  });

  test('whose worker is gone are ended by the next one', async () => {
    const { get, opened, close } = await started();
    await opened('w1');
    await close(await opened('w2'), { status: 'succeeded' });
    expect((await get()).attemptList).toMatchObject([
      { number: 1, status: 'failed', failure: { code: 'worker_lost' } },
      { number: 2, status: 'succeeded', failure: null },
    ]);
  });

  test('that a newer one has replaced say nothing', async () => {
    const { service, get, opened, close } = await started();
    const stale = await opened('w1');
    const current = await opened('w2');
    expect(current.fence).toBeGreaterThan(stale.fence);
    for (const end of [mayPass, { status: 'succeeded' }, { status: 'cancelled' }] as const) await close(stale, end);
    expect(await get()).toMatchObject({ status: 'running', attempts: 2, failure: null });
    expect(service.queue.sent).toHaveLength(1);
    expect(service.told).toEqual([]);
    await close(current, { status: 'succeeded' });
    await close(stale, mayPass);
    expect(await get()).toMatchObject({ status: 'succeeded', failure: null });
    expect(service.told).toHaveLength(1);
  });

  test('handed over go on at once, however often', async () => {
    const { service, get, opened, close } = await started();
    for (let number = 1; number <= MOST_ATTEMPTS + 1; number++) await close(await opened(), { status: 'handed_over' });
    expect(await get()).toMatchObject({ status: 'incomplete' });
    expect(service.queue.sent.every(({ startAfterS }) => startAfterS === 0)).toBe(true);
    expect((await get()).attemptList[0]).toMatchObject({ status: 'failed', failure: { code: 'worker_stopped' } });
  });

  test('of a sync that has ended are none', async () => {
    const { open, opened, close } = await started();
    await close(await opened(), { status: 'succeeded' });
    expect(await open()).toBeNull();
  });

  test('the fence rises over all syncs of a connection', async () => {
    const { service, opened, close } = await started();
    await close(await opened(), { status: 'succeeded' });
    const { syncId } = await startSync(service, service.workspaceId, service.connectionId, 'manual');
    expect(await openAttempt(service, syncId, 'w1', service.onFinished)).toMatchObject({
      attempt: { number: 1, fence: 2 },
    });
  });

  test('what is told in the transaction that ends a sync undoes it when it fails', async () => {
    const { service, get, opened } = await started();
    const attempt = await opened();
    const failing = () => Promise.reject(new Error('no alert'));
    await expect(closeAttempt(service, attempt, { status: 'succeeded' }, failing)).rejects.toThrow('no alert');
    expect(await get()).toMatchObject({ status: 'running' });
  });
});

describe('a cancel', () => {
  test('ends a sync that waits at once', async () => {
    const { service, syncId, get, open } = await started();
    await cancelSync(service, service.workspaceId, syncId, 'ada@example.org');
    expect(await get()).toMatchObject({
      status: 'cancelled',
      cancelledBy: 'ada@example.org',
      finishedAt: service.clock(),
    });
    expect(await open()).toBeNull();
  });

  test('ends a sync that waits for its next attempt, with its streams', async () => {
    const { service, syncId, get, opened, close } = await started();
    await close(await opened(), mayPass);
    await service.query(
      `insert into sync_stream (sync_id, workspace_id, name, status) select id, workspace_id, 'a', 'waiting' from syncs`,
    );
    await cancelSync(service, service.workspaceId, syncId, 'ada');
    expect(await get()).toMatchObject({ status: 'cancelled', streams: [{ status: 'cancelled' }] });
    await expect(startSync(service, service.workspaceId, service.connectionId, 'manual')).resolves.toBeDefined();
  });

  test('of a running sync waits for its worker, and no attempt follows', async () => {
    const { service, syncId, get, opened, close } = await started();
    const attempt = await opened();
    await service.query(
      `insert into sync_stream (sync_id, workspace_id, name, status)
       select s.id, s.workspace_id, v.name, v.status from syncs s, (values ('a', 'published'), ('b', 'running')) v (name, status)`,
    );
    await cancelSync(service, service.workspaceId, syncId, 'ada');
    expect(await get()).toMatchObject({ status: 'running', cancelRequestedAt: service.clock() });
    await close(attempt, mayPass);
    expect(await get()).toMatchObject({
      status: 'cancelled',
      failure: null,
      streams: [
        { name: 'a', status: 'published' },
        { name: 'b', status: 'cancelled' },
      ],
    });
    expect(service.queue.sent).toHaveLength(1);
    expect(service.told).toMatchObject([{ status: 'cancelled', failure: null }]);
  });

  test('that comes too late changes nothing', async () => {
    const { service, syncId, get, opened, close } = await started();
    const attempt = await opened();
    await cancelSync(service, service.workspaceId, syncId, 'ada');
    await close(attempt, { status: 'succeeded' });
    expect(await get()).toMatchObject({ status: 'succeeded' });
    await cancelSync(service, service.workspaceId, syncId, 'bob');
    expect(await get()).toMatchObject({ status: 'succeeded', cancelledBy: 'ada' });
  });

  test('of a sync whose worker was lost ends it at the next attempt', async () => {
    const { service, syncId, get, open, opened } = await started();
    await opened();
    await cancelSync(service, service.workspaceId, syncId, 'ada');
    expect(await open('w2')).toBeNull();
    expect(await get()).toMatchObject({ status: 'cancelled' });
    expect(service.told).toMatchObject([{ status: 'cancelled' }]);
  });

  test("of another workspace's sync is not found", async () => {
    const { service, syncId } = await started();
    const other = '00000000-0000-0000-0000-000000000000';
    await expect(cancelSync(service, other, syncId, 'eve')).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('syncs are listed newest first, with their sums, and page by id', async () => {
  const { service, syncId, opened, close } = await started();
  await service.query(
    `insert into sync_stream (sync_id, workspace_id, name, read, written, quarantined, bytes)
     select syncs.id, workspace_id, v.name, 5, 4, 1, 100 from syncs, (values ('a'), ('b')) v (name)`,
  );
  await close(await opened(), { status: 'succeeded' });
  const second = await startSync(service, service.workspaceId, service.connectionId, 'manual');
  const list = (filter = {}) => listSyncs(service, service.workspaceId, filter);
  expect((await list()).map(({ id }) => id)).toEqual([second.syncId, syncId]);
  expect(await list({ before: second.syncId })).toMatchObject([
    { id: syncId, read: 10, written: 8, quarantined: 2, bytes: 200 },
  ]);
  expect(await list({ statuses: ['pending', 'running'] })).toHaveLength(1);
  expect(await syncLog(service, service.workspaceId, syncId)).toEqual([]);
});

import { describe, expect, test } from 'vitest';
import { enqueueDue } from './enqueue-due.ts';
import { testService } from './fixtures/service.ts';
import { decideLoad, runAgain } from './held-loads.ts';
import { getSync, startSync } from './syncs.ts';

const BY = { by: 'ada@example.com', reason: 'the shop confirmed it' };

/** A service whose connection has a sync with a held load. */
async function held() {
  const service = await testService({
    schedule: { type: 'hourly', every: 1, timeZone: 'UTC' },
    nextDue: '2026-01-01T11:59:00Z',
  });
  const { query, workspaceId, connectionId } = service;
  const failure = JSON.stringify({
    kind: 'config',
    code: 'load_held',
    message: 'orders is held: email is 61% filled.',
  });
  const [row] = await query<{ id: number }>(
    `insert into syncs (workspace_id, connection_id, trigger, status, finished_at, attempts, failure)
     values ($1, $2, 'manual', 'failed', now(), 1, $3) returning id::int`,
    [workspaceId, connectionId, failure],
  );
  const syncId = row?.id ?? 0;
  await query(
    `insert into sync_stream (sync_id, workspace_id, name, status, failure) values ($1, $2, 'orders', 'held', $3), ($1, $2, 'items', 'published', null)`,
    [syncId, workspaceId, failure],
  );
  return { ...service, syncId };
}

describe('a connection whose load is held', () => {
  test('skips what is due, and says why', async () => {
    const service = await held();
    await enqueueDue(service);
    const skipped = await service.query(
      `select status, failure ->> 'code' as code from syncs where trigger = 'schedule'`,
    );
    expect(skipped).toEqual([{ status: 'skipped', code: 'load_held' }]);
    expect(service.queue.sent).toEqual([]);
  });

  test('starts no other sync', async () => {
    const service = await held();
    await expect(startSync(service, service.workspaceId, service.connectionId, 'api')).rejects.toMatchObject({
      code: 'load_held',
    });
  });

  test.each(['release', 'discard'] as const)(
    'takes its sync up again to %s the load, with who decided and why',
    async (decision) => {
      const service = await held();
      const { workspaceId, syncId, queue } = service;
      await decideLoad(service, workspaceId, syncId, decision, BY);
      const sync = await getSync(service, workspaceId, syncId);
      expect(sync).toMatchObject({ status: 'pending', failure: null });
      expect(
        sync.streams.map((stream) => [stream.name, stream.decision, stream.decidedBy, stream.decisionReason]),
      ).toEqual([
        ['items', null, null, null],
        ['orders', decision, BY.by, BY.reason],
      ]);
      expect(queue.sent).toMatchObject([{ name: 'sync', data: { syncId } }]);
      await expect(decideLoad(service, workspaceId, syncId, 'release', BY)).rejects.toMatchObject({
        code: 'sync_running',
      });
    },
  );

  test('can drop the load and read it again in one step', async () => {
    const service = await held();
    const { workspaceId, syncId, queue } = service;
    const again = await runAgain(service, workspaceId, syncId, BY);
    expect(again.syncId).toBeGreaterThan(syncId);
    expect(queue.sent).toMatchObject([{ data: { syncId: again.syncId } }]);
    const dropped = await getSync(service, workspaceId, syncId);
    expect(dropped.failure?.code).toBe('load_discarded');
    expect(dropped.streams.map(({ status }) => status)).toEqual(['published', 'discarded']);
    await expect(runAgain(service, workspaceId, syncId, BY)).rejects.toMatchObject({ code: 'not_held' });
  });

  test('of another workspace is not found', async () => {
    const service = await held();
    const nobody = '00000000-0000-4000-8000-000000000000';
    await expect(decideLoad(service, nobody, service.syncId, 'release', BY)).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

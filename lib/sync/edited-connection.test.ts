import { expect, test } from 'vitest';
import { getConnection, setConnectionStatus, updateConnection } from '#lib/connections/connections.ts';
import type { Schedule } from '#lib/db/schema.ts';
import { enqueueDue } from './enqueue-due.ts';
import { stream } from './fixtures/fake-source.ts';
import { testService } from './fixtures/service.ts';

// Somebody edits a connection at the moment at which something else does, or at which it is due.

const minutely: Schedule = { type: 'cron', expression: '* * * * *', timeZone: 'UTC' };
const hourly: Schedule = { type: 'hourly', every: 6, timeZone: 'UTC' };

async function withOrders(nextDue: string) {
  const service = await testService({ schedule: minutely, nextDue });
  await service.query(
    `insert into connection_stream (connection_id, workspace_id, namespace, name, position, configured)
     values ($1, $2, '', 'orders', 0, $3)`,
    [service.connectionId, service.workspaceId, JSON.stringify(stream('orders', 'full_refresh', 'append').configured)],
  );
  return service;
}

test('a pause and another change at once are both kept: what is active is due, what is paused is not', async () => {
  const service = await withOrders('2026-01-01T13:00:00Z');
  const { workspaceId, connectionId } = service;
  for (let round = 0; round < 10; round++) {
    await setConnectionStatus(service, workspaceId, connectionId, 'active');
    await Promise.all([
      updateConnection(service, workspaceId, connectionId, { owner: `team ${round}` }),
      setConnectionStatus(service, workspaceId, connectionId, 'inactive', 'schema changed'),
      updateConnection(service, workspaceId, connectionId, { prefix: `p${round}_` }),
    ]);
    expect(await getConnection(service, workspaceId, connectionId)).toMatchObject({
      ...{ owner: `team ${round}`, prefix: `p${round}_`, status: 'inactive', nextDue: null },
      pausedReason: 'schema changed',
    });
  }
});

test('a schedule that is changed while it is due starts one sync, and then follows the new one', async () => {
  const service = await withOrders('2026-01-01T12:00:00Z');
  const { workspaceId, connectionId, query } = service;
  const [due] = await Promise.all([
    enqueueDue(service),
    updateConnection(service, workspaceId, connectionId, { schedule: hourly }),
    enqueueDue(service),
  ]);
  const started = await query('select 1 from syncs');
  expect(started.length).toBeLessThanOrEqual(1);
  expect(due).toBeLessThanOrEqual(1);
  expect(await getConnection(service, workspaceId, connectionId)).toMatchObject({
    schedule: hourly,
    nextDue: new Date('2026-01-01T18:00:00Z'),
  });
});

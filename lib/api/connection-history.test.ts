import { expect, test } from 'vitest';
import type { StreamGrid } from '#lib/connections/stream-grid.ts';
import type { TimelineEntry } from '#lib/connections/timeline.ts';
import { ADMIN, testApi } from '#tests/harness/api.ts';
import { makeConnection, ORDERS } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';

async function stage() {
  const api = await testApi();
  const ada = await api.admin();
  const { connectionId } = await makeConnection(ada);
  return { api, ada, id: connectionId, path: `${V1}/connections/${connectionId}` };
}

test('the timeline says who changed what of a connection, with each value before and after, newest first', async () => {
  const { api, ada, id, path } = await stage();
  await ada.send('PATCH', path, { name: 'Orders', schedule: { type: 'hourly', every: 2, timeZone: 'UTC' } });
  await ada.send('PATCH', path, {
    streams: [{ ...ORDERS, syncMode: 'full_refresh', destinationSyncMode: 'overwrite' }],
  });
  await ada.send('PUT', `${path}/states`, { states: [{ name: 'orders', state: { created_at: '2026-01-01' } }] });
  await ada.send('PATCH', path, { name: 'Orders' });
  await api.query(
    `insert into schema_change (workspace_id, connection_id, stream, change, field, detail, at)
     select workspace_id, id, 'orders', 'column_added', 'note', 'text', now() from connection where id = $1`,
    [id],
  );
  const { body } = await ada.get<TimelineEntry[]>(`${path}/timeline`);
  const [schema, nothing, state, streams, settings] = body;
  expect(schema).toMatchObject({ kind: 'schema', stream: 'orders', change: 'column_added', field: 'note' });
  expect(nothing).toMatchObject({ kind: 'action', action: 'connection.update', changes: {} });
  expect(state).toMatchObject({
    ...{ actor: ADMIN.email, action: 'connection.set_state' },
    changes: { 'state of orders': [null, { created_at: '2026-01-01' }] },
  });
  expect(streams).toMatchObject({
    changes: { 'stream orders': [{ syncMode: 'incremental' }, { syncMode: 'full_refresh' }] },
  });
  expect(settings).toMatchObject({
    actor: ADMIN.email,
    changes: { name: ['Shop to warehouse', 'Orders'], schedule: [{ type: 'manual' }, { type: 'hourly', every: 2 }] },
  });
  expect(body.at(-1)).toMatchObject({ action: 'connection.create' });
});

test('the grid has a row for each stream and a cell for each of the last syncs', async () => {
  const { api, ada, id, path } = await stage();
  await api.query(
    `with y as (insert into syncs (workspace_id, connection_id, trigger, status, started_at, finished_at)
       select workspace_id, id, 'manual', 'succeeded', at, at
       from connection, generate_series(now() - interval '24 hours', now(), '1 hour') at where id = $1 returning id, workspace_id)
     insert into sync_stream (sync_id, workspace_id, name, status, read, written)
     select id, workspace_id, 'orders', 'published', 5, 5 from y
     union all (select id, workspace_id, 'customers', 'failed', 0, 0 from y order by id desc limit 1)`,
    [id],
  );
  const { body } = await ada.get<StreamGrid>(`${path}/grid`);
  expect(body.syncs).toHaveLength(20);
  expect(body.syncs.map(({ id }) => id)).toEqual(body.syncs.map(({ id }) => id).toSorted((a, b) => a - b));
  const [customers, orders] = body.streams;
  expect(customers).toMatchObject({ name: 'customers' });
  expect(customers?.cells.slice(0, -1)).toEqual(Array(19).fill(null));
  expect(customers?.cells.at(-1)).toMatchObject({ status: 'failed' });
  expect(orders?.cells.every((cell) => cell?.written === 5)).toBe(true);
});

test('the whole log of a sync comes as text, a line each', async () => {
  const { api, ada, path } = await stage();
  const { body } = await ada.send<{ syncId: number }>('POST', `${path}/sync`);
  await api.query(
    `insert into sync_log (sync_id, workspace_id, attempt, at, level, stream, message)
     select id, workspace_id, 1, '2026-01-01T00:00:00Z', 'info', 'orders', 'line ' || n || E'\\nforged' from syncs, generate_series(1, 12000) n`,
  );
  const answer = await ada.fetch(`${V1}/syncs/${body.syncId}/log.txt`, { method: 'GET' });
  expect(answer.headers.get('content-disposition')).toContain(`weir-sync-${body.syncId}.txt`);
  const lines = (await answer.text()).trimEnd().split('\n');
  expect(lines).toHaveLength(12_000);
  expect(lines[11_999]).toBe('2026-01-01T00:00:00.000Z info [orders] line 12000 forged');
  expect((await ada.get(`${V1}/syncs/999999/log.txt`)).status).toBe(404);
});

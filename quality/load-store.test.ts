import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { lastPublished } from './load-store.ts';

test('of two tables of one name, the bare name means the one in the destination’s own schema', async () => {
  const { db, query } = await testDatabase({ migrated: true });
  await query("insert into workspace (id, name) values ('00000000-0000-4000-8000-000000000001', 'w')");
  const [made] = await query<{ id: string; destination_id: string }>(
    `with c as (insert into connector (workspace_id, name) select id, 'c' from workspace returning *),
      s as (insert into source (workspace_id, connector_id, name, config) select workspace_id, id, 's', '{}' from c returning *),
      d as (insert into destination (workspace_id, type, name, config)
        select id, 'postgres', 'd', '{"host": "h", "port": 5432, "database": "d", "username": "u", "schema": "shop"}' from workspace returning *)
    insert into connection (workspace_id, name, source_id, destination_id) select s.workspace_id, 'n', s.id, d.id from s, d
    returning id, destination_id`,
  );
  await query(
    `insert into syncs (workspace_id, connection_id, trigger, status) select workspace_id, id, 'manual', 'succeeded' from connection`,
  );
  const publish = (namespace: string, schema: string, day: number) =>
    query(
      `insert into sync_stream (sync_id, workspace_id, namespace, name, status, published_at, relation)
       select id, workspace_id, $1, 'orders', 'published', $2, $3 from syncs`,
      [namespace, `2026-01-0${day}T00:00:00Z`, JSON.stringify({ kind: 'postgres', schema, table: 'orders' })],
    );
  await publish('', 'shop', 1);
  await publish('eu', 'eu', 2);
  const { id: connectionId = '', destination_id: destinationId = '' } = made ?? {};
  for (const of of [{ connectionId }, { destinationId }]) {
    const { last, byTable } = await lastPublished(db, of);
    expect(last?.at).toEqual(new Date('2026-01-02T00:00:00Z'));
    expect(Object.fromEntries([...byTable].map(([table, at]) => [table, at.getUTCDate()]))).toEqual({
      ...{ orders: 1, 'shop.orders': 1, 'eu.orders': 2 },
    });
  }
});

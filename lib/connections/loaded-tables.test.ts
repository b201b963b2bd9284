import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { loadedTables } from './loaded-tables.ts';

test('tables are called as they were published last, or as they will be, the short name first', async () => {
  const { db, query } = await testDatabase({ migrated: true });
  const [row] = await query<{ workspaceId: string }>(
    `with w as (insert into workspace (name) values ('w') returning id),
      connector as (insert into connector (workspace_id, name) select id, 'c' from w returning id),
      source as (insert into source (workspace_id, connector_id, name, config) select w.id, connector.id, 's', '{}' from w, connector returning id),
      destination as (insert into destination (workspace_id, type, name, config) select id, kind, kind, '{"schema":"shop"}' from w, unnest(array['postgres', 's3']) kind returning id, type),
      made as (insert into connection (workspace_id, name, source_id, destination_id, prefix, namespace_definition, namespace_format)
        select w.id, c.name, source.id, destination.id, c.prefix, c.namespace, c.format from w, source, destination, (values
          ('plain', 'postgres', '', 'destination', null), ('own', 'postgres', 'own_', 'destination', null),
          ('placed', 'postgres', '', 'custom', 'eu'), ('bucket', 's3', 'own_', 'destination', null)) c (name, type, prefix, namespace, format)
        where destination.type = c.type returning id, name),
      streams as (insert into connection_stream (connection_id, workspace_id, namespace, name, position, configured)
        select made.id, w.id, '', s.name, s.position, '{}' from made, w, (values ('quakes', 0), ('Alerts now', 1)) s (name, position)),
      sync as (insert into syncs (workspace_id, connection_id, trigger, status) select w.id, made.id, 'manual', 'succeeded' from w, made where made.name = 'plain' returning id, workspace_id),
      published as (insert into sync_stream (sync_id, workspace_id, name, published_at, relation)
        select id, workspace_id, 'quakes', now(), '{"kind":"postgres","schema":"shop","table":"quakes_1f"}' from sync)
    select id as "workspaceId" from w`,
  );
  const tables = await loadedTables({ db }, row?.workspaceId ?? '');
  const ids = await query<{ id: string; name: string }>('select id, name from connection');
  const named = Object.fromEntries(
    ids.map(({ id, name }) => [name, tables.get(id)?.map(({ names }) => names.join(', '))]),
  );
  expect(named).toEqual({
    plain: ['quakes_1f, shop.quakes_1f', 'Alerts_now, shop.Alerts_now'],
    own: ['own_quakes, shop.own_quakes', 'own_Alerts_now, shop.own_Alerts_now'],
    placed: ['eu.quakes', 'eu.Alerts_now'],
    bucket: ['own_quakes', 'own_Alerts now'],
  });
});

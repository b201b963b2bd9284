import { expect, test } from 'vitest';
import { saveSchema } from '#lib/sync/schema-snapshots.ts';
import { testApi } from '#tests/harness/api.ts';
import { makeConnection, ORDERS } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';

interface Version {
  readonly id: number;
  readonly syncId: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly isFirst: boolean;
}

/** A connection whose stream has the columns of each load in turn, `id:bigint email:text`. */
async function loads(mode: 'overwrite' | 'append', ...schemas: string[]) {
  const api = await testApi();
  const ada = await api.admin();
  const { connectionId } = await makeConnection(ada);
  const [{ id: workspaceId } = { id: '' }] = await api.query<{ id: string }>('select id from workspace');
  for (const schema of schemas) {
    const [{ id: syncId } = { id: 0 }] = await api.query<{ id: number }>(
      `insert into syncs (workspace_id, connection_id, trigger, status) values ($1, $2, 'manual', 'succeeded') returning id::int`,
      [workspaceId, connectionId],
    );
    const columns = schema.split(' ').map((column) => {
      const [name = '', type = ''] = column.split(':');
      return { name, type };
    });
    const attempt = { syncId, workspaceId, connectionId } as Parameters<typeof saveSchema>[1];
    const configured = { ...ORDERS, destinationSyncMode: mode } as unknown as Parameters<typeof saveSchema>[2];
    await saveSchema(api.context.db, attempt, configured, columns);
  }
  const at = `${V1}/connections/${connectionId}/schemas`;
  return { ada, at, versions: (await ada.get<Version[]>(at)).body };
}

test('a schema has a version each time that its columns change, and each is shown against the one before', async () => {
  const { ada, at, versions } = await loads(
    'overwrite',
    'id:bigint note:text amount:bigint',
    'id:bigint note:text amount:bigint',
    'id:bigint amount:numeric contact:jsonb',
  );
  expect(versions).toMatchObject([
    { syncId: 3, added: 1, removed: 1, changed: 1, isFirst: false, columns: 3 },
    { syncId: 1, added: 3, removed: 0, changed: 0, isFirst: true, columns: 3 },
  ]);
  const { body } = await ada.get(`${at}/${versions[0]?.id}`);
  expect(body).toMatchObject({
    before: { syncId: 1 },
    lines: [
      { kind: 'same', name: 'id' },
      { kind: 'removed', name: 'note', type: 'text' },
      { kind: 'changed', name: 'amount', type: 'numeric', was: 'bigint' },
      { kind: 'added', name: 'contact', type: 'jsonb' },
    ],
  });
});

test('what is added to keeps columns that a load does not bring, and any earlier version can be compared', async () => {
  const { ada, at, versions } = await loads('append', 'id:bigint note:text', 'id:bigint', 'id:bigint a:text', 'b:text');
  expect(versions.map(({ syncId }) => syncId)).toEqual([4, 3, 1]);
  const { body } = await ada.get(`${at}/${versions[0]?.id}?before=${versions[2]?.id}`);
  expect(body).toMatchObject({ before: { syncId: 1 }, lines: [{}, {}, { kind: 'added' }, { kind: 'added' }] });
  expect((await ada.get(`${at}/${versions[2]?.id}?before=${versions[0]?.id}`)).status).toBe(404);
  const first = await ada.get<{ lines: { kind: string }[] }>(`${at}/${versions[2]?.id}`);
  expect(first.body).toMatchObject({ before: null, lines: [{ kind: 'same' }, { kind: 'same' }] });
  expect((await ada.get(`${at}/99`)).status).toBe(404);
});

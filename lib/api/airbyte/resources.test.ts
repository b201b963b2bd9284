import { expect, test } from 'vitest';
import type { Connection } from '#lib/connections/connections.ts';
import { memoryOfSync } from '#lib/sync/memory-of-sync.ts';
import { testApi } from '#tests/harness/api.ts';
import { makeConnection } from '#tests/harness/shop.ts';
import { readMemory } from './resources.ts';

test.each([
  [{ memory_limit: '2Gi' }, 2048],
  [{ memory_limit: '512Mi', cpu_limit: '2' }, 512],
  [{ memory_limit: '1G' }, 954],
  [{ memory_limit: '1073741824' }, 1024],
  [{ memory_limit: '1Mi' }, 128],
  [{ memory_limit: '' }, null],
  [null, null],
  [{ cpu_limit: '2' }, undefined],
  [undefined, undefined],
])('a quantity of memory is read as Kubernetes writes it: %j', (value, mb) => {
  expect(readMemory(value)).toBe(mb);
});

test('the memory of a connection’s syncs is set by either API, and counts as far as the worker allows', async () => {
  const { admin, context, query } = await testApi({ WEIR_SYNC_MEMORY_MOST_MB: '3000' });
  const ada = await admin();
  const { connectionId } = await makeConnection(ada);
  await query(`insert into syncs (workspace_id, connection_id, trigger, status)
    select workspace_id, id, 'manual', 'succeeded' from connection`);
  const update = (memory_limit: string) =>
    ada.send<{ resourceRequirements?: object }>('POST', '/api/v1/connections/update', {
      ...{ connectionId, resourceRequirements: { memory_limit } },
    });
  const own = async () => (await ada.get<Connection>(`/api/weir/v1/connections/${connectionId}`)).body.memoryMb;
  expect([await own(), await memoryOfSync(context, 1)]).toEqual([null, 512]);
  expect((await update('2Gi')).body.resourceRequirements).toEqual({ memory_limit: '2048Mi' });
  expect([await own(), await memoryOfSync(context, 1)]).toEqual([2048, 2048]);
  await update('64Gi');
  expect([await own(), await memoryOfSync(context, 1)]).toEqual([65_536, 3000]);
  expect((await update('much')).status).toBe(422);
  const patch = (memoryMb: number | null) =>
    ada.send('PATCH', `/api/weir/v1/connections/${connectionId}`, { memoryMb });
  expect(await patch(5)).toMatchObject({ status: 422, body: { issues: [{ path: 'memoryMb' }] } });
  expect((await patch(256)).status).toBe(200);
  expect(await memoryOfSync(context, 1)).toBe(256);
  expect((await update('')).body).not.toHaveProperty('resourceRequirements');
  expect(await own()).toBeNull();
});

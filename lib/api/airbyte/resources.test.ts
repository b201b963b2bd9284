import { expect, test } from 'vitest';
import type { Connection } from '#lib/connections/connections.ts';
import { limitsOfSync } from '#lib/sync/limits-of-sync.ts';
import { testApi } from '#tests/harness/api.ts';
import { makeConnection } from '#tests/harness/shop.ts';
import { readCpu, readMemory } from './resources.ts';

test.each([
  [{ memory_limit: '2Gi' }, 2048],
  [{ memory_limit: '512Mi', cpu_limit: '2' }, 512],
  [{ memory_limit: '0' }, null],
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

test.each([
  [{ cpu_limit: '500m' }, 0.5],
  [{ cpu_limit: '2', memory_limit: '512Mi' }, 2],
  [{ cpu_limit: '0.25' }, 0.25],
  [{ cpu_limit: 1 }, 1],
  [{ cpu_limit: '1m' }, 0.1],
  [{ cpu_limit: '' }, null],
  [{ cpu_limit: '0' }, null],
  [null, null],
  [{ memory_limit: '2Gi', cpu_request: '1' }, undefined],
  [undefined, undefined],
])('a quantity of CPU is read as Kubernetes writes it: %j', (value, cores) => {
  expect(readCpu(value)).toBe(cores);
});

test.each(['much', '2Gi', '-1', '1e3'])('what is no quantity of CPU is refused: %s', (cpu_limit) => {
  expect(() => readCpu({ cpu_limit })).toThrow(
    expect.objectContaining({
      issues: [{ path: 'resourceRequirements.cpu_limit', message: 'A quantity such as 500m or 2.' }],
    }),
  );
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
  const memory = async () => (await limitsOfSync(context, 1)).memoryMb;
  expect([await own(), await memory()]).toEqual([null, 512]);
  expect((await update('2Gi')).body.resourceRequirements).toEqual({ memory_limit: '2048Mi' });
  expect([await own(), await memory()]).toEqual([2048, 2048]);
  await update('64Gi');
  expect([await own(), await memory()]).toEqual([65_536, 3000]);
  expect((await update('much')).status).toBe(422);
  const patch = (memoryMb: number | null) =>
    ada.send('PATCH', `/api/weir/v1/connections/${connectionId}`, { memoryMb });
  expect(await patch(5)).toMatchObject({ status: 422, body: { issues: [{ path: 'memoryMb' }] } });
  expect((await patch(256)).status).toBe(200);
  expect(await memory()).toBe(256);
  expect((await update('')).body).not.toHaveProperty('resourceRequirements');
  expect(await own()).toBeNull();
});

test('so is their CPU, in both trees of Airbyte’s API', async () => {
  const { admin, context, query } = await testApi({ WEIR_SYNC_CPU_MOST: '2' });
  const ada = await admin();
  const { connectionId } = await makeConnection(ada);
  await query(`insert into syncs (workspace_id, connection_id, trigger, status)
    select workspace_id, id, 'manual', 'succeeded' from connection`);
  const own = async () => (await ada.get<Connection>(`/api/weir/v1/connections/${connectionId}`)).body.cpuCores;
  const cpu = async () => (await limitsOfSync(context, 1)).cpuCores;
  expect([await own(), await cpu()]).toEqual([null, 2]);
  const update = (cpu_limit: string) =>
    ada.send<{ resourceRequirements?: object }>('POST', '/api/v1/connections/update', {
      ...{ connectionId, resourceRequirements: { cpu_limit, memory_limit: '1Gi' } },
    });
  expect((await update('500m')).body.resourceRequirements).toEqual({ cpu_limit: '0.5', memory_limit: '1024Mi' });
  expect([await own(), await cpu()]).toEqual([0.5, 0.5]);
  const path = `/api/public/v1/connections/${connectionId}`;
  expect((await ada.send('PATCH', path, { resourceRequirements: { cpu_limit: '2' } })).status).toBe(200);
  expect([await own(), await cpu()]).toEqual([2, 2]);
  const patch = (cpuCores: number | null) =>
    ada.send('PATCH', `/api/weir/v1/connections/${connectionId}`, { cpuCores });
  expect(await patch(0.01)).toMatchObject({ status: 422, body: { issues: [{ path: 'cpuCores' }] } });
  expect((await patch(1.5)).status).toBe(200);
  expect(await cpu()).toBe(1.5);
  expect((await update('')).body.resourceRequirements).toEqual({ memory_limit: '1024Mi' });
  expect([await own(), await cpu()]).toEqual([null, 2]);
});

test('more CPU than the operator lets a connection have is refused when it is saved, in every tree', async () => {
  const { admin, query } = await testApi({ WEIR_SYNC_CPU_MOST: '2' });
  const ada = await admin();
  const { connectionId } = await makeConnection(ada);
  const message = 'At most 2 cores here: whoever runs this Weir allows more with WEIR_SYNC_CPU_MOST.';
  const refused = { status: 422, body: { issues: [{ path: 'cpuCores', message }] } };
  const own = `/api/weir/v1/connections/${connectionId}`;
  expect(await ada.send('PATCH', own, { cpuCores: 2.5 })).toMatchObject(refused);
  const resourceRequirements = { cpu_limit: '4' };
  for (const answer of [
    await ada.send('PATCH', `/api/public/v1/connections/${connectionId}`, { resourceRequirements }),
    await ada.send('POST', '/api/v1/connections/update', { connectionId, resourceRequirements }),
  ])
    expect(JSON.stringify(answer)).toContain(message);
  // One that was saved while more was allowed can still be changed in other ways.
  await query('update connection set cpu_cores = 4');
  expect((await ada.send('PATCH', own, { owner: 'Ada' })).status).toBe(200);
});

import { expect, test } from 'vitest';
import type { Overview } from '#lib/connections/overview.ts';
import { ADMIN } from '#tests/harness/api.ts';
import { makeConnection } from '#tests/harness/shop.ts';
import { workingApi } from '#tests/harness/working-api.ts';

const V1 = '/api/weir/v1';

test('with the disk full a sync fails at once with what to do, and the overview says where', async () => {
  const api = await workingApi({ WEIR_DISK_FLOOR_MB: '1000000000' });
  const ada = api.client();
  await ada.send('POST', '/api/auth/sign-in/email', { email: ADMIN.email, password: ADMIN.password });
  const { connectionId } = await makeConnection(ada);
  const { body } = await ada.send<{ syncId: number }>('POST', `${V1}/connections/${connectionId}/sync`);
  await (await ada.fetch(`${V1}/syncs/${body.syncId}/events`, { method: 'GET' })).text();
  expect((await ada.get(`${V1}/syncs/${body.syncId}`)).body).toMatchObject({
    ...{ status: 'failed', attempts: 1 },
    failure: { kind: 'config', code: 'disk_full' },
  });

  const overview = async () => (await ada.get<Overview>(`${V1}/overview`)).body.disk;
  await api.query(`insert into worker (id, host, pid, disk_free_bytes, disk_floor_bytes)
    values ('a', 'roomy', 1, 5e9, 256e6), ('b', 'tight', 1, 900e6, 256e6)`);
  expect(await overview()).toEqual({ host: 'tight', freeBytes: 900_000_000, full: false });
  await api.query(`update worker set disk_free_bytes = 100e6 where id = 'b'`);
  expect(await overview()).toEqual({ host: 'tight', freeBytes: 100_000_000, full: true });
  await api.query(`delete from worker where id = 'b'`);
  expect(await overview()).toBeNull();
});

test('a workspace says for how many days it keeps what', async () => {
  const api = await workingApi();
  const ada = api.client();
  await ada.send('POST', '/api/auth/sign-in/email', { email: ADMIN.email, password: ADMIN.password });
  const change = (retention: object) => ada.send('PATCH', `${V1}/workspace`, { retention });
  const usual = { logDays: 30, syncDays: 365, measurementDays: 730, sampleDays: 30 };
  expect((await ada.get(`${V1}/workspace`)).body).toMatchObject({ retention: usual });
  expect((await change({ logDays: 7 })).body).toMatchObject({ retention: { ...usual, logDays: 7 } });
  expect(await change({ measurementDays: 7, sampleDays: 0 })).toMatchObject({
    status: 422,
    body: { issues: [{ path: 'retention.measurementDays' }, { path: 'retention.sampleDays' }] },
  });
});

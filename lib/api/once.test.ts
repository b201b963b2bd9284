import { expect, test } from 'vitest';
import { testApi } from '#tests/harness/api.ts';
import { makeConnection, makeSource, SECRET } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';
const key = (value: string) => ({ 'idempotency-key': value });

test('a request with a key is done once, and answered twice', async () => {
  const { admin, query } = await testApi();
  const ada = await admin();
  const { connectionId } = await makeConnection(ada);
  const first = await ada.send('POST', `${V1}/connections/${connectionId}/sync`, {}, key('a'));
  const again = await ada.send('POST', `${V1}/connections/${connectionId}/sync`, {}, key('a'));
  expect(again).toMatchObject({ status: 201, body: first.body });
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(await query('select count(*)::int as n from syncs')).toEqual([{ n: 1 }]);
  const other = await ada.send('POST', `${V1}/connections/${connectionId}/sync`, {}, key('b'));
  expect(other).toMatchObject({ status: 409, body: { error: { code: 'sync_running' } } });
});

test('creates of Airbyte’s clients too; another request with the same key is refused', async () => {
  const { admin, query } = await testApi();
  const ada = await admin();
  const { connectorId } = await makeSource(ada);
  const body = {
    ...{ name: 'Shop US', sourceDefinitionId: connectorId },
    connectionConfiguration: { api_key: SECRET, start_date: '2026-01-01' },
  };
  const first = await ada.send('POST', '/api/v1/sources/create', body, key('s'));
  const again = await ada.send('POST', '/api/v1/sources/create', body, key('s'));
  expect([first.status, again.body]).toEqual([200, first.body]);
  const other = await ada.send('POST', '/api/v1/sources/create', { ...body, name: 'Shop UK' }, key('s'));
  expect(other).toMatchObject({ status: 422, body: { exceptionClassName: 'key_reused' } });
  expect(await query('select count(*)::int as n from source')).toEqual([{ n: 2 }]);
});

test('what was refused can be tried again with its key; a secret that is shown once is kept sealed', async () => {
  const { admin, query } = await testApi();
  const ada = await admin();
  const refused = await ada.send('POST', `${V1}/api-keys`, { name: '', role: 'viewer' }, key('k'));
  expect(refused.status).toBe(422);
  const made = await ada.send<{ secret: string }>('POST', `${V1}/api-keys`, { name: 'ci', role: 'viewer' }, key('k'));
  expect(made.status).toBe(201);
  const again = await ada.send<{ secret: string }>('POST', `${V1}/api-keys`, { name: 'ci', role: 'viewer' }, key('k'));
  expect(again.body).toEqual(made.body);
  expect(JSON.stringify(await query('select * from idempotent_answer'))).not.toContain(made.body.secret);
});

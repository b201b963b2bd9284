import { expect, test } from 'vitest';
import { testApi } from '#tests/harness/api.ts';
import { make, makeSource, ORDERS, POSTGRES } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';

test('who saves a connection is told which of its tables another one loads too', async () => {
  const { admin } = await testApi();
  const ada = await admin();
  const { sourceId } = await makeSource(ada);
  const destinationId = await make(ada, 'destinations', POSTGRES);
  const body = { sourceId, destinationId, streams: [ORDERS] };
  const first = await ada.send<{ id: string }>('POST', `${V1}/connections`, { ...body, name: 'Shop' });
  expect(first.body).toEqual({ id: first.body.id, sharedTables: [] });
  const second = await ada.send<{ id: string }>('POST', `${V1}/connections`, { ...body, name: 'Shop again' });
  const shared = (name: string, { id }: { id: string }) => [
    { stream: 'orders', table: 'orders', connection: { id, name } },
  ];
  expect(second.body).toMatchObject({ sharedTables: shared('Shop', first.body) });
  const path = `${V1}/connections/${first.body.id}`;
  expect((await ada.get(path)).body).toMatchObject({ sharedTables: shared('Shop again', second.body) });
  expect((await ada.send('PATCH', path, { prefix: 'eu_' })).body).toMatchObject({ prefix: 'eu_', sharedTables: [] });
  const other = await make(ada, 'destinations', { ...POSTGRES, name: 'Other' });
  const elsewhere = await ada.send('POST', `${V1}/connections`, { ...body, destinationId: other, name: 'Elsewhere' });
  expect(elsewhere.body).toMatchObject({ sharedTables: [] });
});

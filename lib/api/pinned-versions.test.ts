import { expect, test } from 'vitest';
import type { Connection } from '#lib/connections/connections.ts';
import type { Connector } from '#lib/connections/connectors.ts';
import { connectionRow } from '#lib/sync/store.ts';
import { testApi } from '#tests/harness/api.ts';
import { MANIFEST, makeConnection } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';

test('a connection follows the newest version of its connector, or stays with one', async () => {
  const { admin, context } = await testApi();
  const ada = await admin();
  const { connectionId } = await makeConnection(ada);
  const connection = async () => (await ada.get<Connection>(`${V1}/connections/${connectionId}`)).body;
  const { connectorId } = (await connection()).source;
  const pathOf = async () => JSON.stringify((await connectionRow(context.db, connectionId))?.compiled);
  const save = (path: string, basedOn: number) =>
    ada.send('POST', `${V1}/connectors/${connectorId}/versions`, {
      ...{ manifest: MANIFEST.replace('/orders\n', `${path}\n`), basedOn },
    });
  const stayWith = (connectorVersion: number | null) =>
    ada.send('PATCH', `${V1}/connections/${connectionId}`, { connectorVersion });

  expect((await save('/orders2', 1)).status).toBe(201);
  expect(await pathOf()).toContain('/orders2');
  expect((await stayWith(1)).status).toBe(200);
  expect(await pathOf()).not.toContain('/orders2');
  expect((await save('/orders3', 2)).status).toBe(201);
  expect(await pathOf()).not.toContain('/orders3');
  expect((await connection()).connectorVersion).toBe(1);
  expect((await ada.get<Connector>(`${V1}/connectors/${connectorId}`)).body.versions).toMatchObject([
    { version: 3, pinnedBy: [] },
    { version: 2, pinnedBy: [] },
    { version: 1, pinnedBy: [{ id: connectionId }] },
  ]);
  expect(await stayWith(9)).toMatchObject({ status: 422, body: { issues: [{ path: 'connectorVersion' }] } });
  await stayWith(null);
  expect(await pathOf()).toContain('/orders3');
});

import { expect, test } from 'vitest';
import type { Connection } from '#lib/connections/connections.ts';
import type { Connector } from '#lib/connections/connectors.ts';
import { connectionRow } from '#lib/sync/store.ts';
import { withWorker } from '#tests/harness/answering-worker.ts';
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

test('Airbyte’s API offers a connection what its own version of the connector offers', async () => {
  const ada = await (await withWorker()).admin();
  const { connectionId, connectorId, sourceId } = await makeConnection(ada);
  const grown = `${MANIFEST}${MANIFEST.slice(MANIFEST.indexOf('  - type: DeclarativeStream')).replace('orders', 'refunds')}`;
  await ada.send('POST', `${V1}/connectors/${connectorId}/versions`, { manifest: grown, basedOn: 1 });
  const namesOf = (catalog: Catalog) => catalog.streams.map(({ stream }) => stream.name);
  const refreshed = async () => {
    const body = { connectionId, withRefreshedCatalog: true };
    const answer = await ada.send<{ syncCatalog: Catalog }>('POST', '/api/v1/web_backend/connections/get', body);
    return namesOf(answer.body.syncCatalog);
  };
  const discovered = async (body: object) => {
    const verb = '/api/v1/sources/discover_schema';
    return namesOf((await ada.send<{ catalog: Catalog }>('POST', verb, { sourceId, ...body })).body.catalog);
  };
  expect(await refreshed()).toEqual(['orders', 'refunds']);
  await ada.send('PATCH', `${V1}/connections/${connectionId}`, { connectorVersion: 1 });
  expect(await refreshed()).toEqual(['orders']);
  expect(await discovered({ connectionId })).toEqual(['orders']);
  expect(await discovered({})).toEqual(['orders', 'refunds']);
  const configurations = { streams: [{ name: 'refunds' }] };
  expect((await ada.send('PATCH', `/api/public/v1/connections/${connectionId}`, { configurations })).status).toBe(400);
  await ada.send('PATCH', `${V1}/connections/${connectionId}`, { connectorVersion: null });
  expect((await ada.send('PATCH', `/api/public/v1/connections/${connectionId}`, { configurations })).status).toBe(200);
});

interface Catalog {
  readonly streams: readonly { readonly stream: { readonly name: string } }[];
}

import { expect, test } from 'vitest';
import type { Connector, ConnectorSummary } from '#lib/connections/connectors.ts';
import type { OwnConnector } from '#lib/connections/own-connectors.ts';
import { withWorker } from '#tests/harness/answering-worker.ts';
import { testApi } from '#tests/harness/api.ts';
import { makeConnection } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';

test('connectors that come with Weir are offered with what they read, and installed as a connector with a version', async () => {
  const ada = await (await withWorker()).admin();
  const { body: offered } = await ada.get<OwnConnector[]>(`${V1}/own-connectors`);
  expect(offered.find(({ id }) => id === 'pokeapi')).toMatchObject({
    title: 'PokeAPI',
    description: expect.stringMatching(/^Species, items and moves/),
    streams: ['pokemon', 'items', 'moves', 'pokemon_details'],
  });
  for (const { description, tests } of offered) {
    expect(description).not.toBe('');
    expect(tests).toBeGreaterThan(0);
  }
  const made = await ada.send<{ id: string }>('POST', `${V1}/own-connectors/pokeapi`, {});
  expect(made.status).toBe(201);
  expect((await ada.get<Connector>(`${V1}/connectors/${made.body.id}`)).body).toMatchObject({
    name: 'PokeAPI',
    latest: { version: 1, createdBy: 'ada@example.com' },
  });
  expect(await ada.send('POST', `${V1}/own-connectors/pokeapi`, {})).toMatchObject({
    status: 409,
    body: { error: { code: 'name_taken' } },
  });
  expect((await ada.send('POST', `${V1}/own-connectors/pokeapi`, { name: 'Another' })).status).toBe(201);
});

test('the list of connectors says what uses each, and the newest failure of a connection whose last sync failed', async () => {
  const api = await testApi();
  const ada = await api.admin();
  const { connectionId } = await makeConnection(ada);
  const { db } = api.context;
  const { workspace_id } = await db.selectFrom('connection').select('workspace_id').executeTakeFirstOrThrow();
  const ended = (status: 'failed' | 'succeeded', message: string | null) =>
    db
      .insertInto('syncs')
      .values({
        ...{ workspace_id, connection_id: connectionId, trigger: 'manual', status },
        ...{ created_at: new Date(), finished_at: new Date() },
        failure: message === null ? null : JSON.stringify({ kind: 'terminal', code: 'http_error', message }),
      })
      .execute();
  const listed = async () => (await ada.get<ConnectorSummary[]>(`${V1}/connectors`)).body[0];
  expect(await listed()).toMatchObject({ sources: 1, connections: [expect.any(String)], lastError: null });
  await ended('failed', 'shop.example answered 500.');
  expect((await listed())?.lastError).toMatchObject({
    message: 'shop.example answered 500.',
    connection: { id: connectionId },
  });
  await ended('succeeded', null);
  expect((await listed())?.lastError).toBeNull();
});

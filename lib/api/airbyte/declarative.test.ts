import { expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { withWorker } from '#tests/harness/answering-worker.ts';
import { testApi } from '#tests/harness/api.ts';

const PATH = '/api/public/v1/workspaces';

const manifest = (total: number): JsonObject => ({
  ...{ version: '6.0.0', type: 'DeclarativeSource', check: { type: 'CheckStream', stream_names: ['orders'] } },
  streams: [
    {
      ...{ type: 'DeclarativeStream', name: 'orders' },
      retriever: {
        type: 'SimpleRetriever',
        requester: { type: 'HttpRequester', url: 'https://shop.example/orders' },
        record_selector: { type: 'RecordSelector', extractor: { type: 'DpathExtractor', field_path: [] } },
      },
    },
  ],
  metadata: {
    weir: {
      tests: [
        {
          ...{ name: 'orders keep their totals', stream: 'orders' },
          exchanges: [{ request: { url: 'https://shop.example/orders' }, response: { body: [{ total: 12 }] } }],
          expect: { records: [{ total }] },
        },
      ],
    },
  },
});

test('tests that a manifest carries are run by Airbyte’s API too: one that fails is refused, or saved with its reason', async () => {
  const ada = await (await withWorker()).admin();
  const { workspaceId } = (await ada.get<{ data: { workspaceId: string }[] }>(PATH)).body.data[0] ?? {
    workspaceId: '',
  };
  const definitions = `${PATH}/${workspaceId}/definitions/declarative_sources`;
  const save = (body: object) => ada.send<{ id: string }>('POST', definitions, { name: 'Shop', ...body });

  expect(await save({ manifest: manifest(13) })).toMatchObject({
    status: 422,
    body: { detail: /orders keep their totals/, data: { code: 'tests_failed' } },
  });
  expect((await ada.get<{ data: object[] }>(definitions)).body.data).toEqual([]);

  const made = await save({ manifest: manifest(12) });
  expect(made.status).toBe(200);
  const one = `${definitions}/${made.body.id}`;
  expect((await ada.send('PUT', one, { manifest: manifest(13) })).status).toBe(422);
  // A version that is refused leaves the name as it was, and a name that is taken leaves no version.
  expect((await ada.send('PUT', one, { name: 'Store', manifest: manifest(13) })).status).toBe(422);
  await save({ name: 'Taken', manifest: manifest(12) });
  expect((await ada.send('PUT', one, { name: 'Taken', manifest: manifest(12) })).status).toBe(409);
  expect((await ada.get(one)).body).toMatchObject({ name: 'Shop', version: 1 });
  const failingReason = 'the shop mends it tomorrow';
  expect(await ada.send('PUT', one, { name: 'Store', manifest: manifest(13), failingReason })).toMatchObject({
    status: 200,
    body: { name: 'Store', version: 2 },
  });
  expect(
    (await ada.get<{ versions: object[] }>(`/api/weir/v1/connectors/${made.body.id}`)).body.versions,
  ).toMatchObject([
    { version: 2, failingReason },
    { version: 1, failingReason: null },
  ]);
});

test('a manifest without tests needs no worker', async () => {
  const ada = await (await testApi()).admin();
  const { workspaceId } = (await ada.get<{ data: { workspaceId: string }[] }>(PATH)).body.data[0] ?? {
    workspaceId: '',
  };
  const { metadata: _metadata, ...plain } = manifest(12);
  const made = await ada.send('POST', `${PATH}/${workspaceId}/definitions/declarative_sources`, {
    ...{ name: 'Shop', manifest: plain },
  });
  expect(made.status).toBe(200);
});

import { expect, test } from 'vitest';
import type { Connector } from '#lib/connections/connectors.ts';
import { withWorker } from '#tests/harness/answering-worker.ts';
import { testApi } from '#tests/harness/api.ts';
import { make } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';

const manifest = (total: number) => `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
streams:
  - type: DeclarativeStream
    name: orders
    retriever:
      type: SimpleRetriever
      requester: { type: HttpRequester, url: "https://shop.example/orders" }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [] } }
metadata:
  weir:
    tests:
      - name: orders keep their totals
        stream: orders
        exchanges:
          - request: { url: "https://shop.example/orders" }
            response: { body: [{ total: 12 }] }
        expect: { records: [{ total: ${total} }] }
`;

test('a version whose tests pass is saved; one whose tests fail only with a reason, which stays with it', async () => {
  const ada = await (await withWorker()).admin();
  const id = await make(ada, 'connectors', { name: 'Shop' });
  const save = (body: object) => ada.send(`POST`, `${V1}/connectors/${id}/versions`, body);
  expect(await save({ manifest: manifest(12), basedOn: null })).toMatchObject({ status: 201, body: { version: 1 } });
  expect(await save({ manifest: manifest(13), basedOn: 1 })).toMatchObject({
    status: 422,
    body: {
      error: { code: 'tests_failed', message: /orders keep their totals/ },
      issues: [{ line: 19, message: 'orders keep their totals: 13 was expected, 12 came' }],
    },
  });
  const failingReason = 'the shop mends it tomorrow';
  expect(await save({ manifest: manifest(13), basedOn: 1, failingReason })).toMatchObject({ status: 201 });
  expect((await ada.get<Connector>(`${V1}/connectors/${id}`)).body.versions).toMatchObject([
    { version: 2, failingReason },
    { version: 1, failingReason: null },
  ]);
});

test('a draft is written over the one that the editor began from, and over no other', async () => {
  const ada = await (await testApi()).admin();
  const id = await make(ada, 'connectors', { name: 'Shop' });
  const keep = (body: object) => ada.send<{ draftAt: string }>('PUT', `${V1}/connectors/${id}/draft`, body);
  const first = await keep({ manifest: 'mine', basedOn: null });
  expect(first.status).toBe(200);
  expect(await keep({ manifest: 'theirs', basedOn: null })).toMatchObject({
    status: 409,
    body: { error: { code: 'newer_draft' } },
  });
  expect((await keep({ manifest: 'mine, later', basedOn: first.body.draftAt })).status).toBe(200);
  expect(await keep({ manifest: 'x', basedOn: 'yesterday' })).toMatchObject({
    status: 422,
    body: { issues: [{ path: 'basedOn' }] },
  });
  expect((await keep({ manifest: 'after a choice' })).status).toBe(200);
  expect((await ada.get<Connector>(`${V1}/connectors/${id}`)).body.draft).toBe('after a choice');
});

import { expect } from 'vitest';
import type { ApiClient } from './api.ts';

const V1 = '/api/weir/v1';

/** A manifest with one stream, `orders`, and a config of a secret and a date. */
export const MANIFEST = `
version: 6.0.0
type: DeclarativeSource
check:
  type: CheckStream
  stream_names: [orders]
spec:
  type: Spec
  connection_specification:
    type: object
    required: [api_key, start_date]
    properties:
      api_key: { type: string, airbyte_secret: true }
      start_date: { type: string, pattern: '^\\d{4}-\\d{2}-\\d{2}$' }
streams:
  - type: DeclarativeStream
    name: orders
    primary_key: order_id
    schema_loader:
      type: InlineSchemaLoader
      schema:
        type: object
        properties: { order_id: { type: integer }, created_at: { type: string } }
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: https://shop.example.com/api
        path: /orders
        authenticator: { type: BearerAuthenticator, api_token: "{{ config['api_key'] }}" }
      record_selector:
        type: RecordSelector
        extractor: { type: DpathExtractor, field_path: [items] }
`;

export const SECRET = 'sk-very-secret-value';
export const PASSWORD = 'pg-very-secret-password';

export const POSTGRES = {
  name: 'Warehouse',
  type: 'postgres',
  config: {
    host: 'db.example.com',
    port: 5432,
    database: 'dw',
    username: 'weir',
    password: PASSWORD,
    schema: 'public',
  },
};

/** The stream as a connection takes it. */
export const ORDERS = {
  stream: {
    name: 'orders',
    jsonSchema: { type: 'object', properties: { order_id: {}, created_at: {} } },
    supportedSyncModes: ['full_refresh', 'incremental'],
    sourceDefinedCursor: false,
    defaultCursorField: [],
    sourceDefinedPrimaryKey: [['order_id']],
  },
  syncMode: 'incremental',
  destinationSyncMode: 'append_dedup',
  cursorField: ['created_at'],
  primaryKey: [['order_id']],
};

/** Makes one through the API, and gives its id. */
export async function make(client: ApiClient, noun: string, body: unknown): Promise<string> {
  const answer = await client.send<{ id: string }>('POST', `${V1}/${noun}`, body);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body.id;
}

/** A connector with a version, and a source of it. */
export async function makeSource(client: ApiClient): Promise<{ connectorId: string; sourceId: string }> {
  const connectorId = await make(client, 'connectors', { name: 'Shop', manifest: MANIFEST });
  await client.send('POST', `${V1}/connectors/${connectorId}/versions`, { manifest: MANIFEST, basedOn: null });
  const config = { api_key: SECRET, start_date: '2026-01-01' };
  const sourceId = await make(client, 'sources', { name: 'Shop EU', connectorId, config });
  return { connectorId, sourceId };
}

/** All of a connection: it needs no network until it is synced. */
export async function makeConnection(client: ApiClient) {
  const { connectorId, sourceId } = await makeSource(client);
  const destinationId = await make(client, 'destinations', POSTGRES);
  const body = { name: 'Shop to warehouse', sourceId, destinationId, streams: [ORDERS] };
  const connectionId = await make(client, 'connections', body);
  return { connectorId, sourceId, destinationId, connectionId };
}

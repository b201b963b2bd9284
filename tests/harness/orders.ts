import type { JsonObject } from '#lib/json.ts';

/** A shop's orders as its API gives them, and the manifest that reads them. */
export interface Order {
  readonly id: number;
  readonly email: string | null;
  readonly channel?: string;
  readonly at?: string;
  readonly created_at?: string;
}

/** Orders with nothing wrong. */
export function goodOrders(from: number, count: number): Order[] {
  return Array.from({ length: count }, (_, index) => ({
    id: from + index,
    email: `u${from + index}@example.com`,
    channel: 'app',
  }));
}

/** Reads `{data: [order, …]}` at `<url>/orders`. */
export function ordersManifest(url: string): string {
  return `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
streams:
  - type: DeclarativeStream
    name: orders
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      requester: { type: HttpRequester, url: "${url}/orders" }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: { id: { type: integer }, email: { type: string }, channel: { type: string }, at: { type: string }, created_at: { type: string, format: date-time } } }
`;
}

const COLUMNS: JsonObject = {
  id: { type: 'integer' },
  email: { type: ['string', 'null'] },
  channel: { type: ['string', 'null'] },
  created_at: { type: ['string', 'null'], format: 'date-time' },
};

/** The stream as a connection has it: appended to, by its id. */
export function ordersStream(properties = COLUMNS) {
  return {
    stream: {
      name: 'orders',
      jsonSchema: { type: 'object', properties },
      supportedSyncModes: ['full_refresh', 'incremental'],
      sourceDefinedCursor: false,
      defaultCursorField: [],
      sourceDefinedPrimaryKey: [['id']],
    },
    syncMode: 'incremental',
    destinationSyncMode: 'append',
    cursorField: ['id'],
    primaryKey: [['id']],
  };
}

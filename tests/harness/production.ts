import { type ScriptedServer, scriptedServer } from './scripted-server.ts';

const CUSTOMERS = [
  { customer_id: 1, name: 'Acme Corp', updated_at: '2026-01-01T00:00:00Z' },
  { customer_id: 2, name: 'Globex', updated_at: '2026-01-02T00:00:00Z' },
];
const ORDERS = [
  { order_id: 10, customer_id: 1, created_at: '2026-01-03T00:00:00Z' },
  { order_id: 11, customer_id: 2, created_at: '2026-01-04T00:00:00Z' },
  { order_id: 12, customer_id: 2, created_at: '2026-01-05T00:00:00Z' },
];
const PRODUCTS = [{ product_id: 7, title: 'Lamp' }];

export const TOKEN = 'prod-token-9f31c7aa';

/** An API with customers, orders and products behind a bearer token; any other token is refused. */
export function productionApi(): Promise<ScriptedServer> {
  const pages: Record<string, unknown> = { '/customers': CUSTOMERS, '/orders': ORDERS, '/products': PRODUCTS };
  return scriptedServer((request) => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: { error: 'bad token' } };
    const rows = pages[request.path.split('?')[0] ?? ''];
    return rows === undefined ? { status: 404, body: {} } : { body: { items: rows } };
  });
}

/** A manifest over it; `orders` is read incrementally by `created_at`. */
export function productionManifest(url: string): string {
  return `
version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [customers] }
definitions:
  requester:
    type: HttpRequester
    url_base: ${url}
    authenticator: { type: BearerAuthenticator, api_token: "{{ config['api_token'] }}" }
  selector:
    type: RecordSelector
    extractor: { type: DpathExtractor, field_path: [items] }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [api_token]
    properties:
      api_token: { type: string, airbyte_secret: true }
      start_date: { type: string }
streams:
${streamText('customers', 'customer_id', { name: 'string', updated_at: 'string' })}
${streamText('orders', 'order_id', { customer_id: 'integer', created_at: 'string' })}
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: created_at
      datetime_format: "%Y-%m-%dT%H:%M:%SZ"
      start_datetime: "{{ config.get('start_date', '2026-01-01T00:00:00Z') }}"
${streamText('products', 'product_id', { title: 'string' })}
`;
}

function streamText(name: string, key: string, fields: Record<string, string>): string {
  const properties = Object.entries({ [key]: 'integer', ...fields })
    .map(([field, type]) => `${field}: { type: ${type} }`)
    .join(', ');
  return `  - type: DeclarativeStream
    name: ${name}
    primary_key: ${key}
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: { ${properties} } }
    retriever:
      type: SimpleRetriever
      requester: { $ref: "#/definitions/requester", path: /${name} }
      record_selector: { $ref: "#/definitions/selector" }`;
}

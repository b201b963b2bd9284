import { expect, test } from 'vitest';
import type { StreamState } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import { streamsOver } from './fixtures/answering-client.ts';

const MANIFEST = `
version: 6.0.0
check: { stream_names: [customers] }
spec:
  connection_specification:
    type: object
    properties: { token: { type: string, airbyte_secret: true } }
definitions:
  requester: &requester
    url_base: https://api.example.com
    authenticator: { type: ApiKeyAuthenticator, api_token: "{{ config.token }}", inject_into: { type: RequestOption, inject_into: request_parameter, field_name: key } }
  selector: &selector { extractor: { field_path: [data] } }
  byMonth: &byMonth
    type: DatetimeBasedCursor
    cursor_field: at
    datetime_format: "%Y-%m-%d"
    start_datetime: "2026-01-01"
    end_datetime: "2026-02-28"
    step: P1M
    cursor_granularity: P1D
    start_time_option: { inject_into: request_parameter, field_name: from }
    end_time_option: { inject_into: request_parameter, field_name: to }
streams:
  - &customers
    name: customers
    retriever: { requester: { <<: *requester, path: /customers }, record_selector: *selector }
  - name: orders
    incremental_sync: *byMonth
    retriever:
      requester: { <<: *requester, path: "/{{ stream_partition.region }}/orders", http_method: POST, request_body_json: { region: "{{ stream_slice.region }}" } }
      record_selector: *selector
      partition_router: { type: ListPartitionRouter, values: [eu, us], cursor_field: region }
  - name: lines
    incremental_sync: *byMonth
    retriever:
      requester: { <<: *requester, path: "/customers/{{ stream_partition.customer }}/lines" }
      record_selector: *selector
      partition_router:
        type: SubstreamPartitionRouter
        parent_stream_configs: [{ stream: *customers, parent_key: id, partition_field: customer }]
  - name: fields
    retriever:
      requester: { <<: *requester, path: /fields, request_parameters: { only: { type: QueryProperties, property_list: [a, b] } } }
      record_selector: *selector
  - name: asked
    retriever:
      requester:
        <<: *requester
        path: "/asked/{{ stream_slice.extra_fields['query_properties'][0] }}"
        fetch_properties_from_endpoint: { property_field_path: [name], retriever: { requester: { <<: *requester, path: /names }, record_selector: *selector } }
      record_selector: *selector
  - name: session
    retriever:
      requester:
        url: https://api.example.com/session
        authenticator: { type: OAuthAuthenticator, client_id: a, client_secret: b, refresh_token: "{{ config.token }}", token_refresh_endpoint: "https://login.example.com/token?x=1" }
      record_selector: *selector
  - name: export
    retriever:
      type: AsyncRetriever
      creation_requester: { type: HttpRequester, url: https://api.example.com/jobs, http_method: POST, request_body_json: { all: true } }
      polling_requester: { type: HttpRequester, url: https://api.example.com/jobs/1 }
      download_requester: { type: HttpRequester, url: https://api.example.com/file }
      status_extractor: { type: DpathExtractor, field_path: [status] }
      download_target_extractor: { type: DpathExtractor, field_path: [url] }
      status_mapping: { running: [r], completed: [c], failed: [f], timeout: [t] }
      record_selector: *selector
dynamic_streams:
  - type: DynamicDeclarativeStream
    name: tables
    stream_template: { name: x, retriever: { requester: { <<: *requester, path: /t }, record_selector: *selector } }
    components_resolver:
      type: HttpComponentsResolver
      retriever: { requester: { <<: *requester, path: /tables }, record_selector: *selector }
      components_mapping: [{ type: ComponentMappingDefinition, field_path: [name], value: "{{ components_values.name }}" }]
`;

const CONFIG: JsonObject = { token: 'secret-token' };

/** A plan over an API that must not be asked. */
async function planned(
  stream: string,
  { state = null, mostSlices = 10 }: { state?: StreamState | null; mostSlices?: number } = {},
) {
  const source = streamsOver(() => ({ data: [] }), MANIFEST, { config: CONFIG });
  const plan = await source.plan({ stream, state, mostSlices });
  expect(source.client.asked).toEqual([]);
  return plan;
}

test('a stream without slices: its first request, secrets masked', async () => {
  expect(await planned('customers')).toEqual({
    ...{ stream: 'customers', count: 1, unknownUntil: null },
    slices: [
      {
        slice: 'all',
        request: {
          ...{ method: 'GET', url: 'https://api.example.com/customers?key=**********' },
          headers: { accept: 'application/json, */*' },
        },
      },
    ],
  });
});

test('partitions and slices, each with its request and body; those beyond the number asked for are counted', async () => {
  const { slices, count } = await planned('orders', { mostSlices: 3 });
  expect(count).toBe(4);
  expect(slices.map(({ request }) => [request?.method, request?.url.replace(/key=\*+&/, ''), request?.body])).toEqual([
    ['POST', 'https://api.example.com/eu/orders?to=2026-01-31&from=2026-01-01', '{"region":"eu"}'],
    ['POST', 'https://api.example.com/eu/orders?to=2026-02-28&from=2026-02-01', '{"region":"eu"}'],
    ['POST', 'https://api.example.com/us/orders?to=2026-01-31&from=2026-01-01', '{"region":"us"}'],
  ]);
});

test('goes on from a state', async () => {
  const state = {
    use_global_cursor: false,
    states: [{ partition: { region: 'eu' }, cursor: { at: '2026-02-15' } }],
  };
  const { slices } = await planned('orders', { state });
  expect(slices.map(({ slice }) => slice)).toEqual([
    '{"end_time":"2026-02-28","region":"eu","start_time":"2026-02-15"}',
    '{"end_time":"2026-01-31","region":"us","start_time":"2026-01-01"}',
    '{"end_time":"2026-02-28","region":"us","start_time":"2026-02-01"}',
  ]);
});

test('partitions of a parent are unknown until it was read', async () => {
  const { slices, count, unknownUntil } = await planned('lines');
  expect({ count, unknownUntil }).toEqual({ count: 2, unknownUntil: 'customers' });
  expect(slices[0]?.request?.url).toMatch(/^https:\/\/api\.example\.com\/customers\/\{customer\}\/lines\?/);
});

test('credentials that would have to be asked for are left out', async () => {
  const { slices } = await planned('session');
  expect(slices).toEqual([
    {
      slice: 'all',
      before: 'asks https://login.example.com/token for credentials',
      request: { method: 'GET', url: 'https://api.example.com/session', headers: { accept: 'application/json, */*' } },
    },
  ]);
});

test('a job: the request that starts it', async () => {
  const { slices } = await planned('export');
  expect(slices[0]?.request).toMatchObject({
    ...{ method: 'POST', url: 'https://api.example.com/jobs', body: '{"all":true}' },
  });
});

test('names of streams, and which an API would have to tell', async () => {
  const source = streamsOver(() => ({ data: [] }), MANIFEST, { config: CONFIG });
  expect(await source.names()).toEqual({
    names: ['customers', 'orders', 'lines', 'fields', 'asked', 'session', 'export'],
    unknown: ['tables'],
  });
  expect(source.client.asked).toEqual([]);
});

test('the fields that a request names are planned with it, unless they have to be asked for', async () => {
  const source = streamsOver(() => ({ data: [] }), MANIFEST, { config: CONFIG });
  const first = async (stream: string) =>
    (await source.plan({ stream, state: null, mostSlices: 1 })).slices[0]?.request;
  expect((await first('fields'))?.url).toContain('only=a%2Cb');
  expect(await first('asked')).toBeNull();
  expect(source.client.asked).toEqual([]);
});

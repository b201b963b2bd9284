import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ORDER_SCHEMA, PAGE_SIZE } from '../postgres/records.ts';

export interface Api {
  readonly url: string;
  stop(): void;
}

/** The API in a process of its own. */
export async function startApi(records: number, latencyMs = 0): Promise<Api> {
  const file = path.join(import.meta.dirname, 'api.ts');
  const child: ChildProcess = spawn(process.execPath, [file, String(records), String(latencyMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
  return { url: url.toString().trim(), stop: () => void child.kill() };
}

/** One stream of orders, page by page; in so many slices, so many of them at once. */
export function ordersManifest(api: string, { slices = 0, atOnce = 0 } = {}): string {
  const names = Array.from({ length: slices }, (_, index) => `slice${index + 1}`);
  return `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
${atOnce > 0 ? `concurrency_level: { type: ConcurrencyLevel, default_concurrency: ${atOnce} }` : ''}
streams:
  - type: DeclarativeStream
    name: orders
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      requester: { type: HttpRequester, url_base: "${api}", path: /orders, http_method: GET }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
      ${slices > 0 ? `partition_router: { type: ListPartitionRouter, cursor_field: slice, values: ${JSON.stringify(names)}, request_option: { type: RequestOption, inject_into: request_parameter, field_name: slice } }` : ''}
      paginator:
        type: DefaultPaginator
        pagination_strategy: { type: PageIncrement, start_from_page: 1, page_size: ${PAGE_SIZE}, inject_on_first_request: true }
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
    schema_loader: { type: InlineSchemaLoader, schema: ${JSON.stringify(ORDER_SCHEMA)} }
spec: { type: Spec, connection_specification: { type: object, properties: {} } }
`;
}

/** Files that both command lines take. */
export function protocolFiles(folder: string, manifest: string): string[] {
  const file = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const stream = { name: 'orders', json_schema: ORDER_SCHEMA, supported_sync_modes: ['full_refresh'] };
  const catalog = { streams: [{ stream, sync_mode: 'full_refresh', destination_sync_mode: 'append' }] };
  return [
    ...['--manifest-path', file('orders.yaml', manifest)],
    ...['--config', file('config.json', '{}')],
    ...['--catalog', file('catalog.json', JSON.stringify(catalog))],
  ];
}

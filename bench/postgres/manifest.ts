import { ORDER_SCHEMA, PAGE_SIZE } from './records.ts';

/** The bench's API as a manifest. */
export function ordersManifest(api: string): string {
  return `
version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
streams:
  - type: DeclarativeStream
    name: orders
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      requester: { type: HttpRequester, url_base: "${api}", path: /orders, http_method: GET }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
      paginator:
        type: DefaultPaginator
        pagination_strategy: { type: PageIncrement, start_from_page: 1, page_size: ${PAGE_SIZE}, inject_on_first_request: true }
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
    schema_loader: { type: InlineSchemaLoader, schema: ${JSON.stringify(ORDER_SCHEMA)} }
`;
}

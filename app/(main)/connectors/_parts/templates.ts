/** What a new connector may start from. Each is complete: fill in address, path and key, then press Test. */
export interface Template {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly manifest: string;
}

const API = `version: 6.0.0
type: DeclarativeSource

check:
  type: CheckStream
  stream_names: [items]

streams:
  - type: DeclarativeStream
    name: items
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url: https://api.example.com/items
        authenticator:
          type: BearerAuthenticator
          api_token: "{{ config['api_token'] }}"
      paginator:
        type: DefaultPaginator
        page_size_option:
          type: RequestOption
          inject_into: request_parameter
          field_name: per_page
        page_token_option:
          type: RequestOption
          inject_into: request_parameter
          field_name: page
        pagination_strategy:
          type: PageIncrement
          page_size: 100
          start_from_page: 1
      record_selector:
        type: RecordSelector
        extractor: { type: DpathExtractor, field_path: [data] }

spec:
  type: Spec
  connection_specification:
    type: object
    required: [api_token]
    properties:
      api_token:
        type: string
        title: API token
        airbyte_secret: true
`;

const INCREMENTAL = `version: 6.0.0
type: DeclarativeSource

check:
  type: CheckStream
  stream_names: [items]

streams:
  - type: DeclarativeStream
    name: items
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url: https://api.example.com/items
        authenticator:
          type: ApiKeyAuthenticator
          api_token: "{{ config['api_key'] }}"
          inject_into:
            type: RequestOption
            inject_into: header
            field_name: X-API-Key
      paginator:
        type: DefaultPaginator
        page_token_option:
          type: RequestOption
          inject_into: request_parameter
          field_name: cursor
        pagination_strategy:
          type: CursorPagination
          cursor_value: "{{ response['next'] }}"
          stop_condition: "{{ not response['next'] }}"
      record_selector:
        type: RecordSelector
        extractor: { type: DpathExtractor, field_path: [data] }
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: updated_at
      datetime_format: "%Y-%m-%dT%H:%M:%SZ"
      start_datetime: "{{ config['start_date'] }}"
      start_time_option:
        type: RequestOption
        inject_into: request_parameter
        field_name: updated_since

spec:
  type: Spec
  connection_specification:
    type: object
    required: [api_key, start_date]
    properties:
      api_key:
        type: string
        title: API key
        airbyte_secret: true
      start_date:
        type: string
        title: Start date
        format: date-time
        examples: ["2026-01-01T00:00:00Z"]
`;

const FILE = `version: 6.0.0
type: DeclarativeSource

check:
  type: CheckStream
  stream_names: [rows]

streams:
  - type: FileStream
    name: rows
    provider: { type: https }
    path: https://example.com/rows.csv
    format: { type: csv }
`;

export const TEMPLATES: readonly Template[] = [
  { id: 'api', title: 'REST API', description: 'Bearer token and page numbers.', manifest: API },
  {
    id: 'incremental',
    title: 'Incremental REST API',
    description: 'API key, next-page cursor, only what changed since the last sync.',
    manifest: INCREMENTAL,
  },
  {
    id: 'file',
    title: 'File',
    description: 'CSV, TSV, JSON lines, JSON, Parquet or Excel over HTTPS, from S3, from a folder, or uploaded.',
    manifest: FILE,
  },
];

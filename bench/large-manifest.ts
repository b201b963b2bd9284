/** A manifest of about so many bytes: shared parts by reference, streams with cursors and parents, schemas of many fields. */
export function largeManifest(bytes: number): string {
  const head = `version: 6.48.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [stream_0] }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [token, start_date]
    properties:
      token: { type: string, airbyte_secret: true }
      start_date: { type: string, format: date-time }
definitions:
  requester:
    type: HttpRequester
    url_base: https://api.example.com/v2
    http_method: GET
    authenticator: { type: BearerAuthenticator, api_token: "{{ config['token'] }}" }
    error_handler:
      type: CompositeErrorHandler
      error_handlers:
        - type: DefaultErrorHandler
          response_filters: [{ type: HttpResponseFilter, action: RATE_LIMITED, http_codes: [429] }]
  paginator:
    type: DefaultPaginator
    page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: cursor }
    pagination_strategy: { type: CursorPagination, cursor_value: "{{ response.get('next') }}", stop_condition: "{{ not response.get('next') }}" }
  cursor:
    type: DatetimeBasedCursor
    cursor_field: updated_at
    datetime_format: "%Y-%m-%dT%H:%M:%SZ"
    start_datetime: { type: MinMaxDatetime, datetime: "{{ config['start_date'] }}" }
    start_time_option: { type: RequestOption, inject_into: request_parameter, field_name: since }
    end_datetime: { type: MinMaxDatetime, datetime: "{{ now_utc().strftime('%Y-%m-%dT%H:%M:%SZ') }}" }
streams:
`;
  const parts = [head];
  for (let index = 0, size = head.length; size < bytes; index++) {
    const stream = streamOf(index);
    parts.push(stream);
    size += stream.length;
  }
  return parts.join('');
}

function streamOf(index: number): string {
  const parent = `
      partition_router:
        type: SubstreamPartitionRouter
        parent_stream_configs:
          - type: ParentStreamConfig
            parent_key: id
            partition_field: parent
            stream: { $ref: "#/streams/0" }`;
  const fields = Array.from({ length: 40 }, (_, field) => fieldOf(field)).join('');
  return `  - type: DeclarativeStream
    name: stream_${index}
    primary_key: [id]
    incremental_sync: { $ref: "#/definitions/cursor" }
    retriever:
      type: SimpleRetriever
      requester:
        $ref: "#/definitions/requester"
        path: /stream_${index}${index % 3 === 1 ? '/{{ stream_partition.parent }}' : ''}
      paginator: { $ref: "#/definitions/paginator" }
      record_selector:
        type: RecordSelector
        extractor: { type: DpathExtractor, field_path: [data] }
        record_filter: { type: RecordFilter, condition: "{{ record.kind != 'draft' }}" }${index % 3 === 1 ? parent : ''}
    transformations:
      - type: AddFields
        fields: [{ type: AddedFieldDefinition, path: [source], value: "{{ config['token'][:2] }}" }]
    schema_loader:
      type: InlineSchemaLoader
      schema:
        $schema: http://json-schema.org/draft-07/schema#
        type: object
        properties:
${fields}`;
}

function fieldOf(field: number): string {
  if (field % 8 === 7)
    return `          nested_${field}:
            type: [object, "null"]
            properties:
              id: { type: [integer, "null"] }
              label: { type: [string, "null"] }
`;
  return `          field_${field}:
            type:
              - string
              - "null"
            description: What the API calls field ${field}.
`;
}

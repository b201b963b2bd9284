/** A stream of many records, without a token. */
export function manyStream(url: string, name: string): string {
  return `  - type: DeclarativeStream
    name: ${name}
    retriever:
      type: SimpleRetriever
      requester: { type: HttpRequester, url: "${url}/many" }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
`;
}

/** Orders in pages of three, with a token that a definition names. */
export function builderManifest(url: string): string {
  return `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [token]
    properties:
      token: { type: string, title: API token, airbyte_secret: true }
definitions:
  auth: { type: BearerAuthenticator, api_token: "{{ config['token'] }}" }
streams:
  - type: DeclarativeStream
    name: orders
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url: ${url}/orders
        authenticator: { $ref: "#/definitions/auth" }
      paginator:
        type: DefaultPaginator
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
        pagination_strategy: { type: PageIncrement, page_size: 3, start_from_page: 1 }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
    schema_loader:
      type: InlineSchemaLoader
      schema:
        type: object
        properties:
          id: { type: integer }
          to: { type: object, properties: { city: { type: string } } }
`;
}

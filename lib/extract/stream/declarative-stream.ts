import type { StreamDescriptor } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { type Build, component, defineKind } from '#lib/manifest/kind.ts';
import type {
  Cursor,
  Decoder,
  Paginator,
  PartitionRouter,
  RecordSelector,
  Requester,
  SchemaLoader,
  StreamReader,
  Transformation,
} from '../families.ts';
import { readStream, type StreamParts } from '../read-stream.ts';

export const declarativeStream = defineKind<StreamReader>({
  name: 'DeclarativeStream',
  family: 'stream',
  docs: 'A stream of records from an API.',
  example:
    'type: DeclarativeStream\nname: orders\nprimary_key: [id]\nretriever:\n  type: SimpleRetriever\n  requester: { type: HttpRequester, url: https://api.example.com/orders }\n  record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }\n',
  fields: {
    name: { docs: 'Its name, and the name of its table.', required: true, types: ['string'] },
    retriever: component('How records are read.', 'retriever', { required: true, defaultType: 'SimpleRetriever' }),
    primary_key: { docs: 'Field or fields that tell records apart.', types: ['string', 'array'] },
    incremental_sync: component('Reads only what changed.', 'incremental_sync'),
    schema_loader: component('What the records look like.', 'schema_loader', { types: ['array'] }),
    transformations: component('What is done with each record, in order.', 'transformation', { types: ['array'] }),
  },
  create(stream, build) {
    const parts = partsOf(stream, build);
    return {
      describe: () => describe(stream, parts),
      read: (context, request) => readStream(context, parts, request),
    };
  },
});

function partsOf(stream: JsonObject, build: Build): StreamParts {
  const retriever = (stream.retriever ?? {}) as JsonObject;
  const routers = [retriever.partition_router ?? retriever.stream_slicer ?? []].flat().filter(isJsonObject);
  return {
    name: String(stream.name),
    requester: build.create<Requester>(retriever.requester),
    paginator: build.create<Paginator>(retriever.paginator ?? { type: 'NoPagination' }),
    decoder: build.create<Decoder>(retriever.decoder ?? { type: 'JsonDecoder' }),
    selector: build.create<RecordSelector>(retriever.record_selector),
    transformations: list(stream.transformations).map((item) => build.create<Transformation>(item)),
    routers: routers.map((router) => build.create<PartitionRouter>(router)),
    cursor: stream.incremental_sync ? build.create<Cursor>(stream.incremental_sync) : null,
    globalCursor: isJsonObject(stream.incremental_sync) && stream.incremental_sync.global_substream_cursor === true,
    schema: schemaOf(stream, build),
    sliceOnFirstPageOnly: retriever.ignore_stream_slicer_parameters_on_paginated_requests === true,
    now: build.now,
  };
}

function describe(stream: JsonObject, { name, schema, cursor }: StreamParts): StreamDescriptor {
  return {
    name,
    jsonSchema: schema,
    supportedSyncModes: cursor ? ['full_refresh', 'incremental'] : ['full_refresh'],
    sourceDefinedCursor: cursor !== null,
    defaultCursorField: cursor ? [cursor.field] : [],
    sourceDefinedPrimaryKey: primaryKeyOf(stream.primary_key),
  };
}

/** `a`, `[a, b]` and `[[a], [b]]` all are `[[a], [b]]`. */
export function primaryKeyOf(key: JsonValue | undefined): string[][] {
  if (key === undefined || key === null || key === '') return [];
  return [key].flat().map((field) => [field].flat().map(String));
}

function schemaOf(stream: JsonObject, build: Build): JsonObject {
  const schemas = list(stream.schema_loader).map((loader) => build.create<SchemaLoader>(loader).schema());
  if (schemas.length <= 1) return schemas[0] ?? {};
  const properties = Object.assign({}, ...schemas.map((schema) => schema.properties)) as JsonObject;
  return Object.assign({}, ...schemas, { properties }) as JsonObject;
}

function list(value: JsonValue | undefined): JsonValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

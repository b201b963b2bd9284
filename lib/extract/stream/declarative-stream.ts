import type { StreamDescriptor } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { type Build, type ComponentProblem, component, defineKind } from '#lib/manifest/kind.ts';
import { concurrencyOf } from '../concurrency/concurrency.ts';
import type {
  Cursor,
  FileUploader,
  Retriever,
  SchemaLoader,
  StateMigration,
  StreamReader,
  Transformation,
} from '../families.ts';
import { planStream } from '../plan-stream.ts';
import { readStream } from '../read-stream.ts';
import type { ExtractContext } from '../source.ts';
import type { StreamParts } from '../stream-parts.ts';

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
    schema_loader: component('What the records look like.', 'schema_loader', {
      types: ['array'],
      defaultType: 'JsonFileSchemaLoader',
    }),
    transformations: component('What is done with each record, in order.', 'transformation', { types: ['array'] }),
    file_uploader: component('Downloads a file for each record.', 'file_uploader', { defaultType: 'FileUploader' }),
    state_migrations: component('How states of older versions are taken up.', 'state_migration', {
      types: ['array'],
      defaultType: 'LegacyToPerPartitionStateMigration',
    }),
  },
  problems: (stream) => [...countProblems(stream), ...dependencyProblems(stream)],
  create(stream, build) {
    const parts = partsOf(stream, build);
    const schemaOf = schemaOnce(stream, build);
    return {
      describe: async (context) => describe(stream, { ...parts, schema: await schemaOf(context) }),
      async *read(context, request) {
        // Only a cast to the schema's types needs the schema, and asking an API for it costs a request.
        const schema = parts.selector.normalize ? await schemaOf(context) : {};
        yield* readStream(context, { ...parts, schema }, request);
      },
      plan: (context, request) => planStream(context, parts, request),
    };
  },
});

/** What a count of one partition says nothing of the others. */
function countProblems({ incremental_sync: sync, retriever }: JsonObject) {
  if (!isJsonObject(sync) || sync.type !== 'IncrementingCountCursor' || !isJsonObject(retriever)) return [];
  return retriever.partition_router
    ? [
        {
          field: 'incremental_sync',
          message: 'IncrementingCountCursor works without a partition_router only.',
          hint: 'Use a DatetimeBasedCursor, or remove one of the two.',
        },
      ]
    : [];
}

/** The state of a parent is kept in that of its child: without a cursor of its own the child has no place for it. */
function dependencyProblems({ incremental_sync: sync, retriever }: JsonObject): ComponentProblem[] {
  const routers = isJsonObject(retriever) ? list(retriever.partition_router).filter(isJsonObject) : [];
  const depends = routers
    .map((router) => (isJsonObject(router.underlying_partition_router) ? router.underlying_partition_router : router))
    .some((router) =>
      list(router.parent_stream_configs).some(
        (parent) => isJsonObject(parent) && parent.incremental_dependency === true,
      ),
    );
  if (sync || !depends) return [];
  const message =
    'incremental_dependency has no effect: the stream has no incremental_sync, so every parent is read each time.';
  return [
    {
      field: 'retriever',
      message,
      hint: 'Add incremental_sync, or remove incremental_dependency.',
      harmless: true,
    },
  ];
}

function partsOf(stream: JsonObject, build: Build): StreamParts {
  return {
    ...build.create<Retriever>(stream.retriever),
    name: String(stream.name),
    transformations: list(stream.transformations).map((item) => build.create<Transformation>(item)),
    cursor: stream.incremental_sync ? build.create<Cursor>(stream.incremental_sync) : null,
    migrations: list(stream.state_migrations).map((item) => build.create<StateMigration>(item)),
    ...(stream.file_uploader && { uploader: build.create<FileUploader>(stream.file_uploader) }),
    concurrency: concurrencyOf(build),
    schema: {},
    now: build.now,
  };
}

function describe(stream: JsonObject, { name, schema, cursor, uploader }: StreamParts): StreamDescriptor {
  return {
    name,
    jsonSchema: schema,
    supportedSyncModes: cursor ? ['full_refresh', 'incremental'] : ['full_refresh'],
    sourceDefinedCursor: cursor !== null,
    defaultCursorField: cursor ? [cursor.field] : [],
    sourceDefinedPrimaryKey: primaryKeyOf(stream.primary_key),
    ...(uploader && { isFileBased: true }),
  };
}

/** `a`, `[a, b]` and `[[a], [b]]` all are `[[a], [b]]`. */
export function primaryKeyOf(key: JsonValue | undefined): string[][] {
  if (key === undefined || key === null || key === '') return [];
  return [key].flat().map((field) => [field].flat().map(String));
}

/** The schema of one loader, or of several: what an earlier one says of a field counts. */
function schemaOnce(stream: JsonObject, build: Build): (context: ExtractContext) => Promise<JsonObject> {
  const loaders = list(stream.schema_loader).map((loader) => build.create<SchemaLoader>(loader));
  const load = async (context: ExtractContext) => {
    const schemas = await Promise.all(loaders.map((loader) => loader.schema(context)));
    if (!Array.isArray(stream.schema_loader)) return schemas[0] ?? {};
    const properties = Object.assign({}, ...schemas.map((schema) => schema.properties).toReversed()) as JsonObject;
    return { $schema: DRAFT, type: ['null', 'object'], properties };
  };
  let loaded: Promise<JsonObject> | null = null;
  return (context) => {
    loaded ??= load(context).catch((error) => {
      loaded = null;
      throw error;
    });
    return loaded;
  };
}

const DRAFT = 'http://json-schema.org/draft-07/schema#';

function list(value: JsonValue | undefined): JsonValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

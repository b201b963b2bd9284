import type { ConfiguredStream } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText, printed } from '#lib/manifest/template/interpolate.ts';
import type { PartitionRouter, RequestOption, RequestParts, StreamReader } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { partitionKey, type Slice } from '../slice.ts';
import type { ExtractContext } from '../source.ts';

export const parentStreamConfig = defineKind<null>({
  name: 'ParentStreamConfig',
  family: 'parent_stream',
  docs: 'A parent stream and the field of its records that makes the partitions.',
  example:
    'type: ParentStreamConfig\nparent_key: id\npartition_field: customer_id\nstream:\n  type: DeclarativeStream\n  name: customers\n  retriever:\n    type: SimpleRetriever\n    requester: { type: HttpRequester, url: https://api.example.com/customers }\n    record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }\n',
  fields: {
    stream: component('The parent.', 'stream', { required: true, defaultType: 'DeclarativeStream' }),
    parent_key: template('Path of the key in the parent record; / between parts.', [], { required: true }),
    partition_field: template('Its name in templates.', [], { required: true }),
    request_option: component('Where the key goes in the request.', 'request_option', { defaultType: 'RequestOption' }),
    incremental_dependency: {
      docs: 'Only parents that changed. Weir reads all of them, which gives the same rows.',
      types: ['boolean'],
    },
    extra_fields: { docs: 'Paths of more fields of the parent, for templates.', types: ['array'] },
    lazy_read_pointer: {
      docs: 'Where the first children already are in the parent. Weir reads them from the API.',
      types: ['array'],
    },
  },
  create: () => null,
});

export const substreamPartitionRouter = defineKind<PartitionRouter>({
  name: 'SubstreamPartitionRouter',
  family: 'partition_router',
  docs: 'Reads the stream once for each record of a parent stream.',
  example: `type: SubstreamPartitionRouter\nparent_stream_configs:\n${parentStreamConfig.example
    .trim()
    .split('\n')
    .map((line, index) => `  ${index === 0 ? '- ' : '  '}${line}`)
    .join('\n')}\n`,
  fields: {
    parent_stream_configs: component('The parents, read one after the other.', 'parent_stream', {
      required: true,
      types: ['array'],
      defaultType: 'ParentStreamConfig',
    }),
  },
  create(router, build) {
    const parents = (router.parent_stream_configs as JsonObject[]).map((parent) => {
      const scope = scopeOf(build, parent);
      return {
        reader: build.create<StreamReader>(parent.stream),
        path: interpolateText(String(parent.parent_key), scope).split('/'),
        field: interpolateText(String(parent.partition_field), scope),
        extra: Array.isArray(parent.extra_fields)
          ? (parent.extra_fields as JsonValue[]).map((path) => [path].flat().map(String))
          : [],
        option: parent.request_option ? build.create<RequestOption>(parent.request_option) : null,
      };
    });
    return {
      async *partitions(context) {
        for (const parent of parents) yield* partitionsOf(parent, context);
      },
      parts({ partition }) {
        const all = parents.map(
          ({ option, field }): RequestParts =>
            option && partition[field] ? option.parts(printed(partition[field])) : {},
        );
        return {
          params: Object.assign({}, ...all.map((part) => part.params)),
          headers: Object.assign({}, ...all.map((part) => part.headers)),
          bodyData: Object.assign({}, ...all.map((part) => part.bodyData)),
          bodyJson: Object.assign({}, ...all.map((part) => part.bodyJson)),
        };
      },
    };
  },
});

interface Parent {
  readonly reader: StreamReader;
  readonly path: readonly string[];
  readonly field: string;
  readonly extra: readonly string[][];
}

/** Parent records without the key are left out; a key that comes twice makes one partition. */
async function* partitionsOf({ reader, path, field, extra }: Parent, context: ExtractContext): AsyncIterable<Slice> {
  const seen = new Set<string>();
  const stream = await reader.describe(context);
  const configured: ConfiguredStream = {
    stream,
    syncMode: 'full_refresh',
    destinationSyncMode: 'append',
    cursorField: [],
    primaryKey: [],
  };
  for await (const event of reader.read(context, { stream: configured, state: null })) {
    if (event.type !== 'page') continue;
    const parentSlice = parseSlice(event.slice);
    for (const record of event.records) {
      const key = at(record, path);
      if (key === undefined || key === null) continue;
      const partition = { [field]: key, parent_slice: parentSlice };
      const id = partitionKey(partition);
      if (seen.has(id)) continue;
      seen.add(id);
      yield {
        partition,
        cursor: {},
        extra: Object.fromEntries(extra.map((names) => [names.join('.'), at(record, names) ?? null])),
      };
    }
  }
}

function at(record: JsonObject, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, key) => (isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    record,
  );
}

/** The parent's own partition stands in its slice's name. */
function parseSlice(slice: string): JsonObject {
  if (!slice.startsWith('{')) return {};
  const { start_time: _start, end_time: _end, ...partition } = JSON.parse(slice) as JsonObject;
  return partition;
}

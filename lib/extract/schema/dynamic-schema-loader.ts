import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { type Build, component, defineKind } from '#lib/manifest/kind.ts';
import type { RecordFilter, SchemaLoader, Transformation } from '../families.ts';
import { recordsOf } from '../records-of.ts';
import { WHOLE_STREAM } from '../slice.ts';
import type { ExtractContext } from '../source.ts';
import type { SchemaTypeIdentifier } from './schema-type-identifier.ts';

export const dynamicSchemaLoader = defineKind<SchemaLoader>({
  name: 'DynamicSchemaLoader',
  family: 'schema_loader',
  docs: 'Asks the API which fields the records have, and of what type.',
  example: `type: DynamicSchemaLoader
retriever:
  type: SimpleRetriever
  requester: { type: HttpRequester, url: https://api.example.com/fields }
  record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [] } }
schema_type_identifier: { type: SchemaTypeIdentifier, schema_pointer: [fields], key_pointer: [name] }
`,
  fields: {
    retriever: component('What is asked; its first record counts.', 'retriever', {
      required: true,
      defaultType: 'SimpleRetriever',
    }),
    schema_type_identifier: component('Where the answer says what there is.', 'schema_type_identifier', {
      required: true,
      defaultType: 'SchemaTypeIdentifier',
    }),
    schema_filter: component('Which properties to keep: each is a record of one field.', 'record_filter', {
      defaultType: 'RecordFilter',
    }),
    schema_transformations: component('What is done with the properties, in order.', 'transformation', {
      types: ['array'],
    }),
  },
  create(loader, build) {
    const identifier = build.create<SchemaTypeIdentifier>(loader.schema_type_identifier);
    const filter = loader.schema_filter ? build.create<RecordFilter>(loader.schema_filter) : null;
    const transformations = list(loader.schema_transformations).map((item) => build.create<Transformation>(item));
    return {
      async schema(context) {
        const answer = await firstRecord(context, build, loader.retriever);
        let properties = filtered(answer ? identifier.properties(answer) : {}, filter);
        for (const transformation of transformations)
          properties = await transformation.transform(properties, WHOLE_STREAM);
        return { $schema: DRAFT, type: 'object', additionalProperties: true, properties };
      },
    };
  },
});

const DRAFT = 'https://json-schema.org/draft-07/schema#';

async function firstRecord(context: ExtractContext, build: Build, retriever: unknown): Promise<JsonObject | null> {
  for await (const { record } of recordsOf(context, build, retriever, 'dynamic_properties', { first: true }))
    return record;
  return null;
}

function filtered(properties: JsonObject, filter: RecordFilter | null): JsonObject {
  if (!filter) return properties;
  const kept = Object.entries(properties).filter(([name, schema]) =>
    filter.keeps({ [name]: schema }, WHOLE_STREAM, null),
  );
  return Object.fromEntries(kept);
}

function list(value: JsonValue | undefined): JsonObject[] {
  return [value ?? []].flat().filter(isJsonObject);
}

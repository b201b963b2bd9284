import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import { interpolateText, printed } from '#lib/manifest/template/interpolate.ts';
import { recordsOf } from '../records-of.ts';
import { scopeOf } from '../scope.ts';
import type { ExtractContext } from '../source.ts';

export interface PropertiesSource {
  names(context: ExtractContext): Promise<string[]>;
}

export const propertiesFromEndpoint = defineKind<PropertiesSource>({
  name: 'PropertiesFromEndpoint',
  family: 'properties_source',
  docs: 'Asks the API which fields there are.',
  example:
    'type: PropertiesFromEndpoint\nproperty_field_path: [name]\nretriever:\n  type: SimpleRetriever\n  requester: { type: HttpRequester, url: https://api.example.com/fields }\n  record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }\n',
  fields: {
    property_field_path: {
      docs: 'Path of the name in each record.',
      required: true,
      types: ['array'],
      variables: ['config', 'parameters'],
    },
    retriever: component('Reads a record for each field.', 'retriever', {
      required: true,
      defaultType: 'SimpleRetriever',
    }),
  },
  create(source, build) {
    const path = (source.property_field_path as JsonValue[]).map((part) =>
      interpolateText(String(part), scopeOf(build, source)),
    );
    const read = async (context: ExtractContext) => {
      const names: string[] = [];
      for await (const { record } of recordsOf(context, build, source.retriever, 'properties')) {
        const name = path.reduce<JsonValue | undefined>(
          (value, key) => (isJsonObject(value) ? value[key] : undefined),
          record as JsonObject,
        );
        if (name !== undefined && name !== null) names.push(printed(name));
      }
      return names;
    };
    let known: Promise<string[]> | null = null;
    return {
      names(context) {
        known ??= read(context).catch((error) => {
          known = null;
          throw error;
        });
        return known;
      },
    };
  },
});

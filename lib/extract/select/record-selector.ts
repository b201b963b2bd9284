import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { type Build, component, defineKind } from '#lib/manifest/kind.ts';
import type { Extractor, Normalize, RecordFilter, RecordSelector } from '../families.ts';
import { normalize } from './normalize.ts';

export const recordSelector = defineKind<RecordSelector>({
  name: 'RecordSelector',
  family: 'record_selector',
  docs: 'Finds the records of a page and keeps those that count.',
  example: 'type: RecordSelector\nextractor: { type: DpathExtractor, field_path: [data] }\n',
  fields: {
    extractor: component('Where the records are.', 'extractor', { required: true, defaultType: 'DpathExtractor' }),
    record_filter: component('Which of them to keep.', 'record_filter', { defaultType: 'RecordFilter' }),
    schema_normalization: component('Default: cast values to the types of the schema.', 'schema_normalization', {
      types: ['string'],
      values: ['None', 'Default'],
    }),
    transform_before_filtering: { docs: 'Filter what the transformations made.', types: ['boolean'] },
  },
  create: (selector, build) => ({
    extractor: build.create<Extractor>(selector.extractor),
    filter: selector.record_filter ? build.create<RecordFilter>(selector.record_filter) : null,
    transformFirst:
      typeof selector.transform_before_filtering === 'boolean' ? selector.transform_before_filtering : null,
    normalize: normalizeOf(selector.schema_normalization, build),
  }),
});

/** A class of Python's stands here as a component; what is registered for it has the function. */
function normalizeOf(value: JsonValue | undefined, build: Build): Normalize | null {
  if (isJsonObject(value)) return build.create<{ normalize: Normalize }>(value).normalize;
  return value === 'Default' ? normalize : null;
}

import type { JsonObject } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import { printed } from '#lib/manifest/template/interpolate.ts';

/** What stands between two names in a request, escaped. */
const SEPARATOR_CHARACTERS = 3;

type MergeKey = (record: JsonObject) => string | null;

export interface PropertyChunking {
  chunks(names: readonly string[], always: readonly string[], wanted: ReadonlySet<string> | null): string[][];
  /** Records with the same key are parts of one; null for a record that stands for itself. */
  readonly mergeKey: MergeKey;
}

export const groupByKey = defineKind<MergeKey>({
  name: 'GroupByKeyMergeStrategy',
  family: 'merge_strategy',
  docs: 'Parts of a record belong together when they have the same key.',
  example: 'type: GroupByKeyMergeStrategy\nkey: id\n',
  fields: { key: { docs: 'Field, or fields.', required: true, types: ['string', 'array'] } },
  create(strategy) {
    const names = [strategy.key].flat().map(String);
    return (record) => {
      const values = names.map((name) => record[name]);
      return values.every(Boolean) ? values.map(printed).join(',') : null;
    };
  },
});

export const propertyChunking = defineKind<PropertyChunking>({
  name: 'PropertyChunking',
  family: 'property_chunking',
  docs: 'Spreads fields over several requests, and puts the records together again.',
  example: 'type: PropertyChunking\nproperty_limit_type: property_count\nproperty_limit: 50\n',
  fields: {
    property_limit_type: {
      docs: 'What is limited.',
      required: true,
      types: ['string'],
      values: ['characters', 'property_count'],
    },
    property_limit: { docs: 'The most for one request.', types: ['integer'] },
    record_merge_strategy: component('How parts of a record are found; by id when absent.', 'merge_strategy', {
      defaultType: 'GroupByKeyMergeStrategy',
    }),
  },
  create(chunking, build) {
    const limit = typeof chunking.property_limit === 'number' ? chunking.property_limit : 0;
    const sizeOf = (name: string) =>
      chunking.property_limit_type === 'characters' ? name.length + SEPARATOR_CHARACTERS : 1;
    return {
      mergeKey: build.create<MergeKey>(
        chunking.record_merge_strategy ?? { type: 'GroupByKeyMergeStrategy', key: 'id' },
      ),
      chunks(names, always, wanted) {
        if (limit === 0) return [[...names, ...always]];
        const chunks: string[][] = [];
        let current = [...always];
        let size = 0;
        for (const name of names.filter((one) => wanted?.has(one) ?? true)) {
          if (size + sizeOf(name) > limit) {
            chunks.push(current);
            current = [...always];
            size = 0;
          }
          current.push(name);
          size += sizeOf(name);
        }
        return [...chunks, current];
      },
    };
  },
});

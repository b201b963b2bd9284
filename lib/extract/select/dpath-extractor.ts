import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Extractor } from '../families.ts';
import { scopeOf } from '../scope.ts';
import type { RecordExpander } from './record-expander.ts';

export const dpathExtractor = defineKind<Extractor>({
  name: 'DpathExtractor',
  family: 'extractor',
  docs: 'Finds the records in the body by their path; `*` stands for any key, `**` for any path, [] for the whole body.',
  example: 'type: DpathExtractor\nfield_path: [data]\n',
  fields: {
    field_path: {
      docs: 'The path, outermost first.',
      required: true,
      types: ['array'],
      variables: ['config', 'parameters'],
    },
    decoder: component('How answers are read.', 'decoder', { defaultType: 'JsonDecoder' }),
    record_expander: component('Makes of each record the items of a list in it.', 'record_expander', {
      defaultType: 'RecordExpander',
    }),
  },
  create(extractor, build) {
    const path = (extractor.field_path as JsonValue[]).map((part) =>
      interpolateText(String(part), scopeOf(build, extractor)),
    );
    const globbed = path.some((part) => part.includes('*'));
    const below = (body: JsonValue): JsonValue[] => {
      if (globbed) return matches(body, path).filter((found) => !isEmpty(found));
      const found = path.reduce<JsonValue | undefined>(step, body);
      if (Array.isArray(found)) return found;
      return found === undefined || isEmpty(found) ? [] : [found];
    };
    const expand = extractor.record_expander ? build.create<RecordExpander>(extractor.record_expander) : null;
    return {
      path: path.join('.'),
      extract(body) {
        // A body that is a list is, as in the CDK, several documents: the path begins in each of its items.
        const found = Array.isArray(body) ? body.flatMap(below) : below(body);
        return expand ? found.flatMap(expand) : found;
      },
    };
  },
});

function step(value: JsonValue | undefined, key: string): JsonValue | undefined {
  if (Array.isArray(value)) return /^-?\d+$/.test(key) ? value.at(Number(key)) : undefined;
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Each match is one record; lists inside are not opened. */
function matches(value: JsonValue, path: readonly string[]): JsonValue[] {
  const [key, ...rest] = path;
  if (key === undefined) return [value];
  const children = Array.isArray(value)
    ? value.map((item, index) => [String(index), item] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  if (key === '**') return [...matches(value, rest), ...children.flatMap(([, child]) => matches(child, path))];
  const pattern = new RegExp(
    `^${key
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  return children.filter(([name]) => pattern.test(name)).flatMap(([, child]) => matches(child, rest));
}

function isEmpty(value: JsonValue): boolean {
  return (
    value === null ||
    (isJsonObject(value) && Object.keys(value).length === 0) ||
    (Array.isArray(value) && value.length === 0)
  );
}

import { copyJson, isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { component, defineKind, SLICE, template } from '#lib/manifest/kind.ts';
import { interpolateBoolean, interpolateString, plain } from '#lib/manifest/template/interpolate.ts';
import type { Transformation } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { sliceVariables } from '../slice.ts';
import { VALUE_TYPES } from './value-types.ts';

const VARIABLES = ['record', ...SLICE];

export const addedField = defineKind<null>({
  name: 'AddedFieldDefinition',
  family: 'added_field',
  docs: 'One field and its value.',
  example: `type: AddedFieldDefinition\npath: [customer, email]\nvalue: "{{ record['contact']['email'] }}"\n`,
  fields: {
    path: {
      docs: 'Where the field goes, outermost first; as written, no templates.',
      required: true,
      types: ['array'],
    },
    value: template('Its value.', VARIABLES, { required: true, types: ['string', 'number', 'boolean', 'null'] }),
    value_type: {
      docs: 'Only a value of this type is read as one; else it stays text.',
      types: ['string'],
      values: Object.keys(VALUE_TYPES),
    },
  },
  create: () => null,
});

export const addFields = defineKind<Transformation>({
  name: 'AddFields',
  family: 'transformation',
  docs: 'Adds or replaces fields; later ones see earlier ones.',
  example: `type: AddFields\nfields:\n  - path: [customer_email]\n    value: "{{ record['contact']['email'] }}"\n`,
  fields: {
    fields: component('The fields.', 'added_field', {
      required: true,
      types: ['array'],
      defaultType: 'AddedFieldDefinition',
    }),
    condition: template(
      'Only where this holds; sees the `value` and its `path` too.',
      ['value', 'path', ...VARIABLES],
      { types: ['string', 'boolean'] },
    ),
  },
  create(transformation, build) {
    const fields = ((transformation.fields as JsonObject[]) ?? []).map(({ path, value, value_type: type }) => ({
      ...{ path: (path as JsonValue[]).map(String), value },
      accepts: VALUE_TYPES[String(type)],
    }));
    return {
      transform(record, slice) {
        const result = copyJson(record);
        const scope = (more = {}) =>
          scopeOf(build, transformation, { record: result, ...sliceVariables(slice), ...more });
        const { condition } = transformation;
        const applies = (added: { value: unknown; path: string[] }) =>
          condition === undefined ||
          condition === null ||
          condition === '' ||
          interpolateBoolean(condition as string | boolean, scope(added));
        for (const { path, value: source, accepts } of fields) {
          const value = typeof source === 'string' ? plain(interpolateString(source, scope(), accepts)) : source;
          if (applies({ value, path })) setPath(result, path, value as JsonValue);
        }
        return result;
      },
    };
  },
});

/** Makes what is missing on the way; lists are filled up with null. */
export function setPath(record: JsonObject, path: readonly string[], value: JsonValue): void {
  let inner: JsonObject | JsonValue[] = record;
  for (const [index, key] of path.entries()) {
    const last = index === path.length - 1;
    if (Array.isArray(inner)) {
      const at = Number(key);
      if (!Number.isInteger(at) || at < 0 || at > 10_000) return;
      while (inner.length <= at) inner.push(null);
      if (last) inner[at] = value;
      else {
        inner[at] = child(inner[at]) ?? made(path[index + 1]);
        inner = inner[at] as JsonObject;
      }
      continue;
    }
    if (last) Object.defineProperty(inner, key, { value, enumerable: true, writable: true, configurable: true });
    else {
      inner[key] = child(inner[key]) ?? made(path[index + 1]);
      inner = inner[key] as JsonObject;
    }
  }
}

/** What is missing is a list where a position follows. */
function made(next = ''): JsonObject | JsonValue[] {
  return /^\d+$/.test(next) ? [] : {};
}

function child(value: JsonValue | undefined): JsonObject | JsonValue[] | null {
  return isJsonObject(value) || Array.isArray(value) ? value : null;
}

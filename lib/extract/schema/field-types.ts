import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateBoolean } from '#lib/manifest/template/interpolate.ts';
import { scopeOf } from '../scope.ts';

/** Types that a column may have, and the JSON schema of each. */
const SCHEMAS: Readonly<Record<string, JsonObject>> = {
  string: { type: ['null', 'string'] },
  boolean: { type: ['null', 'boolean'] },
  date: { type: ['null', 'string'], format: 'date' },
  timestamp_without_timezone: {
    ...{ type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_without_timezone' },
  },
  timestamp_with_timezone: { type: ['null', 'string'], format: 'date-time' },
  time_without_timezone: { type: ['null', 'string'], format: 'time', airbyte_type: 'time_without_timezone' },
  time_with_timezone: { type: ['null', 'string'], format: 'time', airbyte_type: 'time_with_timezone' },
  integer: { type: ['null', 'integer'] },
  number: { type: ['null', 'number'] },
  array: { type: ['null', 'array'] },
  object: { type: ['null', 'object'] },
};

export const complexFieldType = defineKind<JsonObject>({
  name: 'ComplexFieldType',
  family: 'complex_type',
  docs: 'A list and what its items are.',
  example: 'type: ComplexFieldType\nfield_type: array\nitems: string\n',
  fields: {
    field_type: { docs: 'The type.', required: true, types: ['string'], values: Object.keys(SCHEMAS) },
    items: component('Type of the items of an array.', 'complex_type', { types: ['string'] }),
  },
  problems: ({ field_type: type, items }) =>
    items && type !== 'array' ? [{ field: 'items', message: 'Only field_type: array has items.' }] : [],
  create: (complex, build) => ({
    ...schemaOf(complex.field_type),
    ...(complex.items !== undefined && {
      items: isJsonObject(complex.items) ? build.create<JsonObject>(complex.items) : schemaOf(complex.items),
    }),
  }),
});

/** From what the API calls a type to the schema of its values; null where this entry does not apply. */
export interface TypesMap {
  map(type: JsonValue, property: JsonValue): (() => JsonObject) | null;
}

export const typesMap = defineKind<TypesMap>({
  name: 'TypesMap',
  family: 'types_map',
  docs: 'What a type of the API is here.',
  example: 'type: TypesMap\ncurrent_type: singleLineText\ntarget_type: string\n',
  fields: {
    current_type: { docs: 'What the API calls it.', required: true, types: ['string', 'array'] },
    target_type: component(
      'What it is here: a type, two types of which it is one, or a ComplexFieldType.',
      'complex_type',
      {
        required: true,
        types: ['string', 'array'],
        schema: {
          anyOf: [
            { enum: Object.keys(SCHEMAS) },
            { type: 'array', items: { enum: Object.keys(SCHEMAS) } },
            { $ref: '#/definitions/ComplexFieldType' },
          ],
        },
      },
    ),
    condition: template('Only where this holds for the property, raw_schema.', ['raw_schema']),
  },
  create(entry, build) {
    const { current_type: current, target_type: target, condition } = entry;
    const holds = (property: JsonValue) =>
      typeof condition !== 'string' || interpolateBoolean(condition, scopeOf(build, entry, { raw_schema: property }));
    return {
      map: (type, property) => {
        if (!isSame(type, current) || !holds(property)) return null;
        return () => (isJsonObject(target) ? build.create<JsonObject>(target) : schemaOf(target));
      },
    };
  },
});

function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Of a type, or of two of which the value is one. @throws WeirError `unknown_type` */
export function schemaOf(type: JsonValue | undefined): JsonObject {
  if (Array.isArray(type) && type.length === 2 && type.every((item) => typeof item === 'string'))
    return { oneOf: type.map((item) => schemaOf(item)) };
  const schema = typeof type === 'string' && Object.hasOwn(SCHEMAS, type) ? SCHEMAS[type] : undefined;
  if (schema) return { ...schema };
  throw new WeirError({
    kind: 'config',
    code: 'unknown_type',
    message: `${JSON.stringify(type ?? null)} is no type of a schema.`,
    hint: `Map it in types_mapping to one of: ${Object.keys(SCHEMAS).join(', ')}.`,
  });
}

import type { JsonObject, JsonValue } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { PropertyChunks } from '../families.ts';
import type { PropertiesSource } from './properties-from-endpoint.ts';
import type { PropertyChunking } from './property-chunking.ts';
import type { PropertySelector } from './property-selector.ts';

export const queryProperties = defineKind<PropertyChunks>({
  name: 'QueryProperties',
  family: 'query_properties',
  docs: 'Names in the request the fields that the API is to give, in several requests where they are too many for one.',
  example:
    'type: QueryProperties\nproperty_list: [id, name, email]\nproperty_chunking: { type: PropertyChunking, property_limit_type: property_count, property_limit: 2 }\n',
  fields: {
    property_list: component('The fields, or where they are asked for.', 'properties_source', {
      required: true,
      types: ['array', 'string'],
      defaultType: 'PropertiesFromEndpoint',
    }),
    always_include_properties: { docs: 'Fields that each of the requests names.', types: ['array'] },
    property_chunking: component('How many fields one request names.', 'property_chunking', {
      defaultType: 'PropertyChunking',
    }),
    property_selector: component('Which of the fields are wanted; all when absent.', 'property_selector', {
      defaultType: 'JsonSchemaPropertySelector',
    }),
  },
  create(properties, build) {
    const { property_list: listed, property_chunking: chunking, property_selector: selector } = properties;
    const source = Array.isArray(listed)
      ? { names: async () => listed.map(String) }
      : build.create<PropertiesSource>(listed);
    const split = chunking ? build.create<PropertyChunking>(chunking) : null;
    const selects = selector ? build.create<PropertySelector>(selector) : null;
    const always = namesOf(properties.always_include_properties);
    return {
      mergeKey: split ? (record) => split.mergeKey(record) : null,
      async chunks(context, schema) {
        const names = await source.names(context);
        const wanted = selects ? await selects.wanted(schema) : null;
        if (split) return split.chunks(names, always, wanted);
        return [[...always, ...names.filter((name) => wanted?.has(name) ?? true)]];
      },
    };
  },
});

function namesOf(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Where a requester names its properties: the parameter that lists them, or null where templates do. */
export function propertiesIn(requester: JsonObject): { component: JsonValue; parameter: string | null } | null {
  const { request_parameters: parameters, query_properties: own, fetch_properties_from_endpoint: older } = requester;
  const inParameters = parametersWith(parameters);
  const [named] = inParameters;
  if (named) return { component: named[1], parameter: named[0] };
  if (own) return { component: own, parameter: null };
  return older ? { component: { type: 'QueryProperties', property_list: older }, parameter: null } : null;
}

/** Parameters that are no text but a list of properties. */
export function parametersWith(parameters: JsonValue | undefined): [string, JsonObject][] {
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) return [];
  return Object.entries(parameters as JsonObject).filter(
    (entry): entry is [string, JsonObject] => (entry[1] as JsonObject | null)?.type === 'QueryProperties',
  );
}

/** The requester without them: they are added when a request is put together. */
export function withoutProperties(requester: JsonObject): JsonObject {
  const taken = new Set(parametersWith(requester.request_parameters).map(([name]) => name));
  if (taken.size === 0) return requester;
  const left = Object.entries(requester.request_parameters as JsonObject).filter(([name]) => !taken.has(name));
  return { ...requester, request_parameters: Object.fromEntries(left) };
}

import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Kind } from './kind.ts';
import type { Origins } from './resolve-references.ts';

/**
 * Fills in, from the outside inwards, the types that a place implies and the `$parameters` that a component inherits: each
 * becomes a field of every typed component below that lacks it (or has it falsy), and stays readable as `parameters`. An own
 * parameter beats an inherited one (the other way round with `inheritedFirst`, for streams made from a template). JSON schemas and objects without a type are left alone.
 */
export function propagate(
  component: JsonObject,
  kinds: ReadonlyMap<string, Kind>,
  origins: Origins,
  place: { defaultType?: string; inherited?: JsonObject; inheritedFirst?: boolean } = {},
): JsonObject {
  const result: JsonObject = { ...component };
  origins.copy(component, result);
  if (!('type' in result)) {
    // A class says what it is, not the place where it stands.
    if (typeof result.class_name === 'string') result.type = 'CustomComponent';
    else if (place.defaultType) result.type = place.defaultType;
  }
  if (isSchema(result)) return component;
  const own = isJsonObject(result.$parameters) ? result.$parameters : {};
  const parameters = place.inheritedFirst ? { ...own, ...place.inherited } : { ...place.inherited, ...own };
  if (typeof result.type !== 'string') {
    // As in the CDK, of what has no type only the components right below it inherit: query properties among parameters, say.
    for (const [name, value] of Object.entries(result)) {
      if (isJsonObject(value) && value.type)
        result[name] = propagate(value, kinds, origins, { ...place, inherited: parameters });
    }
    return result;
  }
  for (const [name, value] of Object.entries(parameters)) if (isFalsy(result[name])) result[name] = value;
  const kind = kinds.get(result.type);
  for (const [name, value] of Object.entries(result)) {
    if (name === '$parameters') continue;
    const { [name]: _same, ...others } = parameters;
    // A component that came as a parameter takes the plain ones: components in components in turn would have no end.
    const passed = value === parameters[name] ? plainOnly(others) : others;
    const defaultType = kind?.fields[name]?.defaultType;
    result[name] = below(value, kinds, origins, {
      inherited: passed,
      ...(defaultType && { defaultType }),
      ...(place.inheritedFirst && { inheritedFirst: true }),
    });
  }
  if (Object.keys(parameters).length > 0) result.$parameters = parameters;
  return result;
}

function below(
  value: JsonValue,
  kinds: ReadonlyMap<string, Kind>,
  origins: Origins,
  place: { defaultType?: string; inherited: JsonObject; inheritedFirst?: boolean },
): JsonValue {
  if (Array.isArray(value)) {
    const items = value.map((item) => below(item, kinds, origins, place));
    origins.copy(value, items);
    return items;
  }
  return isJsonObject(value) ? propagate(value, kinds, origins, place) : value;
}

/** `type: object` and a list of types are a JSON schema's words, and a mapping is what a schema says of a property named type. */
function isSchema({ type }: JsonObject): boolean {
  return type === 'object' || Array.isArray(type) || isJsonObject(type);
}

function plainOnly(parameters: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => !isJsonObject(value)));
}

function isFalsy(value: JsonValue | undefined): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === 0 ||
    value === false ||
    (Array.isArray(value) && value.length === 0) ||
    (isJsonObject(value) && Object.keys(value).length === 0)
  );
}

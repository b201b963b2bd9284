import { isJsonObject, type JsonObject } from '#lib/json.ts';

/** The config with what its spec assumes where it says nothing. */
export function withDefaults(config: JsonObject, spec: JsonObject): JsonObject {
  const properties = isJsonObject(spec.properties) ? spec.properties : {};
  const defaults = Object.entries(properties).flatMap(([name, schema]) =>
    isJsonObject(schema) && schema.default !== undefined && config[name] === undefined
      ? [[name, schema.default] as const]
      : [],
  );
  return defaults.length > 0 ? { ...Object.fromEntries(defaults), ...config } : config;
}

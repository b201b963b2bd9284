import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { type SchemaCheck, schemaCheck } from './schema-problems.ts';

/** Settings that begin so are for whoever runs the connector, not for the connector. */
const INTERNAL = /^(__|_limit$|_page_size$)/;

/** Where a config does not fit the spec of its connector. A spec that is no schema refuses nothing. */
export function specProblems(spec: JsonObject, config: JsonObject): string[] {
  const own = Object.fromEntries(Object.entries(config).filter(([name]) => !INTERNAL.test(name)));
  return checkBy(spec)(own);
}

function checkBy(spec: JsonObject): SchemaCheck {
  try {
    return schemaCheck(isJsonObject(spec) ? spec : {});
  } catch {
    return () => [];
  }
}

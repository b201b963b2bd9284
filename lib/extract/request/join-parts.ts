import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { RequestParts } from '../families.ts';

/** Several parts of a request as one; where two name the same thing the first counts. */
export function joinParts(all: readonly RequestParts[]): RequestParts {
  return all.reduce(
    (joined, parts) => ({
      params: { ...parts.params, ...joined.params },
      headers: { ...parts.headers, ...joined.headers },
      bodyData: { ...parts.bodyData, ...joined.bodyData },
      bodyJson: joinJson(joined.bodyJson ?? {}, parts.bodyJson ?? {}),
    }),
    {},
  );
}

function joinJson(first: JsonObject, second: JsonObject): JsonObject {
  const joined = { ...second, ...first };
  for (const [name, value] of Object.entries(first)) {
    const other = second[name];
    if (isJsonObject(value) && isJsonObject(other)) joined[name] = joinJson(value, other);
  }
  return joined;
}

import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { RequestParts } from '../families.ts';

/** Puts the parts of a request together. Two values for one place are an error, save equal ones in a JSON body. */
export function mergeParts(
  all: readonly RequestParts[],
): Required<Omit<RequestParts, 'path'>> & { path: string | undefined } {
  const merged = { params: {}, headers: {}, bodyData: {}, bodyJson: {}, path: undefined as string | undefined };
  for (const parts of all) {
    add(merged.params, parts.params, 'request parameter');
    add(merged.headers, parts.headers, 'header');
    add(merged.bodyData, parts.bodyData, 'body field');
    merged.bodyJson = mergeJson(merged.bodyJson, parts.bodyJson ?? {});
    merged.path = parts.path ?? merged.path;
  }
  return merged;
}

function add(into: Record<string, unknown>, from: Readonly<Record<string, unknown>> | undefined, noun: string): void {
  for (const [name, value] of Object.entries(from ?? {})) {
    if (Object.hasOwn(into, name)) throw twice(noun, name);
    into[name] = value;
  }
}

function mergeJson(into: JsonObject, from: JsonObject): JsonObject {
  const merged: JsonObject = { ...into };
  for (const [name, value] of Object.entries(from)) {
    const known = merged[name];
    if (known === undefined) merged[name] = value;
    else if (isJsonObject(known) && isJsonObject(value)) merged[name] = mergeJson(known, value);
    else if (JSON.stringify(known) !== JSON.stringify(value)) throw twice('body field', name);
  }
  return merged;
}

function twice(noun: string, name: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'duplicate_option',
    message: `The ${noun} ${name} is set twice in one request.`,
    hint: 'Look at the requester, the authenticator, the paginator and the cursor: two of them set it.',
  });
}

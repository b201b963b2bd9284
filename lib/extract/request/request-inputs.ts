import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Scope } from '#lib/manifest/template/interpolate.ts';
import {
  interpolate,
  interpolateHeaders,
  interpolateNested,
  interpolateParameters,
  printed,
} from '#lib/manifest/template/interpolate.ts';
import { isDict, itemsOf } from '#lib/manifest/template/values.ts';
import type { RequestParts } from '../families.ts';

/** Key under which a body that is plain text travels; no form field can have it. */
export const PLAIN = '\u0000plain';

const JSON_BODIES = ['RequestBodyJsonObject', 'RequestBodyGraphQL'];

/** What a requester itself says goes into a request: mappings, or texts that are templates as a whole. */
export function requestInputs(requester: JsonObject, scope: Scope): RequestParts {
  const { request_parameters: params, request_headers: headers, request_body: body } = requester;
  const inner = isJsonObject(body) ? body : {};
  const isJson = JSON_BODIES.includes(String(inner.type));
  const json = requester.request_body_json ?? (isJson ? inner.value : undefined);
  const data = requester.request_body_data ?? (isJson ? undefined : inner.value);
  return {
    params: mapping(params, scope),
    headers: headersOf(headers, scope),
    bodyData: bodyData(data, scope),
    bodyJson: bodyJson(json, scope),
  };
}

function mapping(source: unknown, scope: Scope): Record<string, string | string[]> {
  if (isJsonObject(source)) return interpolateParameters(source, scope);
  if (typeof source !== 'string') return {};
  const value = interpolate(source, scope);
  return isDict(value) ? ofDict(value) : ofQuery(value === null ? '' : printed(value));
}

function headersOf(source: unknown, scope: Scope): Record<string, string> {
  if (isJsonObject(source)) return interpolateHeaders(source, scope);
  if (typeof source !== 'string' || source === '') return {};
  const value = interpolate(source, scope);
  if (!isDict(value)) throw noObject('request_headers', source);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, printed(item)]));
}

function bodyData(source: unknown, scope: Scope): Record<string, string | string[]> {
  if (typeof source !== 'string') return mapping(source, scope);
  const value = interpolate(source, scope, { fallback: source });
  if (isDict(value)) return ofDict(value);
  return value === '' || value === null ? {} : { [PLAIN]: printed(value) };
}

function bodyJson(source: unknown, scope: Scope): JsonObject {
  if (source === undefined || source === null) return {};
  const value = interpolateNested(source, scope);
  if (isJsonObject(value)) return value;
  if (value === null || value === '') return {};
  throw noObject('request_body_json', String(source));
}

function ofDict(value: object): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null && item !== undefined)
      .map(([name, item]) => [name, itemsOf(item)?.map(printed) ?? printed(item)]),
  );
}

/** `a=1&b=2`; the same name twice makes a list. */
function ofQuery(text: string): Record<string, string | string[]> {
  const pairs: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) pairs[name] = [...(pairs[name] ?? []), value];
  return pairs;
}

function noObject(field: string, source: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'bad_request_option',
    message: `${field} is no object: ${source.slice(0, 200)}`,
    hint: 'A text there must be a template that gives an object, such as "{{ {\'a\': 1} }}".',
  });
}

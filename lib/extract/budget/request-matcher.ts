import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import { search } from '#lib/manifest/template/python-regex.ts';
import { str } from '#lib/manifest/template/values.ts';
import type { RequestMatcher } from './call-rate-policy.ts';

export const requestMatcher = defineKind<RequestMatcher>({
  name: 'HttpRequestRegexMatcher',
  family: 'request_matcher',
  docs: 'Says which requests a limit is for; all of its conditions must hold.',
  example: 'type: HttpRequestRegexMatcher\nmethod: GET\nurl_path_pattern: ^/v1/orders\n',
  fields: {
    method: { docs: 'The HTTP method.', types: ['string'] },
    url_base: { docs: 'Scheme and host, such as https://api.example.com.', types: ['string'] },
    url_path_pattern: { docs: 'A regular expression that is found in the path.', types: ['string'] },
    params: { docs: 'Query parameters that the request has.', types: ['object'] },
    headers: { docs: 'Headers that the request has.', types: ['object'] },
    weight: { docs: 'How many calls such a request counts for; 1 when absent.', types: ['integer'] },
  },
  problems: ({ weight }) =>
    weight !== undefined && Number(weight) < 1 ? [{ field: 'weight', message: 'weight is 1 or more.' }] : [],
  create(matcher) {
    const method = typeof matcher.method === 'string' ? matcher.method.toUpperCase() : null;
    const base = typeof matcher.url_base === 'string' ? matcher.url_base.replace(/\/+$/, '') : null;
    const path = typeof matcher.url_path_pattern === 'string' ? matcher.url_path_pattern : null;
    const params = Object.entries(texts(matcher.params));
    const headers = Object.entries(texts(matcher.headers));
    return {
      weight: Number(matcher.weight ?? 1),
      matches(request) {
        const url = new URL(request.url);
        const sent = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
        return (
          (method === null || request.method.toUpperCase() === method) &&
          (base === null || `${url.protocol}//${url.host}` === base) &&
          (path === null || search(path, url.pathname.replace(/\/+$/, '')) !== null) &&
          params.every(([name, value]) => url.searchParams.getAll(name).at(-1) === value) &&
          headers.every(([name, value]) => sent.get(name.toLowerCase()) === value)
        );
      },
    };
  },
});

function texts(value: JsonValue | undefined): Record<string, string> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, typeof item === 'string' ? item : str(item)]),
  );
}

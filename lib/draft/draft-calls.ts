import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { inferSchema } from '#lib/records/infer-schema.ts';
import type { Call, Draft, DraftStream } from './draft.ts';
import { findAuth, isAuthHeader, isAuthParameter } from './find-auth.ts';
import { findCursor, findPrimaryKey, isSince } from './find-keys.ts';
import { findPagination, isPaging } from './find-pagination.ts';
import { findRecords } from './find-records.ts';

/** Headers that every client sends, or that belong to one connection: no part of an API's language. */
const CLIENT_HEADERS =
  /^(host|user-agent|accept-encoding|accept-language|connection|content-length|origin|referer|cache-control|pragma|dnt|te|priority|if-.*|sec-.*|x-requested-with|:.*|upgrade-insecure-requests|accept|content-type)$/i;

/** A connector from calls of one API, one stream each: what a browser recorded, a cURL command, or an address that was tried. */
export function draftCalls(calls: readonly Call[], notices: readonly string[] = []): Draft {
  const bases = calls.map(({ url }) => new URL(url).origin);
  const baseUrl = bases[0] ?? 'https://api.example.com';
  const used = new Set<string>();
  const auths = calls.map(findAuth).filter((auth) => auth !== null);
  return {
    baseUrl,
    auth: auths.find(({ value }) => Object.keys(value.values).length > 0) ?? auths[0] ?? null,
    settings: {},
    streams: calls.map((call) => streamOf(call, uniqueName(nameOf(call.url), used))),
    notices,
  };
}

/** The stream's part of a call: its path, its parameters, and what its answer says. */
function streamOf(call: Call, name: string): DraftStream {
  const url = new URL(call.url);
  const parameters = [...url.searchParams].filter(([key]) => !isAuthParameter(key) && !isPaging(key) && !isSince(key));
  const since = [...url.searchParams.keys()].filter((key) => isSince(key));
  const body = call.answer && call.answer.status < 400 ? call.answer.body : null;
  const { records, ...recordPath } = findRecords(body, name);
  return {
    name,
    method: call.method,
    path: url.pathname,
    parameters: Object.fromEntries(parameters),
    headers: ownHeaders(call.headers),
    body: bodyOf(call.body),
    recordPath: body === null ? { value: [], evidence: 'No answer was seen: look at one in a test.' } : recordPath,
    paginator: paginationOf(call, body, records),
    primaryKey: findPrimaryKey(records, name),
    cursor: findCursor(records, since),
    schema: records.length > 0 ? inferSchema(records) : null,
  };
}

function paginationOf({ url, answer }: Call, body: JsonValue, records: readonly JsonObject[]) {
  const seen = answer && body !== null ? answer : { status: 200, headers: {}, body: null };
  return findPagination({ answer: seen, url, count: records.length, lastRecord: records.at(-1) ?? null });
}

function ownHeaders(headers: Call['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !CLIENT_HEADERS.test(name) && !isAuthHeader(name)),
  );
}

function bodyOf(body: JsonValue | undefined): JsonValue {
  return isJsonObject(body) || typeof body === 'string' ? body : null;
}

/** `/v1/users/42/orders` is read as orders. */
export function nameOf(url: string): string {
  const parts = new URL(url).pathname
    .split('/')
    .filter((part) => part !== '' && !/^(v?\d+(\.\d+)*|api|rest|json)$/i.test(part));
  const words = parts.map((part) => decodeURIComponent(part).replace(/\.(json|xml|csv)$/i, ''));
  const last = words.findLast((word) => /^[a-z][\w-]*$/i.test(word) && !/^[0-9a-f-]{16,}$/i.test(word));
  return (last ?? new URL(url).hostname.split('.').at(-2) ?? 'records').replace(/-/g, '_').toLowerCase();
}

function uniqueName(name: string, used: Set<string>): string {
  let free = name;
  for (let count = 2; used.has(free); count++) free = `${name}_${count}`;
  used.add(free);
  return free;
}

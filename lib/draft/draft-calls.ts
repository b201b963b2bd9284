import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { inferSchema } from '#lib/records/infer-schema.ts';
import { decoded } from './decoded.ts';
import type { Call, Draft, DraftStream, Unread } from './draft.ts';
import { findAuth, isAuthHeader, isAuthParameter } from './find-auth.ts';
import { findCursor, findPrimaryKey, isSince } from './find-keys.ts';
import { findLists, type NamedList } from './find-lists.ts';
import { findPagination, isPaging } from './find-pagination.ts';
import { findRecords } from './find-records.ts';

/** Headers that every client sends, or that belong to one connection: no part of an API's language. */
const CLIENT_HEADERS =
  /^(host|user-agent|accept-encoding|accept-language|connection|content-length|origin|referer|cache-control|pragma|dnt|te|priority|if-.*|sec-.*|x-requested-with|:.*|upgrade-insecure-requests|accept|content-type)$/i;

/** A link with its name, its kind and what it is for. */
const MOST_OF_A_LINK = 4;

/** A connector from calls of one API, one stream each: what a browser recorded, a cURL command, or an address that was tried. */
export function draftCalls(calls: readonly Call[], unread: Unread | null = null): Draft {
  const bases = calls.map(({ url }) => new URL(url).origin);
  const baseUrl = bases[0] ?? 'https://api.example.com';
  const used = new Set<string>();
  const auths = calls.map(findAuth).filter((auth) => auth !== null);
  return {
    baseUrl,
    auth: auths.find(({ value }) => Object.keys(value.values).length > 0) ?? auths[0] ?? null,
    settings: {},
    streams: calls.map((call) => streamOf(call, uniqueName(nameOf(call.url), used))),
    unread,
    lists: calls.length === 1 && calls[0] ? listsOf(calls[0]) : [],
  };
}

/** What an answer points to that holds no list itself: mostly the index of an API was asked. */
function listsOf({ url, answer }: Call): NamedList[] {
  if (!answer || answer.status === 401 || answer.status === 403) return [];
  const isList = answer.status < 400 && findRecords(answer.body).value.length > 0;
  return isList || isRecords(answer.body) ? [] : findLists(answer.body, url);
}

/** A list of addresses is an index too; one whose objects say more is what was asked for. */
function isRecords(body: JsonValue): boolean {
  return Array.isArray(body) && body.some((item) => isJsonObject(item) && Object.keys(item).length > MOST_OF_A_LINK);
}

/** The stream's part of a call: its path, its parameters, and what its answer says. */
function streamOf(call: Call, name: string): DraftStream {
  const url = new URL(call.url);
  const parameters = [...url.searchParams].filter(([key]) => !isAuthParameter(key) && !isPaging(key) && !isSince(key));
  const since = [...url.searchParams.keys()].filter((key) => isSince(key));
  const body = readable(call);
  const { records, ...recordPath } = findRecords(body, name);
  return {
    name,
    seen: records.length > 0 ? 'records' : body === null ? 'nothing' : 'answer',
    method: call.method,
    path: url.pathname,
    parameters: Object.fromEntries(parameters),
    headers: ownHeaders(call.headers),
    body: bodyOf(call.body),
    recordPath,
    paginator: paginationOf(call, body, records),
    primaryKey: findPrimaryKey(records, name),
    cursor: findCursor(records, since),
    schema: records.length > 0 ? inferSchema(records) : null,
  };
}

/** The answer as JSON; null where there is none, or the API refused. */
function readable({ answer }: Call): JsonValue {
  return answer && answer.status < 400 && typeof answer.body !== 'string' ? answer.body : null;
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
  const words = parts.map((part) => decoded(part).replace(/\.(json|xml|csv)$/i, ''));
  const last = words.findLast((word) => /^[a-z][\w-]*$/i.test(word) && !/^[0-9a-f-]{16,}$/i.test(word));
  return (last ?? new URL(url).hostname.split('.').at(-2) ?? 'records').replace(/-/g, '_').toLowerCase();
}

function uniqueName(name: string, used: Set<string>): string {
  let free = name;
  for (let count = 2; used.has(free); count++) free = `${name}_${count}`;
  used.add(free);
  return free;
}

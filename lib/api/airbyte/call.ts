import type { Identity } from '#lib/access/identify.ts';
import { notFound } from '#lib/connections/refusals.ts';
import type { Context } from '#lib/context.ts';
import type { Role } from '#lib/db/schema.ts';
import { type Issue, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { badRequest } from '../failures.ts';

/** One request of an Airbyte client, read and let through. */
export interface Call {
  readonly context: Context;
  readonly identity: Identity;
  readonly body: JsonObject;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  /** The address under which the client reached us, such as `http://localhost:8000`. */
  readonly origin: string;
  readonly signal: AbortSignal;
  /** Names what the call was about, for the audit log: `source:<id>`. */
  readonly about: (subject: string) => void;
}

interface RouteBase {
  /** Who may call it; `anybody` needs no credentials. */
  readonly role: Role | 'anybody';
  /** Noted in the audit log; absent for what only reads. */
  readonly action?: string;
  readonly summary: string;
  /** JSON schema of the body, for the OpenAPI document; what is read is checked where it is read. */
  readonly input?: JsonObject;
  /** What is answered as JSON; nothing answers 204. */
  readonly handle: (call: Call) => unknown;
}

/** `POST /api/v1/<verb>`; a GET with a body means the same. */
export interface ConfigRoute extends RouteBase {
  readonly verb: string;
}

/** Below `/api/public/v1` and `/v1`: method and path, such as `GET /sources/:id`. */
export interface PublicRoute extends RouteBase {
  readonly route: string;
}

/** Airbyte's default organization; Weir has no others. */
export const ORGANIZATION_ID = '00000000-0000-0000-0000-000000000000';
/** What clients print in place of a null uuid. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A text of the body. @throws WeirError `invalid_input` when it is missing */
export function textOf(body: JsonObject, field: string): string {
  const value = optionalText(body, field);
  if (value !== undefined) return value;
  throw invalid([{ path: field, message: 'This is required.' }]);
}

/** Absent and null are the same to clients. */
export function optionalText(body: JsonObject, field: string): string | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw invalid([{ path: field, message: 'This must be a text.' }]);
}

export function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The uuid of something. What is none can't be there. */
export function idIn(body: JsonObject, field: string, noun: string): string {
  const value = textOf(body, field);
  if (UUID.test(value)) return value.toLowerCase();
  throw notFound(noun);
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A job's number; some clients send it as a text. */
export function jobIdOf(value: JsonValue | undefined): number {
  const id = typeof value === 'number' ? value : typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : NaN;
  if (Number.isSafeInteger(id) && id >= 0) return id;
  if (value === undefined || value === null) throw invalid([{ path: 'id', message: 'This is required.' }]);
  throw notFound('job');
}

/** Credentials belong to one workspace: naming it is optional, naming another finds nothing. */
export function assertWorkspace({ identity }: Call, named: JsonValue | undefined): void {
  if (named === undefined || named === null || named === '' || named === identity.workspaceId) return;
  throw notFound('workspace');
}

/** `limit` and `offset` of the query. */
export function pageOf(query: URLSearchParams, most = 100): { limit: number; offset: number } {
  const limit = wholeOf(query, 'limit') ?? 20;
  if (limit < 1 || limit > most) throw badRequest(`limit takes 1 to ${most}.`);
  return { limit, offset: wholeOf(query, 'offset') ?? 0 };
}

function wholeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw badRequest(`${name} takes a whole number.`);
}

/** The public API's list: one row more than asked for tells whether there is a next page. */
export function listed<Row>(
  { origin, query }: Call,
  path: string,
  rows: readonly Row[],
  show: (row: Row) => unknown,
): { data: unknown[]; next: string; previous: string } {
  const { limit, offset } = pageOf(query);
  const link = (at: number) => {
    const next = new URLSearchParams(query);
    next.set('limit', String(limit));
    next.set('offset', String(at));
    return `${origin}/api/public/v1/${path}?${next}`;
  };
  return {
    data: rows.slice(0, limit).map(show),
    next: rows.length > limit ? link(offset + limit) : '',
    previous: offset > 0 ? link(Math.max(0, offset - limit)) : '',
  };
}

/** Refuses a list of another workspace. `workspaceIds` may be repeated or joined by commas. */
export function assertWorkspaceIds(call: Call): void {
  const named = call.query
    .getAll('workspaceIds')
    .flatMap((text) => text.split(','))
    .filter(Boolean);
  if (named.length === 0 || named.includes(call.identity.workspaceId)) return;
  throw notFound('workspace');
}

export function invalid(issues: readonly Issue[], message = 'The request was not understood.'): WeirError {
  return new WeirError({ kind: 'config', code: 'invalid_input', message, issues });
}

/** What Airbyte has and Weir has not, with what to do in its place. */
export function unsupported(message: string, hint: string): WeirError {
  return new WeirError({ kind: 'config', code: 'unsupported', message, hint });
}

export function epochSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** Without what is absent: some clients read a key that is there as a value. */
export function withoutAbsent<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null)) as T;
}

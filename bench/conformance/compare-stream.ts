import type { JsonObject, JsonValue } from '#lib/json.ts';
import { parseJson } from '#lib/json.ts';
import {
  asObject,
  canonical,
  comparableRequest,
  comparableState,
  difference,
  firstDifference,
  short,
} from './compare.ts';
import type { Received } from './mock/answers.ts';

/** What one engine did with one stream. */
export interface Run {
  /** Null when it gave no answer in time. */
  readonly answer: JsonObject | null;
  readonly requests: readonly Received[];
}

/**
 * How a stream was compared: equal, and records came; equal but for requests that Weir saves on purpose; equal, and none came; both failed;
 * the engines differ; one gave no answer in time; or it needs a Python class that nobody has here.
 */
export type Outcome = 'read' | 'fewer requests' | 'empty' | 'both fail' | 'differs' | 'no answer' | 'refused';

/** Requests that the CDK repeats although it had the answer, by what they ask for. */
export interface Saved {
  readonly parents: number;
  readonly logins: number;
  readonly schemas: number;
}

export interface Verdict {
  readonly records: boolean;
  readonly state: boolean;
  readonly requests: boolean;
  readonly reason: string | null;
  readonly outcome: Outcome;
  /** What the CDK read and asked. */
  readonly counts: { readonly records: number; readonly requests: number };
  /** Only where there are some. */
  readonly saved?: Saved;
}

const ALL = { records: true, state: true, requests: true };
const NONE = { records: false, state: false, requests: false };

/** `label` stands before each reason. */
export function compareRuns(ours: Run, theirs: Run, label: string): Verdict {
  const counts = { records: listOf(theirs.answer?.records).length, requests: theirs.requests.length };
  if (ours.answer === null || theirs.answer === null) {
    const silent = [ours.answer ?? 'weir', theirs.answer ?? 'the cdk'].filter((item) => typeof item === 'string');
    const reason = `${label}no answer in time from ${silent.join(' and ')}`;
    return { ...NONE, reason, outcome: 'no answer', counts };
  }
  const [ourError, theirError] = [textOf(ours.answer.error), textOf(theirs.answer.error)];
  if (ourError && theirError) {
    const reason = `${label}both fail: weir ${ourError} | cdk ${theirError}`;
    return { ...ALL, reason, outcome: 'both fail', counts };
  }
  const failed = ourError !== null || theirError !== null;
  const records = difference(listOf(ours.answer.records).map(canonical), listOf(theirs.answer.records).map(canonical));
  const { requests, saved } = requestDifference(ours.requests, theirs.requests);
  const state = firstDifference(comparableState(ours.answer.state), comparableState(theirs.answer.state), '');
  const reasons = [
    ourError && `weir fails: ${ourError}`,
    theirError && `the cdk fails: ${theirError}`,
    different(requests) && `requests: ${words(requests)}`,
    different(records) && `records: ${recordWords(records)}`,
    state && `state: ${state}`,
    saved && `on purpose: ${inWords(saved)} less than the cdk, which asks again for what it had`,
  ].filter((reason): reason is string => typeof reason === 'string');
  const equal = {
    records: !failed && !different(records),
    state: !failed && state === null,
    requests: !failed && !different(requests),
  };
  const isEqual = equal.records && equal.state && equal.requests;
  return {
    ...equal,
    reason: reasons.length > 0 ? `${label}${reasons.join(' | ')}` : null,
    outcome: outcomeOf(isEqual, counts.records, saved),
    counts,
    ...(saved && { saved }),
  };
}

function outcomeOf(isEqual: boolean, records: number, saved: Saved | null): Outcome {
  if (!isEqual) return 'differs';
  if (saved) return 'fewer requests';
  return records > 0 ? 'read' : 'empty';
}

/** `1 request of a parent, 2 logins`. */
export function inWords({ parents, logins, schemas }: Saved): string {
  const each = [
    parents > 0 && `${parents} ${parents === 1 ? 'request' : 'requests'} of parents`,
    logins > 0 && `${logins} ${logins === 1 ? 'login' : 'logins'}`,
    schemas > 0 && `${schemas} ${schemas === 1 ? 'request' : 'requests'} of schemas`,
  ];
  return each.filter(Boolean).join(', ');
}

/**
 * Requests that only one engine made. We keep the answers of parents at every depth, the CDK those of the nearest one; and streams and
 * parents have one login here, each its own there. What the CDK asks them once more, though it had the answer, is counted apart.
 */
function requestDifference(ours: readonly Received[], theirs: readonly Received[]) {
  const all = difference(ours.map(comparableRequest), theirs.map(comparableRequest));
  const kept = new Set([
    ...ours.filter((request) => request.kept).map(comparableRequest),
    // A schema is asked for by us where it is needed: to list the streams, or to cast.
    ...theirs.filter(({ role }) => role === 'schema').map(comparableRequest),
  ]);
  const roles = new Map(theirs.map((request) => [comparableRequest(request), request.role]));
  const repeated = all.theirs.filter((request) => kept.has(request)).map((request) => roles.get(request));
  const logins = repeated.filter((role) => role === 'token' || role === 'login').length;
  const schemas = repeated.filter((role) => role === 'schema').length;
  return {
    requests: { ours: all.ours, theirs: all.theirs.filter((request) => !kept.has(request)) },
    saved: repeated.length > 0 ? { parents: repeated.length - logins - schemas, logins, schemas } : null,
  };
}

/** Of two runs together. */
export function savedTogether(one: Saved | undefined, other: Saved | undefined): Saved | null {
  if (!one || !other) return one ?? other ?? null;
  return {
    parents: one.parents + other.parents,
    logins: one.logins + other.logins,
    schemas: one.schemas + other.schemas,
  };
}

function different({ ours, theirs }: { ours: string[]; theirs: string[] }): boolean {
  return ours.length > 0 || theirs.length > 0;
}

function words({ ours, theirs }: { ours: string[]; theirs: string[] }): string {
  const [our, their] = closest(ours, theirs);
  return [
    ours.length > 0 && `${ours.length} only by weir, such as ${our}`,
    theirs.length > 0 && `${theirs.length} only by the cdk, such as ${their}`,
  ]
    .filter(Boolean)
    .join('; ');
}

/** One of each, those that begin most alike, without what they have in common in the middle. */
function closest(ours: readonly string[], theirs: readonly string[]): [string, string] {
  const [our = '', their = ''] = [ours[0], theirs.toSorted((a, b) => alike(b, ours[0]) - alike(a, ours[0]))[0]];
  const common = Math.max(0, alike(our, their) - 60);
  const part = (text: string) => (common > 120 ? `${text.slice(0, 60)}…${short(text.slice(common))}` : short(text));
  return [part(our), part(their)];
}

function alike(a: string, b = ''): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function recordWords(found: { ours: string[]; theirs: string[] }): string {
  const [ours, theirs] = [found.ours[0], found.theirs[0]];
  const field = ours && theirs ? firstDifference(parseJson(ours), parseJson(theirs)) : null;
  return `${found.ours.length} only by weir, ${found.theirs.length} only by the cdk${field ? `; ${field}` : ''}`;
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function textOf(error: JsonValue | undefined): string | null {
  return typeof error === 'string' && error !== '' ? error.slice(0, 400).replaceAll(/\s+/g, ' ') : null;
}

/** Catalogs, stream by stream. */
export function compareCatalogs(ours: JsonValue | undefined, theirs: JsonValue | undefined): string | null {
  const byName = (streams: JsonValue | undefined) =>
    new Map(listOf(streams).map((stream) => [String(asObject(stream).name), comparableEntry(asObject(stream))]));
  const [our, their] = [byName(ours), byName(theirs)];
  const missing = [...their.keys()].filter((name) => !our.has(name));
  const extra = [...our.keys()].filter((name) => !their.has(name));
  if (missing.length > 0) return `streams that only the cdk has: ${missing.join(', ')}`;
  if (extra.length > 0) return `streams that only weir has: ${extra.join(', ')}`;
  for (const [name, stream] of their) {
    const found = firstDifference(our.get(name), stream, name);
    if (found) return found;
  }
  return null;
}

/** Fields that are empty or false say as much as absent ones. */
function comparableEntry(stream: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(stream).filter(
      ([, value]) => value !== null && value !== false && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

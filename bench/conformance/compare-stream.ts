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

/** How a stream was compared: records came; none did; both failed; the engines differ; one gave no answer in time; or Weir needs a Python class for it. */
export type Outcome = 'read' | 'empty' | 'both fail' | 'differs' | 'no answer' | 'refused';

export interface Verdict {
  readonly records: boolean;
  readonly state: boolean;
  readonly requests: boolean;
  readonly reason: string | null;
  readonly outcome: Outcome;
  /** What the CDK read and asked. */
  readonly counts: { readonly records: number; readonly requests: number };
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
  const { requests, repeats } = requestDifference(ours.requests, theirs.requests);
  const state = firstDifference(comparableState(ours.answer.state), comparableState(theirs.answer.state), '');
  const reasons = [
    ourError && `weir fails: ${ourError}`,
    theirError && `the cdk fails: ${theirError}`,
    different(requests) && `requests: ${words(requests)}`,
    different(records) && `records: ${recordWords(records)}`,
    state && `state: ${state}`,
    repeats > 0 &&
      `on purpose: ${repeats} requests of parents, logins and schemas less than the cdk, which asks again for what it had`,
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
    outcome: isEqual ? (counts.records > 0 ? 'read' : 'empty') : 'differs',
    counts,
  };
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
  const missing = all.theirs.filter((request) => !kept.has(request));
  return { requests: { ours: all.ours, theirs: missing }, repeats: all.theirs.length - missing.length };
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

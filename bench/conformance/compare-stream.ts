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

export interface Verdict {
  readonly records: boolean;
  readonly state: boolean;
  readonly requests: boolean;
  readonly reason: string | null;
  /** What was compared, to tell a stream that was read from one that failed on both sides. */
  readonly counts: { readonly records: number; readonly requests: number };
}

export function compareRuns(ours: Run, theirs: Run, label: string): Verdict {
  const counts = { records: listOf(theirs.answer?.records).length, requests: theirs.requests.length };
  if (ours.answer === null || theirs.answer === null)
    return {
      records: false,
      state: false,
      requests: false,
      reason: `${label}no answer in time from ${ours.answer === null ? 'weir' : 'the cdk'}`,
      counts,
    };
  const [ourError, theirError] = [textOf(ours.answer.error), textOf(theirs.answer.error)];
  if (ourError && theirError)
    return {
      records: true,
      state: true,
      requests: true,
      reason: `${label}both fail: weir ${ourError} | cdk ${theirError}`,
      counts,
    };
  const records = difference(listOf(ours.answer.records).map(canonical), listOf(theirs.answer.records).map(canonical));
  const requests = difference(ours.requests.map(comparableRequest), theirs.requests.map(comparableRequest));
  const state = firstDifference(comparableState(ours.answer.state), comparableState(theirs.answer.state), '');
  const reasons = [
    ourError && `weir fails: ${ourError}`,
    theirError && `the cdk fails: ${theirError}`,
    different(requests) && `requests: ${words(requests)}`,
    different(records) && `records: ${recordWords(records)}`,
    state && `state: ${state}`,
  ].filter((reason): reason is string => typeof reason === 'string');
  const failed = (ourError === null) !== (theirError === null);
  return {
    records: !failed && !different(records),
    state: !failed && state === null,
    requests: !failed && !different(requests),
    reason: reasons.length > 0 ? `${label}${reasons.join(' | ')}` : null,
    counts,
  };
}

function different({ ours, theirs }: { ours: string[]; theirs: string[] }): boolean {
  return ours.length > 0 || theirs.length > 0;
}

function words({ ours, theirs }: { ours: string[]; theirs: string[] }): string {
  return [
    ours.length > 0 && `${ours.length} only by weir, such as ${short(ours[0])}`,
    theirs.length > 0 && `${theirs.length} only by the cdk, such as ${short(theirs[0])}`,
  ]
    .filter(Boolean)
    .join('; ');
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

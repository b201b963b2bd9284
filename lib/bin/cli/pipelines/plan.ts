import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { MASK } from '#lib/secrets.ts';
import type { Document, Kind } from './documents.ts';
import type { Remote } from './remote.ts';
import { plainStream } from './streams.ts';

/** What becomes of one thing. `extra` is on the server and in no document. */
export interface Step {
  readonly kind: Kind;
  readonly name: string;
  readonly action: 'create' | 'update' | 'same' | 'extra' | 'delete';
  /** What would change, such as `schedule.expression`; secrets are not among it. */
  readonly changes: readonly string[];
  /** The server does not show its secrets: they are sent again with every apply. */
  readonly hasSecrets: boolean;
  readonly document: Document | null;
  readonly remote: Remote | null;
}

/** Differences between documents and server, in the order in which they are applied. */
export function plan(documents: readonly Document[], remotes: readonly Remote[], options: { prune: boolean }): Step[] {
  const find = ({ kind, name }: Document) => remotes.find((row) => row.kind === kind && row.name === name) ?? null;
  const steps = documents.map((document) => stepOf(document, find(document)));
  const extra = remotes
    .filter((row) => !documents.some(({ kind, name }) => kind === row.kind && name === row.name))
    .map(({ kind, name, ...rest }): Step => {
      const action = options.prune ? 'delete' : 'extra';
      return { kind, name, action, changes: [], hasSecrets: false, document: null, remote: { kind, name, ...rest } };
    });
  // What uses others goes before them.
  return [...steps, ...extra.toReversed()];
}

function stepOf(document: Document, remote: Remote | null): Step {
  const { kind, name } = document;
  if (remote === null) return { kind, name, action: 'create', changes: [], hasSecrets: false, document, remote };
  const wanted = comparable(document.body);
  const changes = differences(wanted, pick(comparable(remote.body), wanted), '');
  const hasSecrets = JSON.stringify(remote.body).includes(MASK);
  return { kind, name, action: changes.length > 0 ? 'update' : 'same', changes, hasSecrets, document, remote };
}

/** States are where a connection once began, not what it is. */
function comparable({ states: _states, ...body }: JsonObject): JsonObject {
  const { streams, manifest } = body;
  return {
    ...body,
    ...(Array.isArray(streams) && { streams: streams.map(plainStream) }),
    ...(typeof manifest === 'string' && { manifest: manifest.trim() }),
  };
}

/** Of what the server has, the fields that the document speaks of: what it leaves out stays as it is. */
function pick(remote: JsonObject, wanted: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(wanted).flatMap((key) => (key in remote ? [[key, remote[key] ?? null]] : [])));
}

/** Paths at which two values differ. A masked value may be anything. */
export function differences(wanted: JsonValue | undefined, found: JsonValue | undefined, path: string): string[] {
  if (found === MASK && wanted !== undefined) return [];
  if (isJsonObject(wanted) && isJsonObject(found)) {
    const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])];
    return keys.flatMap((key) => differences(wanted[key], found[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(wanted) && Array.isArray(found) && wanted.length === found.length)
    return wanted.flatMap((item, index) => differences(item, found[index], `${path}.${labelOf(item, index)}`));
  return JSON.stringify(wanted ?? null) === JSON.stringify(found ?? null) ? [] : [path];
}

/** Streams by their names: people do not count. */
function labelOf(item: JsonValue, index: number): string {
  return isJsonObject(item) && typeof item.name === 'string' ? item.name : String(index);
}

import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** A part of a path: a key, a position in a list, or a pattern with `*`; `**` stands for any number of parts. */
export type PathPart = string | number | bigint;

/** The value at a path without patterns; undefined where there is none. */
export function valueAt(value: JsonValue | undefined, path: readonly PathPart[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((inner, part) => {
    const key = String(part);
    if (Array.isArray(inner)) return /^-?\d+$/.test(key) ? inner.at(Number(key)) : undefined;
    return isJsonObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined;
  }, value);
}

/** Every value that a path with patterns leads to. */
export function valuesAt(value: JsonValue, path: readonly PathPart[]): JsonValue[] {
  return places(value, path).map(({ container, key }) => (container as JsonObject)[key] as JsonValue);
}

/** Puts `replacement` at every place that the path leads to, and says how many there were; it makes none. */
export function replaceAt(value: JsonValue, path: readonly PathPart[], replacement: JsonValue): number {
  const found = places(value, path);
  for (const { container, key } of found) put(container, key, replacement);
  return found.length;
}

/** Puts a value at a path without patterns and makes what is missing on the way: a list before a position, else an object. */
export function createAt(value: JsonObject, path: readonly PathPart[], created: JsonValue): void {
  let inner: JsonObject | JsonValue[] = value;
  for (const [index, part] of path.entries()) {
    const next = path[index + 1];
    if (next === undefined) {
      put(inner, String(part), created);
      return;
    }
    const known: JsonValue | undefined = valueAt(inner, [part]);
    const child: JsonObject | JsonValue[] =
      isJsonObject(known) || Array.isArray(known) ? known : typeof next === 'string' && !/^\d+$/.test(next) ? {} : [];
    if (child !== known) put(inner, String(part), child);
    inner = child;
  }
}

/** Positions that a path may make in a list. */
const LONGEST_LIST = 10_000;

function put(container: JsonObject | JsonValue[], key: string, value: JsonValue): void {
  if (!Array.isArray(container)) {
    Object.defineProperty(container, key, { value, enumerable: true, writable: true, configurable: true });
    return;
  }
  const index = Number(key);
  if (!Number.isInteger(index) || index < 0 || index > LONGEST_LIST) return;
  while (container.length < index) container.push(null);
  container[index] = value;
}

interface Place {
  readonly container: JsonObject | JsonValue[];
  readonly key: string;
}

function places(value: JsonValue, path: readonly PathPart[]): Place[] {
  const [part, ...rest] = path;
  if (part === undefined || (!isJsonObject(value) && !Array.isArray(value))) return [];
  const all = Object.keys(value);
  if (part === '**') {
    const here = rest.length === 0 ? all.map((key) => ({ container: value, key })) : places(value, rest);
    return [...here, ...all.flatMap((key) => places((value as JsonObject)[key] as JsonValue, path))];
  }
  const keys = all.filter(matcherOf(String(part)));
  if (rest.length === 0) return keys.map((key) => ({ container: value, key }));
  return keys.flatMap((key) => places((value as JsonObject)[key] as JsonValue, rest));
}

function matcherOf(part: string): (key: string) => boolean {
  if (!part.includes('*')) return (key) => key === part;
  const pattern = part
    .split('*')
    .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  const regex = new RegExp(`^${pattern}$`, 's');
  return (key) => regex.test(key);
}

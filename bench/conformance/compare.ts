import { ExactNumber, isJsonObject, type JsonObject, type JsonValue, parseJson, stringifyJson } from '#lib/json.ts';
import type { Received } from './mock/answers.ts';

/** One text for one value: keys sorted, `1.0` as `1`, digits kept. */
export function canonical(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value instanceof ExactNumber) return value.text.replace(/\.0+$/, '');
  if (isJsonObject(value))
    return `{${Object.keys(value)
      .toSorted()
      .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
      .join(',')}}`;
  if (typeof value === 'bigint') return String(value);
  return JSON.stringify(value);
}

/** What one side has and the other has not, each counted: empty when the two hold the same. */
export function difference(ours: readonly string[], theirs: readonly string[]): { ours: string[]; theirs: string[] } {
  const counts = new Map<string, number>();
  for (const item of theirs) counts.set(item, (counts.get(item) ?? 0) + 1);
  const more: string[] = [];
  for (const item of ours) {
    const left = counts.get(item) ?? 0;
    if (left > 0) counts.set(item, left - 1);
    else more.push(item);
  }
  return { ours: more, theirs: [...counts].flatMap(([item, count]) => Array<string>(count).fill(item)) };
}

/** A state without what depends on how long a run took, its partitions in one order. */
export function comparableState(state: JsonValue | undefined): JsonValue {
  if (!isJsonObject(state)) return state ?? null;
  const entries = Object.entries(state).map(([key, value]): [string, JsonValue] => {
    if (key === 'lookback_window') return [key, typeof value === 'number' ? 'seconds' : value];
    if (key === 'states' && Array.isArray(value))
      return [key, value.toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1))];
    if (key === 'parent_state' && isJsonObject(value))
      return [key, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, comparableState(inner)]))];
    return [key, value];
  });
  return Object.fromEntries(entries);
}

/** A request as it counts: method, address, query in any order, body by its meaning. */
export function comparableRequest({ method, origin, path, query, headers, body }: Received): string {
  const sorted = query.map(([name, value]) => `${name}=${value}`).toSorted();
  const authorization = headers.authorization ? ` auth=${headers.authorization}` : '';
  return `${method} ${origin}${decoded(path)}${sorted.length > 0 ? `?${sorted.join('&')}` : ''}${authorization}${body ? ` ${comparableBody(body)}` : ''}`;
}

/** A body by its meaning. */
export function comparableBody(body: string): string {
  try {
    return canonical(parseJson(body));
  } catch {
    if (!/^[^\s=&]+=[^\s]*$/.test(body)) return body;
    return [...new URLSearchParams(body)]
      .map(([name, value]) => `${name}=${value}`)
      .toSorted()
      .join('&');
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The first places where two values differ, in words. */
export function firstDifference(ours: JsonValue | undefined, theirs: JsonValue | undefined, path = ''): string | null {
  if (canonical(ours) === canonical(theirs)) return null;
  if (isJsonObject(ours) && isJsonObject(theirs)) {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      const found = firstDifference(ours[key], theirs[key], path === '' ? key : `${path}.${key}`);
      if (found) return found;
    }
  }
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    for (const [index, item] of theirs.entries()) {
      const found = firstDifference(ours[index], item, `${path}[${index}]`);
      if (found) return found;
    }
  }
  return `${path || 'value'}: weir ${short(ours)}, cdk ${short(theirs)}`;
}

export function short(value: JsonValue | undefined): string {
  const text = typeof value === 'string' ? value : value === undefined ? 'nothing' : stringifyJson(value);
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}

export function asObject(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

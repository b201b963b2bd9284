import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** Removes what a path with patterns leads to, where `goes` holds for it. The last of a list is removed, others become null. */
export function removeAt(
  value: JsonValue,
  pattern: readonly string[],
  goes: (found: JsonValue) => boolean = () => true,
): void {
  remove(value, [], pattern, goes);
}

function remove(
  container: JsonValue,
  path: readonly string[],
  pattern: readonly string[],
  goes: (found: JsonValue) => boolean,
): void {
  if (!isJsonObject(container) && !Array.isArray(container)) return;
  for (const key of Object.keys(container)) {
    const found = (container as JsonObject)[key] as JsonValue;
    const at = [...path, key];
    if (!matchesPath(at, pattern) || !goes(found)) remove(found, at, pattern, goes);
    else if (!Array.isArray(container)) delete container[key];
    else if (Number(key) === container.length - 1) container.pop();
    else container[Number(key)] = null;
  }
}

/** Whether a path fits a pattern: `*` is any key, `?` any character, `[ab]` one of them, `**` any number of keys. */
export function matchesPath(path: readonly string[], pattern: readonly string[]): boolean {
  const stars = pattern.indexOf('**');
  if (stars < 0)
    return path.length === pattern.length && path.every((key, index) => matchesKey(key, pattern[index] ?? ''));
  const before = pattern.slice(0, stars);
  const after = pattern.slice(stars + 1);
  return (
    path.length >= before.length + after.length &&
    matchesPath(path.slice(0, before.length), before) &&
    matchesPath(path.slice(path.length - after.length), after)
  );
}

const known = new Map<string, RegExp>();
const MOST_KNOWN = 500;

function matchesKey(key: string, pattern: string): boolean {
  if (!/[*?[]/.test(pattern)) return key === pattern;
  const regex = known.get(pattern) ?? compiled(pattern);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(pattern, regex);
  return regex.test(key);
}

function compiled(pattern: string): RegExp {
  const source = pattern.replace(/\*+|\?|\[(!?)(\]?[^\]]*)\]|[\\^$.+|(){}[\]]/g, (part, not?: string, set?: string) => {
    if (part.startsWith('*')) return '.*';
    if (part === '?') return '.';
    return set ? `[${not ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]` : `\\${part}`;
  });
  return new RegExp(`^${source}$`, 's');
}

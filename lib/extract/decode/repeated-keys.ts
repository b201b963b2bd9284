import { isUtf8 } from 'node:buffer';
import { isJsonObject, type JsonValue } from '#lib/json.ts';

const [QUOTE, COLON, ESCAPE] = [...'":\\'].map((sign) => sign.charCodeAt(0));

/**
 * How many keys of its objects a JSON text repeats: parsing keeps the last value of each, and tells nobody. Given the text and what
 * it was parsed to; the keys that are missing there were repeated. Text in another encoding than UTF-8 is not looked at.
 */
export function countRepeated(raw: Uint8Array, values: readonly JsonValue[]): number {
  return isUtf8(raw) ? countKeysWritten(raw) - values.reduce<number>((sum, value) => sum + countKeys(value), 0) : 0;
}

/** Colons outside of texts. A loop over bytes, since it is done for every page. */
function countKeysWritten(raw: Uint8Array): number {
  let keys = 0;
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at];
    if (byte === COLON) keys++;
    else if (byte === QUOTE) {
      for (at++; at < raw.length && raw[at] !== QUOTE; at++) if (raw[at] === ESCAPE) at++;
    }
  }
  return keys;
}

/** By a list of what is left to look at, since values may lie deeper than calls may. Parsed objects have no keys but their own. */
function countKeys(value: JsonValue): number {
  let keys = 0;
  const left: JsonValue[] = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (Array.isArray(next)) {
      for (const item of next) if (typeof item === 'object' && item !== null) left.push(item);
    } else if (isJsonObject(next)) {
      for (const name in next) {
        keys++;
        const item = next[name];
        if (typeof item === 'object' && item !== null) left.push(item);
      }
    }
  }
  return keys;
}

/** The first key that its object repeats, for who has to find it. */
export function firstRepeated(text: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, key] of text.matchAll(/[{}[\]]|("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"/g)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    if (key === undefined) continue;
    const name = JSON.parse(key) as string;
    const names = open.at(-1);
    if (names?.has(name)) return name;
    names?.add(name);
  }
  return null;
}

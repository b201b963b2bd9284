import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { referenceTargets } from './references-in-text.ts';

/** What the last test saw of the API, and what the manifest says of itself. */
export interface KnownData {
  /** The last answer's body. */
  readonly response: JsonValue;
  readonly records: readonly JsonObject[];
  /** Fields of the config. */
  readonly config: readonly string[];
  readonly streams: readonly string[];
  readonly functions: readonly string[];
  readonly filters: readonly string[];
}

export interface Suggestion {
  /** Takes the place of what is typed from `from` to the cursor. */
  readonly text: string;
  readonly detail: string;
  readonly from: number;
}

const VARIABLES = [
  ...['config', 'parameters', 'response', 'headers', 'record', 'last_record', 'last_page_size'],
  ...['next_page_token', 'stream_slice', 'stream_partition', 'stream_interval', 'stream_state'],
];
const LOOKED_AT = 100;
const MOST = 200;
const DEEPEST = 4;

/** What fits at the cursor, by what was read and what stands in the text: the schema's own suggestions are made elsewhere. */
export function suggestionsAt(text: string, offset: number, data: KnownData): Suggestion[] {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  const opened = line.lastIndexOf('{{');
  if (opened !== -1 && !line.slice(opened).includes('}}')) return inTemplate(line.slice(opened + 2), offset, data);
  const reference = /(?:\$ref:\s*|^\s*-?\s*[\w$-]+:\s*|-\s+)(["']?)(#?[^\s"']*)$/.exec(line);
  if (reference && (/\$ref:/.test(line) || reference[2]?.startsWith('#')))
    return referenceSuggestions(text, offset, { quote: reference[1] ?? '', typed: reference[2] ?? '' });
  const key = keyAbove(text, offset, line);
  const typed = /[\w$.-]*$/.exec(line)?.[0] ?? '';
  const from = offset - typed.length;
  return valuesFor(key, data)
    .map(([value, detail]) => ({ text: value, detail, from }))
    .slice(0, MOST);
}

/** References stand in quotes: a bare `#` would begin a comment. */
function referenceSuggestions(
  text: string,
  offset: number,
  { quote, typed }: { quote: string; typed: string },
): Suggestion[] {
  const around = quote === '' ? '"' : '';
  return referenceTargets(text).map((target) => ({
    text: `${around}${target}${around}`,
    detail: 'a part of this manifest',
    from: offset - typed.length,
  }));
}

const ACCESS = /([A-Za-z_]\w*)((?:\.\w+|\[['"][^'"\]]+['"]\])*)(\.|\[['"])(\w*)$/;

function inTemplate(before: string, offset: number, data: KnownData): Suggestion[] {
  const access = ACCESS.exec(before);
  if (access) {
    const [, variable = '', steps = '', , typed = ''] = access;
    const path = [...steps.matchAll(/\.(\w+)|\[['"]([^'"\]]+)['"]\]/g)].map(
      ([, dotted, quoted]) => dotted ?? quoted ?? '',
    );
    return keysOf(variableIn(variable, data), path).map(([text, detail]) => ({
      ...{ text, detail },
      from: offset - typed.length,
    }));
  }
  const typed = /\w*$/.exec(before)?.[0] ?? '';
  const from = offset - typed.length;
  if (/\|\s*\w*$/.test(before)) return data.filters.map((text) => ({ text, detail: 'filter', from }));
  return [
    ...VARIABLES.map((text) => ({ text, detail: 'variable', from })),
    ...data.functions.map((name) => ({ text: `${name}()`, detail: 'function', from })),
  ];
}

function variableIn(variable: string, { response, records, config }: KnownData): JsonValue {
  if (variable === 'response') return response;
  if (variable === 'record' || variable === 'last_record') return records.at(-1) ?? null;
  if (variable === 'config') return Object.fromEntries(config.map((name) => [name, null]));
  return null;
}

function keysOf(value: JsonValue, path: readonly string[]): [string, string][] {
  const inner = path.reduce<JsonValue>((at, key) => (isJsonObject(at) ? (at[key] ?? null) : null), value);
  return isJsonObject(inner) ? Object.entries(inner).map(([key, item]) => [key, shown(item)]) : [];
}

/** The key whose value is being typed: on this line, or above a list. */
function keyAbove(text: string, offset: number, line: string): string {
  const inLine = [...line.matchAll(/([\w$-]+):\s*(?:\[[^\]]*|"?[^,{}"]*)$/g)].at(-1)?.[1];
  if (inLine) return inLine;
  const item = /^(\s*)-\s+[^:]*$/.exec(line);
  if (!item) return '';
  const above = text
    .slice(0, offset - line.length)
    .split('\n')
    .toReversed();
  const owner = above.find((each) => each.trim() !== '' && !each.trimStart().startsWith('-'));
  return /^\s*(?:-\s+)?([\w$-]+):\s*$/.exec(owner ?? '')?.[1] ?? '';
}

function valuesFor(key: string, data: KnownData): [string, string][] {
  switch (key) {
    case 'field_path':
      return fieldPaths(data.response);
    case 'cursor_field':
      return fieldsOf(data, isCursor);
    case 'primary_key':
      return fieldsOf(data, isUnique);
    case 'parent_key':
    case 'path':
    case 'field_pointers':
      return fieldsOf(data, () => true);
    case 'stream_names':
      return data.streams.map((name) => [name, 'stream']);
    default:
      return [];
  }
}

/** Names that lead to lists of objects in the answer, those first; then all others. */
function fieldPaths(response: JsonValue): [string, string][] {
  const found: { path: string; detail: string; isList: boolean }[] = [];
  const walk = (value: JsonValue, path: readonly string[]) => {
    if (!isJsonObject(value) || path.length >= DEEPEST) return;
    for (const [key, item] of Object.entries(value)) {
      const isList = Array.isArray(item) && item.some(isJsonObject);
      found.push({ path: [...path, key].join(', '), detail: shown(item), isList });
      walk(item, [...path, key]);
    }
  };
  walk(response, []);
  return found.toSorted((a, b) => Number(b.isList) - Number(a.isList)).map(({ path, detail }) => [path, detail]);
}

type Fits = (values: readonly JsonValue[]) => boolean;

function fieldsOf({ records }: KnownData, fits: Fits): [string, string][] {
  const looked = records.slice(0, LOOKED_AT);
  const names = [...new Set(looked.flatMap((record) => Object.keys(record)))];
  return names
    .filter((name) => fits(looked.map((record) => record[name] ?? null)))
    .map((name) => [name, `such as ${shown(looked.find((record) => record[name] !== undefined)?.[name] ?? null)}`]);
}

/** A time, or a number that may count up. */
const isCursor: Fits = (values) =>
  values.every(
    (value) => typeof value === 'number' || (typeof value === 'string' && /^\d{4}-\d\d|^\d{10,}$/.test(value)),
  );

const isUnique: Fits = (values) =>
  values.length > 0 &&
  values.every((value) => typeof value === 'string' || typeof value === 'number') &&
  new Set(values).size === values.length;

function shown(value: JsonValue): string {
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (isJsonObject(value)) return 'object';
  const text = String(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

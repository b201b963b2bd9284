import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Found } from './draft.ts';

const MOST_DEPTH = 4;
/** Names under which APIs put their lists. */
const USUAL = ['data', 'items', 'results', 'records', 'value', 'values', 'rows', 'entries', 'objects', 'list', 'hits'];
const USUAL_BONUS = 0.5;
/** Lists far inside are more often parts of a record. */
const DEPTH_COST = 0.4;

interface List {
  readonly path: readonly string[];
  readonly records: readonly JsonObject[];
  readonly length: number;
}

/** Where an answer's records are: the list of objects that is longest and nearest, or the answer itself. */
export function findRecords(body: JsonValue, hint = ''): Found<readonly string[]> & { records: readonly JsonObject[] } {
  const lists = listsIn(body).toSorted((a, b) => weight(b, hint) - weight(a, hint));
  const [best, second] = lists;
  if (!best) return single(body);
  const place = best.path.length === 0 ? 'The answer is a list' : `\`${best.path.join('.')}\` is a list`;
  const others = second ? `; ${lists.length - 1} other ${lists.length === 2 ? 'list fits' : 'lists fit'} less` : '';
  return {
    value: best.path,
    records: best.records,
    evidence: `${place} of ${best.length} ${best.length === 1 ? 'object' : 'objects'}${keysInCommon(best.records)}${others}.`,
  };
}

function single(body: JsonValue): ReturnType<typeof findRecords> {
  if (isJsonObject(body)) {
    const empty = emptyListIn(body);
    if (empty) return { value: [empty], records: [], evidence: `\`${empty}\` is an empty list; nothing else is one.` };
    return { value: [], records: [body], evidence: 'The answer is one object and holds no list of objects.' };
  }
  return { value: [], records: [], evidence: 'The answer holds no object.' };
}

function emptyListIn(body: JsonObject): string | undefined {
  const empty = Object.keys(body).filter((key) => Array.isArray(body[key]));
  return empty.find((key) => USUAL.includes(key)) ?? empty[0];
}

function listsIn(value: JsonValue, path: readonly string[] = []): List[] {
  if (Array.isArray(value)) {
    const records = value.filter(isJsonObject);
    return records.length > 0 ? [{ path, records, length: value.length }] : [];
  }
  if (!isJsonObject(value) || path.length >= MOST_DEPTH) return [];
  return Object.entries(value).flatMap(([key, inner]) => listsIn(inner, [...path, key]));
}

/** Length counts less and less: two hundred records are no better a sign than twenty. */
function weight({ path, records, length }: List, hint: string): number {
  const name = path.at(-1)?.toLowerCase() ?? '';
  const usual = path.length === 0 || USUAL.includes(name) || (hint !== '' && name === hint.toLowerCase());
  const width = Object.keys(records[0] ?? {}).length;
  return Math.log2(1 + length) + Math.log2(1 + width) + (usual ? USUAL_BONUS : 0) - path.length * DEPTH_COST;
}

function keysInCommon(records: readonly JsonObject[]): string {
  if (records.length < 2) return '';
  const all = new Set(records.flatMap((record) => Object.keys(record)));
  const common = [...all].filter((key) => records.every((record) => key in record));
  return ` that share ${common.length} of ${all.size} fields`;
}

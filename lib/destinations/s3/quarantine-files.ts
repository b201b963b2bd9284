import { isJsonObject, type JsonObject, parseJson, stringifyJson } from '#lib/json.ts';
import type { QuarantineEntry } from '../destination.ts';
import { ownPrefix, readSegment, streamSegments } from './commits.ts';
import type { ObjectStore } from './object-store.ts';

/** Rows of one object: it is read whole to show some of them. */
const MOST_ROWS = 5_000;
const MOST_LENGTH = 16 * 1024 * 1024;
/** Longer records are cut, and then can't be loaded again. */
export const MAX_RECORD_TEXT = 1024 * 1024;
const IDS_PER_MS = 1_000;

/** A row that was put aside, as a line of such an object; `n` is its place among the ids of the object. */
export interface QuarantineLine extends Pick<QuarantineEntry, 'slice' | 'page' | 'row' | 'code' | 'reason' | 'record'> {
  readonly n: number;
  /** When the source gave it; missing in lines of before. */
  readonly came?: string;
}

export interface StreamPlace {
  readonly namespace: string;
  readonly table: string;
}

/** Which rows an object holds; all of it stands in the object's name, so that a listing tells everything but the rows. */
export interface QuarantineFile extends StreamPlace {
  readonly key: string;
  /** The id of its first row; ids count thousandths of a millisecond. */
  readonly base: number;
  /** Ids that it was given, and rows that are left. */
  readonly span: number;
  readonly rows: number;
  readonly syncId: number;
  /** The publish of the sync that the rows belong to. */
  readonly part: number;
  readonly fence: number;
}

/** Of a stream's name, behind the numbers. */
const MOST_SIGNS = 150;
const NAME = /\/(\d{16})-(\d+)-(\d+)-(\d+)-(\d+)-(\d+)-([^.]*)\.([^.]*)\.jsonl$/;

/** Where rows of a connection lie that were put aside. */
export function quarantinePrefix(path: string, connectionId: string): string {
  return `${ownPrefix(path, connectionId)}quarantine/`;
}

/** Oldest first. Of rows that two attempts have uploaded, those of the later one. */
export async function listQuarantine(store: ObjectStore, prefix: string): Promise<QuarantineFile[]> {
  const files = (await store.list(prefix)).flatMap(readKey);
  const fences = new Map<string, number>();
  for (const file of files) fences.set(partOf(file), Math.max(file.fence, fences.get(partOf(file)) ?? 0));
  return files.filter((file) => file.fence === fences.get(partOf(file)));
}

function partOf({ syncId, part, namespace, table }: QuarantineFile): string {
  return JSON.stringify([syncId, part, namespace, table]);
}

export async function readQuarantine(store: ObjectStore, { key }: QuarantineFile): Promise<QuarantineLine[]> {
  const lines = (await store.get(key)).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as QuarantineLine);
}

/** Uploads rows under ids that come after all that were given; gives the objects' keys. */
export async function writeQuarantine(
  store: ObjectStore,
  prefix: string,
  of: Pick<QuarantineFile, 'namespace' | 'table' | 'syncId' | 'part' | 'fence'>,
  { lines, now }: { lines: AsyncIterable<string>; now: Date },
): Promise<string[]> {
  const ends = (await store.list(prefix)).flatMap(readKey).map(({ base, span }) => base + span);
  let base = ends.reduce((most, end) => Math.max(most, end), now.getTime() * IDS_PER_MS);
  const keys: string[] = [];
  for await (const some of inGroups(lines)) {
    const file = { ...of, base, span: some.length, rows: some.length };
    const key = prefix + nameOf(file);
    const body = some.map((line, n) => `{"n":${n},${line.slice(1)}\n`);
    await store.put(key, body.join(''));
    keys.push(key);
    base += some.length;
  }
  return keys;
}

/** Takes rows out of an object; one that is empty goes. */
export async function removeRows(
  store: ObjectStore,
  prefix: string,
  file: QuarantineFile,
  goes: (line: QuarantineLine) => boolean,
): Promise<number> {
  const lines = await readQuarantine(store, file);
  const kept = lines.filter((line) => !goes(line));
  if (kept.length === lines.length) return 0;
  if (kept.length > 0)
    await store.put(
      prefix + nameOf({ ...file, rows: kept.length }),
      kept.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
  await store.delete([file.key]);
  return lines.length - kept.length;
}

/** The record of a line, unless it was cut or could not be written down. */
export function wholeRecord({ record }: QuarantineLine): JsonObject | null {
  if (!record.startsWith('{') || !record.endsWith('}') || record.length >= MAX_RECORD_TEXT) return null;
  const read = parseJson(record);
  return isJsonObject(read) ? read : null;
}

/** A record as lines hold it; one too deep to be written is named so. */
export function recordText(record: JsonObject): string {
  try {
    return stringifyJson(record).slice(0, MAX_RECORD_TEXT);
  } catch {
    return '(nests too deep to be shown)';
  }
}

async function* inGroups(lines: AsyncIterable<string>): AsyncGenerator<string[]> {
  let some: string[] = [];
  let length = 0;
  for await (const line of lines) {
    some.push(line);
    length += line.length;
    if (some.length < MOST_ROWS && length < MOST_LENGTH) continue;
    yield some;
    some = [];
    length = 0;
  }
  if (some.length > 0) yield some;
}

function nameOf({ base, span, rows, syncId, part, fence, namespace, table }: Omit<QuarantineFile, 'key'>): string {
  const numbers = [String(base).padStart(16, '0'), span, rows, syncId, part, fence].join('-');
  return `${numbers}-${streamSegments({ namespace, table }, MOST_SIGNS)}.jsonl`;
}

function readKey(key: string): QuarantineFile[] {
  const [, base, span, rows, syncId, part, fence, namespace = '', table = ''] = NAME.exec(key) ?? [];
  if (base === undefined) return [];
  return [
    {
      ...{ key, base: Number(base), span: Number(span), rows: Number(rows) },
      ...{ syncId: Number(syncId), part: Number(part), fence: Number(fence) },
      ...{ namespace: readSegment(namespace), table: readSegment(table) },
    },
  ];
}

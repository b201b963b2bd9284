import { createHash } from 'node:crypto';
import { ownPrefix } from './commits.ts';
import type { S3Config } from './config.ts';
import type { ObjectStore } from './object-store.ts';
import { expandFileName, expandPath } from './path-template.ts';
import type { WrittenFile } from './write-files.ts';

const MARK_DIGITS = 8;
const LISTED_AT_ONCE = 8;

type NamingConfig = Pick<S3Config, 'path' | 'ownPath' | 'pathFormat' | 'fileNamePattern' | 'format'>;

interface Naming {
  readonly namespace: string;
  readonly at: Date;
  readonly syncId: number;
  readonly late: readonly string[];
  readonly connectionId: string;
}

/**
 * A key for each file: the path's template, the partition's folder before its last part, and the name. Names that the bucket has
 * already get the next number, so that no file of another sync or stream is written over; so do those that a lost attempt may yet write.
 * Connections that share a folder may look in the same moment: the names of theirs are told apart by the connection.
 */
export async function freeKeys(
  store: ObjectStore,
  config: NamingConfig,
  { namespace, at, syncId, late, connectionId }: Naming,
  files: readonly Pick<WrittenFile, 'table' | 'partition'>[],
): Promise<string[]> {
  const taken = new Set(late);
  const paths = new Map<string, { path: string; mark: string }>();
  const bases: { base: string; mark: string }[] = [];
  for (const { table, partition } of files) {
    const known = paths.get(table.name);
    const values = { namespace, stream: table.name, at };
    const path = known?.path ?? expandPath(`${config.path}/${config.pathFormat}`, values);
    const mark = known?.mark ?? (await markFor(store, config, { ...values, connectionId }));
    paths.set(table.name, { path, mark });
    bases.push({ base: withPartition(path, partition), mark });
  }
  for (const key of await listedBelow(store, new Set(bases.map(({ base }) => base)))) taken.add(key);
  return bases.map(({ base, mark }) => {
    const ending = `.${config.format.extension}`;
    const name = (part: number) => marked(fileName(config, { at, part, syncId }), mark, ending);
    const key = firstFree(base, name, ending, taken);
    taken.add(key);
    return key;
  });
}

async function listedBelow(store: ObjectStore, bases: ReadonlySet<string>): Promise<string[]> {
  const all = [...bases];
  const found: string[][] = [];
  for (let from = 0; from < all.length; from += LISTED_AT_ONCE)
    found.push(...(await Promise.all(all.slice(from, from + LISTED_AT_ONCE).map((base) => store.list(base)))));
  return found.flat();
}

/** Whether no other stream of the connection writes into the folder: a key that is only announced would not be seen there. */
export function hasOwnFolder({ path, pathFormat }: Pick<S3Config, 'path' | 'pathFormat'>): boolean {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Airbyte's path format.
  return `${path}/${pathFormat}`.includes('${STREAM_NAME}');
}

/** By these, two names of different syncs differ. */
const TELLS_SYNCS = /\$\{(?:EPOCH|UUID|MILLISECOND)\}|\{(?:timestamp|sync_id)\b/;

/**
 * Says what tells the connection's names from those of others that write into the folder; empty where it is alone there, or the names
 * differ anyway. Who comes second finds what the first has left here, and who comes in the same moment too: each leaves its own before it
 * looks. Nobody takes it away again.
 */
async function markFor(
  store: ObjectStore,
  { path, pathFormat, fileNamePattern, ownPath }: NamingConfig,
  { namespace, stream, connectionId }: { namespace: string; stream: string; connectionId: string },
): Promise<string> {
  const template = `${path}/${pathFormat}`;
  if (TELLS_SYNCS.test(`${template}${fileNamePattern ?? ''}`)) return '';
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the variables of Airbyte's path format.
  const filled = template.replaceAll('${NAMESPACE}', () => namespace).replaceAll('${STREAM_NAME}', () => stream);
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the variables of Airbyte's path format.
  const prefix = `${ownPrefix(ownPath, 'folders')}${hashOf(filled.replace(/\/{2,}/g, '/'))}/`;
  const own = `${prefix}${connectionId}.json`;
  let writers = await store.list(prefix);
  if (!writers.includes(own)) {
    await store.put(own, JSON.stringify({ folder: filled }));
    writers = await store.list(prefix);
  }
  return writers.length > 1 ? `-${hashOf(connectionId).slice(0, MARK_DIGITS)}` : '';
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

function marked(name: string, mark: string, ending: string): string {
  return mark === '' ? name : `${name.slice(0, -ending.length)}${mark}${ending}`;
}

function withPartition(path: string, partition: string): string {
  if (partition === '') return path;
  const end = path.lastIndexOf('/') + 1;
  return `${path.slice(0, end)}${partition}/${path.slice(end)}`;
}

function fileName(
  { fileNamePattern, format }: Pick<S3Config, 'fileNamePattern' | 'format'>,
  values: { at: Date; part: number; syncId: number },
): string {
  if (fileNamePattern === null) return `${values.part}.${format.extension}`;
  return expandFileName(fileNamePattern, { ...values, extension: format.extension });
}

/** A pattern without the number of the part gets one where it is needed. */
function firstFree(base: string, name: (part: number) => string, ending: string, taken: ReadonlySet<string>): string {
  const numbered = name(0) !== name(1);
  for (let part = 0; ; part++) {
    const plain = name(part);
    const key = base + (numbered || part === 0 ? plain : `${plain.slice(0, -ending.length)}_${part}${ending}`);
    if (!taken.has(key)) return key;
  }
}

import type { S3Config } from './config.ts';
import type { ObjectStore } from './object-store.ts';
import { expandFileName, expandPath } from './path-template.ts';
import type { WrittenFile } from './write-files.ts';

/**
 * A key for each file: the path's template, the partition's folder before its last part, and the name. Names that the bucket has
 * already get the next number, so that no file of another sync or stream is written over; so do those that a lost attempt may yet write.
 */
export async function freeKeys(
  store: ObjectStore,
  config: Pick<S3Config, 'path' | 'pathFormat' | 'fileNamePattern' | 'format'>,
  { namespace, at, syncId, late }: { namespace: string; at: Date; syncId: number; late: readonly string[] },
  files: readonly WrittenFile[],
): Promise<string[]> {
  const taken = new Set(late);
  const listed = new Set<string>();
  const paths = new Map<string, string>();
  const keys: string[] = [];
  for (const { table, partition } of files) {
    const path =
      paths.get(table.name) ?? expandPath(`${config.path}/${config.pathFormat}`, { namespace, stream: table.name, at });
    paths.set(table.name, path);
    const base = withPartition(path, partition);
    if (!listed.has(base)) for (const key of await store.list(base)) taken.add(key);
    listed.add(base);
    const key = firstFree(base, (part) => fileName(config, { at, part, syncId }), `.${config.format.extension}`, taken);
    taken.add(key);
    keys.push(key);
  }
  return keys;
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

import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Guard } from '#lib/address-guard.ts';
import type { Relation } from '#lib/destinations/destination.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import type { Engine } from '../engine.ts';
import { didYouMean } from '../nearest-name.ts';
import { numberText } from '../number-text.ts';
import { withParquet } from './engine.ts';

/** A stream as it was last published to a bucket. */
export interface PublishedFiles {
  readonly prefix: string;
  readonly namespace: string;
  readonly name: string;
  readonly files: readonly string[];
}

interface BucketOptions {
  readonly type: string;
  readonly config: JsonObject;
  readonly published: readonly PublishedFiles[];
  readonly guard: Guard;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly clock: () => Date;
  /** What may be read of it: beyond, it is refused, or only its first files are taken. */
  readonly limit?: { readonly bytes: number; readonly beyond: 'refuse' | 'part' };
  /** Told what was read. */
  readonly onRead?: (read: { readonly bytes: number; readonly isPart: boolean }) => void;
}

/** Copies the files of each table that is asked for to this machine and measures them there; nothing is left behind. */
export async function withBucket<T>(options: BucketOptions, work: (engine: Engine) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-checks-'));
  const destination = destinationKind(options.type).open({ ...options, workDir: folder }, options.config);
  let tables = 0;
  const find = async (table: string) => {
    const { files } = findStream(options.published, table);
    const sizes = (await destination.sizes?.({ kind: 'parquet', files })) ?? [];
    const { taken, bytes } = within(table, files, sizes, options.limit);
    const into = await mkdtemp(path.join(folder, `${tables++}-`));
    const fetched = await destination.fetch({ kind: 'parquet', files: taken }, into);
    options.onRead?.({ bytes, isPart: taken.length < files.length });
    return fetched as Extract<Relation, { kind: 'parquet' }>;
  };
  try {
    return await withParquet({ find, folder, signal: options.signal }, work);
  } finally {
    await destination.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The files that may be read, with their bytes. @throws WeirError `bucket_not_read` */
function within(
  table: string,
  files: readonly string[],
  sizes: readonly number[],
  limit: BucketOptions['limit'],
): { taken: readonly string[]; bytes: number } {
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (!limit || bytes <= limit.bytes) return { taken: files, bytes };
  if (limit.beyond === 'refuse')
    throw new WeirError({
      kind: 'config',
      code: 'bucket_not_read',
      message: `${table} has ${megabytes(bytes)} in the bucket: more than ${megabytes(limit.bytes)} is read only when somebody asks for it.`,
      hint: 'Run the checks by hand, give the suite a schedule, or let them block: then the load is measured on its way.',
    });
  let sum = 0;
  const taken = files.filter((_file, index) => {
    sum += sizes[index] ?? 0;
    return index === 0 || sum <= limit.bytes;
  });
  return { taken, bytes: taken.reduce((all, file) => all + (sizes[files.indexOf(file)] ?? 0), 0) };
}

function megabytes(bytes: number): string {
  return `${numberText(Math.round(bytes / 1e5) / 10)} MB`;
}

/** By the stream's name, with or without the connection's prefix and the namespace. */
function findStream(published: readonly PublishedFiles[], table: string): PublishedFiles {
  const namesOf = ({ prefix, namespace, name }: PublishedFiles) => [
    prefix + name,
    `${namespace}.${prefix}${name}`,
    name,
  ];
  for (const place of [0, 1, 2]) {
    const found = published.find((stream) => namesOf(stream)[place] === table);
    if (found) return found;
  }
  const known = published.map(({ prefix, name }) => prefix + name);
  throw new WeirError({
    kind: 'config',
    code: 'table_missing',
    message: `No stream named ${table} was published to this destination.${didYouMean(table, known)}`,
    hint: 'Correct the name in the suite, or let its connection sync first.',
  });
}

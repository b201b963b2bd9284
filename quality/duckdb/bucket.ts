import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Guard } from '#lib/address-guard.ts';
import type { Relation } from '#lib/destinations/destination.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import type { ReadColumn } from '#lib/destinations/local-files.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import type { Engine } from '../engine.ts';
import { didYouMean } from '../nearest-name.ts';
import { withParquet } from './engine.ts';

/** A stream as it was last published to a bucket. */
export interface PublishedFiles {
  readonly prefix: string;
  readonly namespace: string;
  readonly name: string;
  readonly files: readonly string[];
  readonly columns?: readonly ReadColumn[];
}

type Files = Extract<Relation, { kind: 'parquet' }>;

interface BucketOptions {
  readonly type: string;
  readonly config: JsonObject;
  readonly published: readonly PublishedFiles[];
  readonly guard: Guard;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly clock: () => Date;
  /** A table with more is not fetched. */
  readonly mostBytes?: number;
  /** Told what was read. */
  readonly onRead?: (read: { readonly bytes: number }) => void;
}

/** Copies the files of each table that is asked for to this machine and measures them there; nothing is left behind. */
export async function withBucket<T>(options: BucketOptions, work: (engine: Engine) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-checks-'));
  const destination = destinationKind(options.type).open({ ...options, workDir: folder }, options.config);
  const copied = new Map<PublishedFiles, Promise<Files>>();
  const copy = async ({ files, columns }: PublishedFiles) => {
    const sizes = (await destination.sizes?.({ kind: 'parquet', files })) ?? [];
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (bytes > (options.mostBytes ?? Infinity)) throw tooLarge(bytes, options.mostBytes ?? 0);
    const into = await mkdtemp(path.join(folder, `${copied.size}-`));
    const fetched = await destination.fetch({ kind: 'parquet', files, ...(columns && { columns }) }, into);
    options.onRead?.({ bytes });
    return fetched as Files;
  };
  // Checks that refer to a table share its copy, also with those of the table itself.
  const find = async (table: string) => {
    const stream = findStream(options.published, table);
    const files = copied.get(stream) ?? copy(stream);
    copied.set(stream, files);
    return files;
  };
  const assertThere = async (table: string) => void findStream(options.published, table);
  try {
    return await withParquet({ find, assertThere, folder, signal: options.signal }, work);
  } finally {
    await destination.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** By the stream's name, with or without the connection's prefix and the namespace. @throws WeirError `table_missing` */
export function findStream<Stream extends PublishedFiles>(published: readonly Stream[], table: string): Stream {
  const namesOf = ({ prefix, namespace, name }: Stream) => [prefix + name, `${namespace}.${prefix}${name}`, name];
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

function tooLarge(bytes: number, mostBytes: number): WeirError {
  const [has, most] = [bytes, mostBytes].map((count) => Math.round(count / 1024 / 1024));
  return new WeirError({
    kind: 'config',
    code: 'file_too_large',
    message: `A file of ${has} MiB would have to be fetched for a few rows; at most ${most} MiB are.`,
    hint: 'Look with one of the lines to copy: DuckDB reads only what it needs.',
  });
}

import type { Guard } from '#lib/address-guard.ts';
import type { GuardContext } from '#lib/db/workspace-guard.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import type { Secrets } from '#lib/secrets.ts';
import { withBucket } from './duckdb/bucket.ts';
import type { Engine } from './engine.ts';
import { publishedFiles } from './load-store.ts';
import { withPostgres } from './postgres/engine.ts';

export interface MeasureContext extends GuardContext {
  readonly secrets: Secrets;
  readonly clock: () => Date;
  readonly log: Log;
  /** Told what was read of a bucket. */
  readonly onRead: (read: { bytes: number }) => void;
}

interface Measured {
  readonly destinationId: string;
  readonly destinationType: string;
  /** Of a bucket the streams of this connection alone are looked at, if one is named. */
  readonly connectionId: string | null;
  /** Of a bucket only the newest file of each stream, where it is not larger: enough for a look. */
  readonly newestFile?: { readonly mostBytes: number };
}

/** Gives `work` the tables of a destination, read only: its Postgres, or the published files of its bucket. */
export async function inDestination<T>(
  c: MeasureContext,
  { destinationId, destinationType, connectionId, newestFile }: Measured,
  { config, ...options }: { config: JsonObject; guard: Guard; signal: AbortSignal; statementTimeoutMs?: number },
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  if (destinationType === 'postgres') return withPostgres(config, options, work);
  const all = await publishedFiles(c.db, destinationId, connectionId);
  const published = newestFile ? all.map((stream) => ({ ...stream, files: stream.files.slice(-1) })) : all;
  const { log, clock, onRead } = c;
  return withBucket({ type: destinationType, config, published, ...options, ...newestFile, log, clock, onRead }, work);
}

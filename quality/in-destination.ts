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
}

/** Gives `work` the tables of a destination, read only: its Postgres, or the published files of its bucket. */
export async function inDestination<T>(
  c: MeasureContext,
  { destinationId, destinationType, connectionId }: Measured,
  { config, ...options }: { config: JsonObject; guard: Guard; signal: AbortSignal; statementTimeoutMs?: number },
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  if (destinationType === 'postgres') return withPostgres(config, options, work);
  const published = await publishedFiles(c.db, destinationId, connectionId);
  const { log, clock, onRead } = c;
  return withBucket({ type: destinationType, config, published, ...options, log, clock, onRead }, work);
}

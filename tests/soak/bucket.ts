import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DestinationContext } from '#lib/destinations/destination.ts';
import { testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import type { JsonObject } from '#lib/json.ts';
import { startS3rver } from '#tests/harness/s3rver-server.ts';
import { type BucketPlace, namesOf, type Retention, type Scenario } from './scenario.ts';

export const ROOT = 'lake';
/** Where retention moves old files. */
export const ARCHIVE = 'archive';
const FIRST_DAY = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 60 * 60_000;

/** An S3 store on loopback with the bucket `soak`. */
export interface SoakStore {
  readonly url: string;
  /** When it has done all that it was given. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export async function startStore(): Promise<SoakStore> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-soak-s3-'));
  const { port, settled, close } = await startS3rver(folder, 'soak');
  return {
    url: `http://127.0.0.1:${port}/`,
    settled,
    async stop() {
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Attempts of one machine share the folder of what is staged. Between two syncs a day goes by. */
export function bucketContext(
  machine: number,
  sync: number,
  signal = new AbortController().signal,
): DestinationContext {
  const workDir = path.join(os.tmpdir(), `weir-soak-work-${machine}`);
  return { ...testContext(), workDir, signal, clock: () => new Date(FIRST_DAY + sync * DAY_MS) };
}

/** The destination's settings for a scenario of that place. */
export function bucketConfig(url: string, scenario: Scenario, place: BucketPlace): JsonObject {
  const { byDay, codec, compression, format, retention, rowGroupMb, whole } = place;
  const ofLines = {
    compression: { compression_type: compression },
    flattening: whole ? 'No flattening' : 'Root level flattening',
  };
  const ofParquet = { compression_codec: codec, block_size_mb: rowGroupMb };
  return {
    ...{ s3_bucket_name: 'soak', s3_bucket_region: 'us-east-1', s3_endpoint: url },
    s3_bucket_path: `${ROOT}/\${STREAM_NAME}`,
    ...{ access_key_id: 'S3RVER', secret_access_key: 'S3RVER', layout: scenario.layout },
    format: { format_type: format, ...(format === 'Parquet' ? ofParquet : ofLines) },
    ...(byDay && { partition_column: namesOf(scenario).at }),
    ...(retention && { retention: retentionOf(retention) }),
  };
}

function retentionOf({ rule, most, action }: Retention): JsonObject {
  const old = { action, ...(action === 'move' && { prefix: ARCHIVE }) };
  return { rule, ...(rule === 'age' ? { days: most } : { count: most }), old_files: old };
}

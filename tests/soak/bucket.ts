import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import S3rver from 's3rver';
import type { DestinationContext } from '#lib/destinations/destination.ts';
import { testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { ownPrefix, readCommits } from '#lib/destinations/s3/commits.ts';
import { readS3Config } from '#lib/destinations/s3/config.ts';
import { type ObjectStore, openObjectStore } from '#lib/destinations/s3/object-store.ts';
import { listQuarantine, quarantinePrefix, readQuarantine } from '#lib/destinations/s3/quarantine-files.ts';
import { isJsonObject, type JsonObject, parseJson } from '#lib/json.ts';
import { assertCountsOf, assertLines, expectedRecords } from './oracle.ts';
import { CONNECTION, type Scenario } from './scenario.ts';

const ROOT = 'lake';

/** An S3 store on loopback with the bucket `soak`. */
export async function startStore(): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-soak-s3-'));
  const server = new S3rver({
    ...{ port: 0, address: '127.0.0.1', silent: true, directory: folder },
    configureBuckets: [{ name: 'soak', configs: [] }],
  });
  const { port } = (await server.run()) as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async stop() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Attempts of one machine share the folder of what is staged. */
export function bucketContext(): DestinationContext {
  return { ...testContext(), workDir: path.join(os.tmpdir(), 'weir-soak-work') };
}

export function bucketConfig(url: string): JsonObject {
  return {
    ...{ s3_bucket_name: 'soak', s3_bucket_region: 'us-east-1', s3_endpoint: url },
    s3_bucket_path: `${ROOT}/\${STREAM_NAME}`,
    ...{ access_key_id: 'S3RVER', secret_access_key: 'S3RVER' },
    format: { format_type: 'JSONL', compression: { compression_type: 'No Compression' } },
  };
}

/** The files that the last commit names hold what its state covers, each record once and each value as it came; when a sync is over there are no others. */
export async function assertBucket(
  url: string,
  scenario: Scenario,
  { table, sync, finished }: { table: string; sync: number; finished: boolean },
): Promise<void> {
  const store = await openObjectStore(bucketContext(), readS3Config(bucketConfig(url)));
  try {
    const { latest } = await readCommits(store, ownPrefix(ROOT, CONNECTION, { namespace: '', table }));
    const state = latest && {
      done: Number(latest.state?.done ?? 0),
      ...{ syncId: latest.syncId, complete: latest.complete },
    };
    const keys = (latest?.files ?? []).map(({ key }) => key);
    const columns = latest?.tables.find(({ path }) => path === '')?.columns ?? [];
    assertLines(await recordsIn(store, keys), expectedRecords(scenario, sync, state).rows, columns);
    if (finished)
      assertCountsOf(scenario, sync, {
        counts: { ...latest?.counts },
        quarantine: await quarantineOf(store, { table, sync }),
      });
    const listed = (await store.list(`${ROOT}/${table}/`)).toSorted();
    if (finished && JSON.stringify(listed) !== JSON.stringify(keys.toSorted()))
      throw new Error(`there are files that no commit names: ${listed.join(' ')}; it names ${keys.join(' ')}`);
  } finally {
    store.close();
  }
}

async function recordsIn(store: ObjectStore, keys: readonly string[]): Promise<JsonObject[]> {
  const texts = await Promise.all(keys.map((key) => store.get(key)));
  return texts.flatMap((text) => text.split('\n').filter(Boolean).map(parseJson)).filter(isJsonObject);
}

async function quarantineOf(store: ObjectStore, { table, sync }: { table: string; sync: number }) {
  const files = await listQuarantine(store, quarantinePrefix(ROOT, CONNECTION));
  const mine = files.filter((file) => file.table === table && file.syncId === sync + 1);
  const lines = await Promise.all(mine.map((file) => readQuarantine(store, file)));
  return lines.flat().map(({ record }) => parseJson(record));
}

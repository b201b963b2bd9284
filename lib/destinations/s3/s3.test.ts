import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { pino } from 'pino';
import S3rver from 's3rver';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { describeDestination, type Place } from '../destination.contract.ts';
import type { DestinationContext, TargetStream } from '../destination.ts';
import { describeReplay } from '../replay.contract.ts';
import { readS3Config } from './config.ts';
import { openObjectStore } from './object-store.ts';
import { s3 } from './s3.ts';

describeDestination(s3, makePlace);
describeReplay(s3, makePlace);

async function makePlace(): Promise<Place> {
  const folder = await mkdtemp(path.join(tmpdir(), 'weir-s3-'));
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: path.join(folder, 'store'),
    configureBuckets: [{ name: 'datalake', configs: [] }],
  });
  const { port } = (await server.run()) as AddressInfo;
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const context = testContext(path.join(folder, 'work'));
  const config = configOf(port);
  return {
    open: () => s3.open(context, config),
    rows: async (stream) => readRows(context, config, stream, folder),
    quarantined: async () => [],
  };
}

/** As a plain reader does: every Parquet file in the stream's folder. */
async function readRows(
  context: DestinationContext,
  config: JsonObject,
  stream: TargetStream,
  folder: string,
): Promise<JsonObject[] | null> {
  const store = await openObjectStore(context, readS3Config(config));
  const keys = await store.list(`airbyte-data/${stream.table}/`);
  const files = keys.map((_, index) => path.join(folder, `read-${index}.parquet`));
  for (const [index, key] of keys.entries()) await store.download(key, files[index] ?? '');
  store.close();
  if (files.length === 0) return null;
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const list = files.map((file) => `'${file}'`).join(', ');
  const reader = await connection.runAndReadAll(
    `select columns(c -> not starts_with(c, '_airbyte')) from read_parquet([${list}], union_by_name = true)`,
  );
  const rows = reader.getRowObjectsJson() as JsonObject[];
  connection.closeSync();
  instance.closeSync();
  return rows;
}

function testContext(workDir: string): DestinationContext {
  return {
    log: pino({ level: 'silent' }),
    clock: () => new Date(),
    signal: new AbortController().signal,
    guard: async (host) => ({ address: host, family: 4 }),
    workDir,
  };
}

function configOf(port: number): JsonObject {
  return {
    s3_bucket_name: 'datalake',
    s3_bucket_path: 'airbyte-data',
    s3_bucket_region: 'us-east-1',
    s3_endpoint: `http://127.0.0.1:${port}`,
    access_key_id: 'S3RVER',
    secret_access_key: 'S3RVER',
    format: { format_type: 'Parquet', compression_codec: 'GZIP' },
  };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { GetObjectCommand, ListMultipartUploadsCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { queryFiles } from '#lib/destinations/s3/fixtures/bucket.ts';
import type { TestStore } from '#tests/harness/s3-store.ts';

const PATH = 'data/';

/** What a bucket holds: rows of Parquet for its readers, and what nobody should find there. */
export interface BucketShown {
  readonly files: number;
  readonly rows: number;
  readonly ids: number;
  /** Uploads that have begun and not ended. */
  readonly uploads: number;
}

export async function shownIn(store: TestStore): Promise<BucketShown> {
  const client = store.client();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-fault-bucket-'));
  const { bucket: Bucket } = store;
  try {
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix: PATH }))
      keys.push(...Contents.flatMap(({ Key = '' }) => Key));
    const files = keys.filter((key) => !key.startsWith(`${PATH}_weir/`));
    for (const [index, Key] of files.entries()) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      await writeFile(path.join(folder, `${index}.parquet`), (await Body?.transformToByteArray()) ?? '');
    }
    const count = `select count(*)::int as rows, count(distinct id)::int as ids from read_parquet('${folder}/*.parquet')`;
    const [counted] = files.length === 0 ? [] : await queryFiles(count);
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: PATH }));
    return {
      ...{ files: files.length, rows: Number(counted?.rows ?? 0), ids: Number(counted?.ids ?? 0) },
      uploads: Uploads.length,
    };
  } finally {
    client.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

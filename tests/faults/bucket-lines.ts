import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { TestStore } from '#tests/harness/s3-store.ts';

/** What a reader of the bucket finds: lines of whole files. */
export async function linesOf(store: TestStore): Promise<number> {
  const client = store.client();
  let lines = 0;
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: store.bucket, Prefix: 'data/' }))
    for (const { Key } of Contents) {
      if (Key?.startsWith('data/_weir/')) continue;
      const { Body } = await client.send(new GetObjectCommand({ Bucket: store.bucket, Key }));
      lines += ((await Body?.transformToString()) ?? '').trim().split('\n').length;
    }
  client.destroy();
  return lines;
}

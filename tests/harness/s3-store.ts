import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { startS3rver } from './s3rver-server.ts';

/** A bucket that is empty and nobody else's, and how it is reached. */
export interface TestStore {
  /** `http://127.0.0.1:9000`, without a slash at its end. */
  readonly endpoint: string;
  readonly host: string;
  readonly port: number;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Its settings, as a destination of type `s3` takes them. */
  readonly config: Readonly<Record<string, string>>;
  client(): S3Client;
  close(): Promise<void>;
}

/** `http://KEY:SECRET@HOST:PORT` of a server whose buckets the tests may make and delete; each test starts an s3rver of its own without. */
const LIVE = process.env.WEIR_TEST_S3;

/** Made for one test; the bucket goes when it is closed. */
export async function testStore(): Promise<TestStore> {
  return LIVE ? liveStore(new URL(LIVE)) : ownStore();
}

async function ownStore(): Promise<TestStore> {
  const directory = await mkdtemp(path.join(tmpdir(), 'weir-s3-store-'));
  const bucket = 'datalake';
  const { port, close } = await startS3rver(directory, bucket);
  const keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  return storeAt(new URL(`http://127.0.0.1:${port}`), { bucket, ...keys }, async () => {
    await close();
    await rm(directory, { recursive: true, force: true });
  });
}

async function liveStore({ host, protocol, username, password }: URL): Promise<TestStore> {
  const bucket = `weir-test-${randomUUID().slice(0, 18)}`;
  const keys = { accessKeyId: decodeURIComponent(username), secretAccessKey: decodeURIComponent(password) };
  const store = storeAt(new URL(`${protocol}//${host}`), { bucket, ...keys }, () => removeBucket(store));
  const client = store.client();
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return store;
}

/** A bucket that is there already. */
export function storeAt(
  { protocol, hostname, host, port }: URL,
  { bucket, accessKeyId, secretAccessKey }: Pick<TestStore, 'bucket' | 'accessKeyId' | 'secretAccessKey'>,
  close: () => Promise<void>,
): TestStore {
  const endpoint = `${protocol}//${host}`;
  return {
    ...{ endpoint, host: hostname, port: Number(port) || (protocol === 'http:' ? 80 : 443) },
    ...{ bucket, accessKeyId, secretAccessKey, close },
    config: {
      ...{ s3_bucket_name: bucket, s3_bucket_region: 'us-east-1', s3_endpoint: endpoint },
      ...{ access_key_id: accessKeyId, secret_access_key: secretAccessKey },
    },
    client: () =>
      new S3Client({
        ...{ endpoint, region: 'us-east-1', forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' },
        credentials: { accessKeyId, secretAccessKey },
      }),
  };
}

async function removeBucket({ bucket: Bucket, client: connect }: TestStore): Promise<void> {
  const client = connect();
  try {
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket }))
      for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    for (const { Key, UploadId } of Uploads)
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    await client.send(new DeleteBucketCommand({ Bucket }));
  } finally {
    client.destroy();
  }
}

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import { readS3Config } from './config.ts';
import type { CopyLimits } from './copy-object.ts';
import { makeBucket } from './fixtures/bucket.ts';
import { openObjectStore } from './object-store.ts';

const XML = { 'content-type': 'application/xml' };
const refusal = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;

async function storeAt(script: Script, copyLimits?: CopyLimits) {
  const server = await scriptedServer(script);
  const context = {
    ...{
      log: pino({ level: 'silent' }),
      clock: () => new Date(),
      signal: new AbortController().signal,
      workDir: '/nowhere',
    },
    guard: async (host: string) => ({ address: host, family: 4 as const }),
  };
  const store = await openObjectStore(
    context,
    readS3Config({
      ...{ s3_bucket_name: 'datalake', s3_endpoint: server.url, s3_bucket_region: 'us-east-1' },
      ...{ access_key_id: 'id', secret_access_key: 'wrong' },
    }),
    copyLimits,
  );
  onTestFinished(async () => {
    store.close();
    await server.close();
  });
  return { store, server };
}

test.each([
  ['SignatureDoesNotMatch', 403, 'wrong_password', 'secret access key'],
  ['InvalidAccessKeyId', 403, 'wrong_password', 'access key id'],
  ['AccessDenied', 403, 'missing_rights', 's3:ListBucket'],
  ['InvalidStorageClass', 400, 'unknown_storage_class', 'storage class that this store has'],
  ['NoSuchBucket', 404, 'missing_bucket', 'Create the bucket'],
])('what a store means by %s is said', async (code, status, ours, hint) => {
  const { store, server } = await storeAt(() => ({ status, body: refusal(code), headers: XML }));
  await expect(store.put('a', '{}')).rejects.toMatchObject({
    kind: 'config',
    code: ours,
    hint: expect.stringContaining(hint),
  });
  expect(server.requests[0]?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/us-east-1\/s3\/aws4_request/,
  );
});

test('an upload whose parts are refused is aborted', async () => {
  const { store, server } = await storeAt(({ method, path: url }) => {
    if (method === 'POST')
      return {
        body: '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>',
        headers: XML,
      };
    return method === 'DELETE' && url.includes('uploadId=u1')
      ? { status: 204 }
      : { status: 400, body: refusal('EntityTooSmall'), headers: XML };
  });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-upload-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'file'), Buffer.alloc(9 * 1024 * 1024));
  await expect(store.upload('big', path.join(folder, 'file'), {})).rejects.toMatchObject({ kind: 'terminal' });
  expect(server.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
});

test('a large file arrives in parts as it was, and can be copied', async () => {
  const bucket = await makeBucket();
  const store = await bucket.store();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-upload-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const large = randomBytes(20 * 1024 * 1024 + 1);
  writeFileSync(path.join(folder, 'file'), large);
  await store.upload('data/large one.bin', path.join(folder, 'file'), { 'ab-generation-id': '7' });
  await store.copy('data/large one.bin', 'archive/data/large one.bin');
  await store.download('archive/data/large one.bin', path.join(folder, 'copy'));
  expect(readFileSync(path.join(folder, 'copy')).equals(large)).toBe(true);
  expect(await store.size('data/large one.bin')).toBe(large.length);
});

test('what is too large for one copy is copied in parts, with its metadata, and onto itself', async () => {
  const bucket = await makeBucket();
  const MiB = 1024 * 1024;
  const store = await bucket.store({ mostAtOnce: 6 * MiB, part: 5 * MiB });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-copy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const large = randomBytes(22 * MiB + 1);
  writeFileSync(path.join(folder, 'file'), large);
  const from = 'data/day=2026-11-26/ä +%.bin';
  await store.upload(from, path.join(folder, 'file'), { 'ab-generation-id': '7' });
  expect(await store.copy(from, `archive/${from}`)).toBe(true);
  expect(await store.copy(from, from)).toBe(true);
  const client = bucket.client();
  onTestFinished(() => client.destroy());
  for (const Key of [from, `archive/${from}`]) {
    const { Metadata } = await client.send(new HeadObjectCommand({ Bucket: bucket.name, Key }));
    expect(Metadata).toEqual({ 'ab-generation-id': '7' });
    await store.download(Key, path.join(folder, 'copy'));
    expect(readFileSync(path.join(folder, 'copy')).equals(large)).toBe(true);
  }
  expect(await store.copy('data/nothing', 'archive/nothing')).toBe(false);
});

test('a copy in parts that the store refuses in the middle is given up', async () => {
  const { store, server } = await storeAt(
    ({ method, query }) => {
      if (method === 'HEAD') return { headers: { 'content-length': '30' } };
      if (method === 'POST')
        return {
          body: '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>',
          headers: XML,
        };
      if (method === 'DELETE' && query.get('uploadId') === 'u1') return { status: 204 };
      return query.get('partNumber') === '2'
        ? { status: 404, body: refusal('NoSuchKey'), headers: XML }
        : { body: '<CopyPartResult><ETag>"1"</ETag></CopyPartResult>', headers: XML };
    },
    { mostAtOnce: 10, part: 10 },
  );
  expect(await store.copy('a', 'b')).toBe(false);
  expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'POST', 'PUT', 'PUT', 'PUT', 'DELETE']);
});

test('a listing goes on where its first page ended', async () => {
  const { store, server } = await storeAt(({ query }) => {
    const isNext = query.get('continuation-token') === 'to-be+continued';
    const more = isNext ? '' : '<NextContinuationToken>to-be+continued</NextContinuationToken>';
    const key = `<Contents><Key>${isNext ? 'a/2' : 'a/1'}</Key></Contents>`;
    return {
      body: `<ListBucketResult><IsTruncated>${!isNext}</IsTruncated>${key}${more}</ListBucketResult>`,
      headers: XML,
    };
  });
  expect(await store.list('a/')).toEqual(['a/1', 'a/2']);
  expect(server.requests).toHaveLength(2);
});

test('a listing whose next page is always the same ends', async () => {
  const body =
    '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a</NextContinuationToken></ListBucketResult>';
  const { store } = await storeAt(() => ({ body, headers: XML }));
  await expect(store.list('a/')).rejects.toMatchObject({ kind: 'terminal', code: 'store_inconsistent' });
});

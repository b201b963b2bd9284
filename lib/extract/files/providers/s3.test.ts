import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import { createLog } from '#lib/log.ts';
import { testStore } from '#tests/harness/s3-store.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { createHttpClient } from '../../http/create-http-client.ts';
import type { ExtractContext } from '../../source.ts';
import { s3Files } from './s3.ts';

async function bucket(objects: Record<string, string>) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'weir-s3-'));
  const store = await testStore();
  const client = store.client();
  onTestFinished(async () => {
    client.destroy();
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket: store.bucket, Key, Body }));
  for (const [key, body] of Object.entries(objects)) await put(key, body);
  const { accessKeyId: access_key_id, secretAccessKey: secret_access_key, endpoint, port } = store;
  const options = { type: 's3', bucket: store.bucket, endpoint, access_key_id, secret_access_key } as const;
  return { options, port, directory, put };
}

function context(allowedPort: number): ExtractContext {
  const log = createLog('test', 'silent');
  const clock = () => new Date();
  const guard = createGuard({ allowed: [{ host: '127.0.0.1', port: allowedPort }] });
  const http = createHttpClient({ guard, clock, log });
  onTestFinished(() => http.close());
  return { http, log, clock, signal: new AbortController().signal, sleep: async () => {} };
}

test('objects that match are listed with their ETag, and copied', async () => {
  const { options, port, directory } = await bucket({
    'in/2024 a+b.csv': 'id\n1\n',
    'in/2025.csv': 'id\n2\n',
    'in/deep/2024.csv': 'no',
    'out/2024.csv': 'no',
  });
  const files = s3Files(context(port), options, ['in/20*.csv']);
  const entries = await files.list();
  expect(entries.map(({ name }) => name)).toEqual(['in/2024 a+b.csv', 'in/2025.csv']);
  const target = path.join(directory, 'copy');
  const [first] = entries;
  expect(await files.fetch(first ?? { name: '', version: null, bytes: null }, target, null)).toEqual({
    version: first?.version,
  });
  expect(readFileSync(target, 'utf8')).toBe('id\n1\n');
});

test('without keys the requests are not signed, and no keys are looked for on this machine', async () => {
  const xml = '<ListBucketResult><Contents><Key>a.csv</Key><ETag>"1"</ETag></Contents></ListBucketResult>';
  const server = await scriptedServer([{ body: xml, headers: { 'content-type': 'application/xml' } }]);
  onTestFinished(() => server.close());
  const options = { type: 's3', bucket: 'data', endpoint: server.url } as const;
  expect(await s3Files(context(server.port), options, ['*.csv']).list()).toEqual([
    { name: 'a.csv', version: '"1"', bytes: null },
  ]);
  expect(server.requests[0]).toMatchObject({ path: '/data/', method: 'GET' });
  expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
});

test('an object that was replaced since it was listed is noticed', async () => {
  const { options, port, directory, put } = await bucket({ 'a.csv': 'id\n1\n' });
  const files = s3Files(context(port), options, ['a.csv']);
  const [entry] = await files.list();
  await put('a.csv', 'id\n2\n');
  const fetched = files.fetch(entry ?? { name: '', version: null, bytes: null }, path.join(directory, 'copy'), null);
  await expect(fetched).rejects.toMatchObject({ kind: 'transient', code: 'file_changed' });
});

test('a private endpoint that nobody allowed is not reached, and a missing bucket is named', async () => {
  const { options, port } = await bucket({});
  const nowhere = { ...options, bucket: 'weir-test-nowhere' };
  await expect(s3Files(context(0), nowhere, ['a.csv']).list()).rejects.toMatchObject({ code: 'address_refused' });
  await expect(s3Files(context(port), nowhere, ['a.csv']).list()).rejects.toMatchObject({
    kind: 'config',
    code: 's3_refused',
    message: 's3://weir-test-nowhere/a.csv: there is no bucket weir-test-nowhere here (NoSuchBucket).',
  });
});

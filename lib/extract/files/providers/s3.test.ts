import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import S3rver from 's3rver';
import { expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import { createLog } from '#lib/log.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { createHttpClient } from '../../http/create-http-client.ts';
import type { ExtractContext } from '../../source.ts';
import { s3Files } from './s3.ts';

const credentials = { access_key_id: 'S3RVER', secret_access_key: 'S3RVER' };

async function bucket(objects: Record<string, string>) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'weir-s3-'));
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory });
  const { port } = await server.run();
  onTestFinished(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  });
  onTestFinished(() => client.destroy());
  const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket: 'data', Key, Body }));
  await client.send(new CreateBucketCommand({ Bucket: 'data' }));
  for (const [key, body] of Object.entries(objects)) await put(key, body);
  return { endpoint, port, directory, put };
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
  const { endpoint, port, directory } = await bucket({
    'in/2024 a+b.csv': 'id\n1\n',
    'in/2025.csv': 'id\n2\n',
    'in/deep/2024.csv': 'no',
    'out/2024.csv': 'no',
  });
  const files = s3Files(context(port), { type: 's3', bucket: 'data', endpoint, ...credentials }, ['in/20*.csv']);
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
  const { endpoint, port, directory, put } = await bucket({ 'a.csv': 'id\n1\n' });
  const files = s3Files(context(port), { type: 's3', bucket: 'data', endpoint, ...credentials }, ['a.csv']);
  const [entry] = await files.list();
  await put('a.csv', 'id\n2\n');
  const fetched = files.fetch(entry ?? { name: '', version: null, bytes: null }, path.join(directory, 'copy'), null);
  await expect(fetched).rejects.toMatchObject({ kind: 'transient', code: 'file_changed' });
});

test('a private endpoint that nobody allowed is not reached, and a missing bucket is named', async () => {
  const { endpoint, port } = await bucket({});
  const options = { type: 's3', bucket: 'nowhere', endpoint, ...credentials } as const;
  await expect(s3Files(context(0), options, ['a.csv']).list()).rejects.toMatchObject({ code: 'address_refused' });
  await expect(s3Files(context(port), options, ['a.csv']).list()).rejects.toMatchObject({
    kind: 'config',
    code: 's3_refused',
    message: 's3://nowhere/a.csv: S3 refused access (NoSuchBucket).',
  });
});

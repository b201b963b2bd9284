import { connect } from 'node:net';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { testStore } from './harness/s3-store.ts';

// What tests of buckets rely on: the store fails as little as a real one.

async function opened() {
  const store = await testStore();
  onTestFinished(() => store.close());
  const client = store.client();
  onTestFinished(() => client.destroy());
  // What the client tries again is not seen.
  client.config.maxAttempts = async () => 1;
  const Bucket = store.bucket;
  const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const get = async (Key: string) =>
    (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
  const remove = (Key: string) => client.send(new DeleteObjectCommand({ Bucket, Key }));
  const list = async (Prefix: string) => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix }));
    return Contents.map(({ Key }) => Key);
  };
  return { store, put, get, remove, list };
}

test('more objects than a page of most stores has are listed', async () => {
  const { list, put } = await opened();
  const numbers = Array.from({ length: 1_001 }, (_, at) => at);
  for (let at = 0; at < numbers.length; at += 50)
    await Promise.all(numbers.slice(at, at + 50).map((number) => put(`many/${number}`, 'x')));
  expect(await list('many/')).toHaveLength(numbers.length);
});

test('of an upload whose client is cut off nothing is left', async () => {
  const { get, list, put, store } = await opened();
  await put('folder/there', 'whole');
  for (const key of ['folder/there', 'folder/new']) {
    const socket = connect(store.port, store.host);
    const head = `PUT /${store.bucket}/${key} HTTP/1.1\r\nhost: ${store.host}\r\ncontent-length: 100\r\n\r\n`;
    socket.resume().end(`${head}half`);
    await new Promise((resolve) => socket.once('close', resolve));
  }
  expect(await get('folder/there')).toBe('whole');
  expect(await list('folder/')).toEqual(['folder/there']);
});

test('whoever puts, takes away and lists at the same time is told nothing but that it is done', async () => {
  const { list, put, remove } = await opened();
  const both = async () => {
    await Promise.all([put('one/and/only', 'x'), remove('one/and/only'), list('one/')]);
    await Promise.all([remove('one/and/only'), put('one/and/other', 'y'), list('one/'), remove('one/and/other')]);
  };
  for (let round = 0; round < 50; round++) await both();
});

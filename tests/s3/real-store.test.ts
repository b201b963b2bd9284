import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { attemptOf, customers } from '#lib/destinations/fixtures/customers.ts';
import { makeBucket } from '#lib/destinations/s3/fixtures/bucket.ts';
import { largeFile, ROWS } from '#lib/destinations/s3/fixtures/large-file.ts';

// What s3rver can't do, and a store must.

test('an upload that was cut off is given up, and no other', async () => {
  const bucket = await makeBucket();
  const store = await bucket.store();
  const client = bucket.client();
  onTestFinished(() => client.destroy());
  for (const Key of ['data/lost.bin', 'data/lost.bin.other']) {
    const upload = { Bucket: bucket.name, Key };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));
    await client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'half of it' }));
  }
  await store.abortUploads(['data/lost.bin', 'data/never.bin']);
  const left = await client.send(
    new ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: 'data/lost.bin.other' }),
  );
  expect(left.Uploads?.map(({ Key }) => Key)).toEqual(['data/lost.bin.other']);
  const given = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: 'data/lost.bin' }));
  expect(given.Uploads?.map(({ Key }) => Key) ?? []).not.toContain('data/lost.bin');
});

test('what a lost attempt had sent before its publish is given up by the next one', async () => {
  const bucket = await makeBucket();
  const client = bucket.client();
  onTestFinished(() => client.destroy());
  const unfinished = async (key: string) =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: key }))).Uploads?.length ?? 0;
  const announced = async () => {
    const store = await bucket.store();
    const pending = (await store.list('airbyte-data/_weir/')).filter((key) => key.includes('/pending-'));
    const texts = await Promise.all(pending.map((key) => store.get(key)));
    return texts.flatMap((text) => (JSON.parse(text) as { added: string[] }).added);
  };
  const stageOf = async (fence: number) => (await bucket.open().begin(attemptOf(fence))).stage(customers('append'));
  const lost = await stageOf(1);
  const file = await largeFile();
  expect(await lost.writeFile?.({ slice: 'f', file, onProgress: () => undefined })).toMatchObject({ written: ROWS });
  const [key = ''] = await announced();
  expect(await unfinished(key)).toBe(1);
  await stageOf(2);
  expect(await unfinished(key)).toBe(0);
});

test('more than a thousand keys are listed in order, and no others', async () => {
  const store = await (await makeBucket()).store();
  const keys = Array.from({ length: 1_001 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
  for (let from = 0; from < keys.length; from += 50)
    await Promise.all(keys.slice(from, from + 50).map((key) => store.put(key, key)));
  await store.put('many-more', 'no');
  expect(await store.list('many/')).toEqual(keys);
});

test('keys are what they are called, whatever signs are in them', async () => {
  const store = await (await makeBucket()).store();
  const odd = ['a b', 'a+b', 'ä', '日本', "it's (1)!*", 'x=1/y~z'].map((name) => `odd/${name}`);
  for (const key of odd) await store.put(key, key);
  expect(await store.list('odd/')).toEqual(odd.toSorted());
  for (const key of odd) {
    expect(await store.get(key)).toBe(key);
    await store.copy(key, `copied/${key}`);
  }
  expect(await store.list('copied/')).toEqual(odd.map((key) => `copied/${key}`).toSorted());
  await store.delete([...odd, 'odd/never']);
  expect(await store.list('odd/')).toEqual([]);
});

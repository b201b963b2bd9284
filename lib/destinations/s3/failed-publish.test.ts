import { expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { faultProxy } from '#tests/harness/fault-proxy.ts';
import { attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { makeBucket } from './fixtures/bucket.ts';
import { oneSync } from './fixtures/one-sync.ts';

// A publish shows readers nothing of itself while it is on its way, nor when it fails there.

const REFUSED = { answer: 'HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n' };
const MOVING = { rule: 'generations', count: 3, old_files: { action: 'move', prefix: 'archive' } };

async function lake(more: JsonObject, signal?: AbortSignal) {
  const bucket = await makeBucket();
  await oneSync(bucket, more, [customer(1, 1)], { destinationSyncMode: 'overwrite' });
  const before = await bucket.keys();
  const way = await faultProxy({ host: '127.0.0.1', port: Number(new URL(String(bucket.config.s3_endpoint)).port) });
  onTestFinished(() => way.close());
  const destination = bucket.open({ ...more, s3_endpoint: `http://${way.host}:${way.port}` }, signal);
  const stage = await (await destination.begin(attemptOf(2, 2))).stage(customers('overwrite'));
  await load(stage, [customer(1, 1), customer(2, 2), customer(3, 3)], { at: 2 });
  const pending = async () => (await (await bucket.store()).list('')).filter((key) => key.includes('/pending-'));
  return { bucket, before, way, destination, stage, pending };
}

const BY_DAY = { partition_column: 'updated_at' };

test('where the store refuses one of its files, the others are taken away again', async () => {
  const { bucket, before, way, destination, stage, pending } = await lake(BY_DAY);
  void way.breakAt(`PUT /${bucket.name}/airbyte-data/customers/`, REFUSED, 3);
  await expect(stage.publish({ complete: true })).rejects.toMatchObject({ code: 'missing_rights' });
  expect(await bucket.keys()).toEqual(before);
  expect(await pending()).toEqual([]);
  expect(await stage.publish({ complete: true })).toMatchObject({ inserted: 3 });
  expect(await bucket.keys()).toHaveLength(3);
  await destination.close();
});

test('where old files can’t be moved, new ones are taken away again', async () => {
  const { bucket, before, way, destination, stage, pending } = await lake({ retention: MOVING });
  void way.breakAt(`PUT /${bucket.name}/archive/`, REFUSED);
  await expect(stage.publish({ complete: true })).rejects.toMatchObject({ code: 'missing_rights' });
  expect(await bucket.keys()).toEqual(before);
  expect(await pending()).toEqual([]);
  await destination.close();
});

test('so are those of one that is cancelled, also what the store takes later', async () => {
  const ending = new AbortController();
  const { bucket, before, way, destination, stage, pending } = await lake(BY_DAY, ending.signal);
  const isStuck = way.breakAt(`PUT /${bucket.name}/airbyte-data/customers/`, 'stall', 3);
  const publishing = stage.publish({ complete: true });
  await isStuck;
  // What is still on its way to the store when it is cancelled, the store may take after we looked.
  await expect.poll(() => bucket.keys()).toHaveLength(before.length + 2);
  ending.abort(new Error('cancelled'));
  await expect(publishing).rejects.toThrow();
  way.mend();
  await destination.close();
  expect(await bucket.keys()).toEqual(before);
  const store = await bucket.store();
  const [announced = ''] = await pending();
  const { added } = JSON.parse(await store.get(announced)) as { added: string[] };
  expect(added).toHaveLength(3);
  for (const key of added) await store.put(key, 'late');
  await oneSync(bucket, BY_DAY, [customer(4, 4)], { fence: 3, destinationSyncMode: 'append' });
  expect(await bucket.keys()).toHaveLength(before.length + 1);
});

test('large files appear one right after another, when all of them are there', async () => {
  const format = { format_type: 'JSONL', compression: { compression_type: 'No Compression' } };
  const { bucket, before, way, destination, stage } = await lake({ ...BY_DAY, format });
  const wide = Array.from({ length: 18 }, (_, id) => customer(id, 1 + (id % 2), 'x'.repeat(1024 * 1024)));
  await load(stage, wide, { at: 2 }, 's2');
  const isStuck = way.breakAt('partNumber=1&', 'stall', 2);
  const publishing = stage.publish({ complete: true });
  await isStuck;
  expect(await bucket.keys()).toEqual(before);
  way.mend();
  await publishing;
  expect(await bucket.keys()).toHaveLength(3);
  await destination.close();
});

import { expect, test, vi } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { attemptOf, customers, load } from '../fixtures/customers.ts';
import { type Bucket, makeBucket } from './fixtures/bucket.ts';
import { oneSync } from './fixtures/one-sync.ts';
import { FolderNames } from './folder-names.ts';

const BASIC = { layout: 'basic' };
/** Of a stream `a` with an array `b`, which becomes the folder `a_b`. */
const parent = (id: number): JsonObject => ({ id, b: [{ inner: id }] });
const own = (id: number): JsonObject => ({ id, name: 'own' });

const sync = (bucket: Bucket, table: string, record: JsonObject, fence: number) =>
  oneSync(bucket, BASIC, [record], { table, fence });

/** For each folder what is in it: rows of the child have `inner`, those of the stream `name`. */
async function folders(bucket: Bucket): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const folder of new Set((await bucket.keys('airbyte-data/a_b')).map((key) => key.split('/')[1] ?? ''))) {
    const all = `select * from read_parquet('$FOLDER/*.parquet', union_by_name = true)`;
    const rows = await bucket.query(`airbyte-data/${folder}/`, all);
    found[folder] = rows.map(({ inner, name }) => JSON.stringify({ inner, name })).toSorted();
  }
  return found;
}

test('the stream that comes after a child of its name gets a folder of its own, and says so', async () => {
  const bucket = await makeBucket();
  await sync(bucket, 'a', parent(1), 1);
  const { published } = await sync(bucket, 'a_b', own(2), 2);
  await sync(bucket, 'a', parent(3), 3);
  await sync(bucket, 'a_b', own(4), 4);
  expect(published.names?.table).toMatch(/^a_b_[0-9a-f]{8}$/);
  expect(await folders(bucket)).toEqual({
    a_b: ['{"inner":"1"}', '{"inner":"3"}'],
    [String(published.names?.table)]: ['{"name":"own"}', '{"name":"own"}'],
  });
});

test('so does the child that comes after the stream', async () => {
  const bucket = await makeBucket();
  await sync(bucket, 'a_b', own(2), 1);
  const { published } = await sync(bucket, 'a', parent(1), 2);
  await sync(bucket, 'a_b', own(4), 3);
  await sync(bucket, 'a', parent(3), 4);
  const child = published.names?.tables?.a_b ?? '';
  expect(child).toMatch(/^a_b_[0-9a-f]{8}$/);
  expect(await folders(bucket)).toEqual({
    a_b: ['{"name":"own"}', '{"name":"own"}'],
    [child]: ['{"inner":"1"}', '{"inner":"3"}'],
  });
});

test('a stream keeps the folder that it has from before names were kept', async () => {
  const bucket = await makeBucket();
  await sync(bucket, 'a_b', own(2), 1);
  const store = await bucket.store();
  const names = await store.list(`airbyte-data/_weir/${attemptOf(1).connectionId}/names/`);
  expect(names.length).toBeGreaterThan(0);
  await store.delete(names);
  const { published } = await sync(bucket, 'a', parent(1), 2);
  expect(published.names?.tables?.a_b).toMatch(/^a_b_/);
  expect((await sync(bucket, 'a_b', own(4), 3)).published.names?.table).toBe('a_b');
});

test('streams of one sync that publish at once are told apart too', async () => {
  const bucket = await makeBucket();
  const destination = bucket.open(BASIC);
  const run = await destination.begin(attemptOf(1));
  const stages = await Promise.all(['a', 'a_b'].map((table) => run.stage(customers('append', { table }))));
  for (const [index, record] of [parent(1), own(2)].entries()) await load(stages[index] as never, [record], null);
  await Promise.all(stages.map((stage) => stage.publish({ complete: true })));
  await destination.close();
  expect(Object.values(await folders(bucket)).toSorted()).toEqual([['{"inner":"1"}'], ['{"name":"own"}']]);
});

test('what tables are called costs a list and a look at each at a sync’s first part, and none after it', async () => {
  const bucket = await makeBucket();
  await sync(bucket, 'a', parent(1), 1);
  const store = await bucket.store();
  const asked = (['list', 'get', 'put'] as const).map((name) => vi.spyOn(store, name));
  const names = new FolderNames({ store, ownPath: 'airbyte-data', connectionId: attemptOf(1).connectionId });
  const owner = customers('append', { table: 'a' });
  const tables = ['a', 'a_b'].map((name) => ({ name }));
  for (const _ of [1, 2])
    expect(await names.of(owner, tables)).toEqual(
      new Map([
        ['a', 'a'],
        ['a_b', 'a_b'],
      ]),
    );
  expect(asked.map(({ mock }) => mock.calls.length)).toEqual([1, 2, 0]);
});

import { expect, test } from 'vitest';
import { attemptOf } from '../fixtures/customers.ts';
import { ownPrefix } from './commits.ts';
import { makeBucket } from './fixtures/bucket.ts';
import { oneSync } from './fixtures/one-sync.ts';

// Names of streams that stores take badly, or that are no names for a column.

const LONG = '日本語'.repeat(25);

test.each(['direct', 'basic', 'raw'])('long names are cut, stay apart, and are found again: %s', async (layout) => {
  const bucket = await makeBucket();
  const names = [`${LONG}a`, `${LONG}b`];
  for (const [index, table] of names.entries()) {
    const misfit = { id: 'none', kids: [{ a: 1 }] };
    const of = { table, namespace: 'n'.repeat(100), badValues: 'quarantine' as const };
    for (const round of [0, 1])
      await oneSync(bucket, { layout }, [{ id: 1 }, misfit], { ...of, fence: 1 + 2 * index + round });
    const destination = bucket.open({ layout });
    const put = await destination.quarantine?.list({ connectionId: attemptOf(1).connectionId, table, limit: 9 });
    expect(put).toHaveLength(layout === 'raw' ? 0 : 2);
    await destination.close();
  }
  const folders = new Set((await bucket.keys('airbyte-data/')).map((key) => key.slice(0, key.lastIndexOf('/'))));
  expect(folders.size).toBe(layout === 'basic' ? 4 : 2);
  for (const folder of folders)
    for (const part of folder.split('/')) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
});

test.each(['a/b', 'a\u0000b', 'order-items', 'with "quotes" and \\'])(
  'a name that is no column’s: %j',
  async (table) => {
    const bucket = await makeBucket();
    const { published } = await oneSync(bucket, { layout: 'basic' }, [{ id: 1, kids: [{ a: 1 }] }], { table });
    expect(published).toMatchObject({ inserted: 1 });
  },
);

test('a name that is one folder for every store stays one, where its state has always been', () => {
  const table = '売'.repeat(27);
  expect(ownPrefix('lake', 'c', { namespace: 'n', table })).toBe(
    `lake/_weir/c/streams/n.${encodeURIComponent(table)}/`,
  );
});

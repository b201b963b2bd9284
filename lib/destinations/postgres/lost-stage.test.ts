import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { at, customer, customers, load } from '../fixtures/customers.ts';
import { syncRecords, withLoad } from './fixtures/with-load.ts';

// A server that has crashed takes back what its log had not got yet: the fence of an attempt, and its stage.

test.each(['update _weir.fence set fence = fence - 1', 'delete from _weir.fence'])(
  'a fence that the server lost in a crash is told from a newer attempt, and the sync is tried again: %s',
  async (lost) => {
    const { url, query } = await testDatabase();
    const attempted = withLoad(url, 2, async (run) => {
      await query(lost);
      await run.stage(customers('append'));
    });
    await expect(attempted).rejects.toMatchObject({ kind: 'transient', code: 'fence_lost' });
    await syncRecords(url, 3, customers('append'), [customer(1)]);
    expect(await query('select id from customers')).toHaveLength(1);
  },
);

test.each([
  ['a checkpoint', customer(1)],
  ['a new column', { ...customer(1), city: 'Ulm' }],
])('the same where its stage was lost with it: %s', async (_, record) => {
  const { url, query } = await testDatabase();
  const attempted = withLoad(url, 2, async (run) => {
    const stage = await run.stage(customers('append'));
    await query('update _weir.fence set fence = fence - 1; update _weir.stage set fence = fence - 1');
    await load(stage, [record], { cursor: at(1) });
  });
  await expect(attempted).rejects.toMatchObject({ kind: 'transient', code: 'fence_lost' });
});

test('a stage that the server lost in a crash is noticed, not published', async () => {
  const { url, query } = await testDatabase();
  await withLoad(url, 1, async (run) => {
    const stage = await run.stage(customers('append'));
    await load(stage, [customer(1)], { cursor: at(1) });
    const [{ stage_table: table } = { stage_table: '' }] = await query<{ stage_table: string }>(
      'select stage_table from _weir.stage',
    );
    await query(`truncate _weir.${table}`);
    await expect(stage.publish({ complete: true })).rejects.toMatchObject({ kind: 'transient', code: 'stage_lost' });
  });
});

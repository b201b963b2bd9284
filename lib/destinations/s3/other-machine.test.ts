import { expect, test } from 'vitest';
import { attemptOf, customer, customers, idsOf, load } from '../fixtures/customers.ts';
import { makeBucket } from './fixtures/bucket.ts';
import { s3 } from './s3.ts';

// Attempts of one sync on machines that do not see each other's stages.

test('what was staged here counts for nothing once another machine has published more of the sync', async () => {
  const bucket = await makeBucket();
  const on = async (machine: string, fence: number) => {
    const context = { ...bucket.context, workDir: `${bucket.context.workDir}-${machine}` };
    const destination = s3.open(context, { ...bucket.config });
    return { destination, stage: await (await destination.begin(attemptOf(fence))).stage(customers('append')) };
  };
  const first = await on('a', 1);
  await load(first.stage, [customer(1)], { done: 1 });
  await first.destination.close();
  const second = await on('b', 2);
  await load(second.stage, [customer(1), customer(2)], { done: 2 });
  await second.stage.publish({ complete: false });
  await second.destination.close();
  const third = await on('a', 3);
  expect(third.stage.resumed).toMatchObject({ state: { done: 2 }, counts: { read: 2, written: 2 } });
  await load(third.stage, [customer(3)], { done: 3 });
  await third.stage.publish({ complete: true });
  await third.destination.close();
  const rows = await bucket.query('airbyte-data/customers/', `select id from read_parquet('$FOLDER/**/*.parquet')`);
  expect(idsOf(rows)).toEqual([1, 2, 3]);
});

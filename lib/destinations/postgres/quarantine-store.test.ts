import { expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { at, attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';

const { connectionId } = attemptOf(1);
const strict = customers('append', { badValues: 'quarantine' });
const misfits = (count: number) =>
  Array.from({ length: count }, (_, index): JsonObject => ({ ...customer(index + 1), updated_at: 'never' }));

/** A sync that put so many rows aside, after what an administrator set for the database. */
async function putAside(count: number, settings: readonly string[] = []) {
  const { url, query } = await testDatabase();
  const database = new URL(url).pathname.slice(1);
  for (const setting of settings) await query(`alter database "${database}" set ${setting}`);
  const destination = postgres.open(testContext(), configOf(url));
  onTestFinished(() => destination.close());
  const run = await destination.begin(attemptOf(1));
  const stage = await run.stage(strict);
  await load(stage, misfits(count), { cursor: at(1) });
  await stage.publish({ complete: true });
  const replayed = async () => {
    const came: number[] = [];
    for await (const page of (await run.replayed?.(strict))?.pages ?? []) {
      expect(page.came.map(({ number }) => number)).toEqual(page.records.map(({ id }) => Number(id)));
      came.push(...page.records.map(({ id }) => Number(id)));
    }
    return came;
  };
  return { query, destination, replayed };
}

test.each(['list', 'counts', 'remove', 'clear'] as const)(
  'what a version before put aside can be looked at and forgotten before there is a sync: %s',
  async (how) => {
    const { query, destination } = await putAside(2);
    await query('alter table _weir.quarantine drop column again, drop column came');
    await query('update _weir.version set version = 5');
    const { quarantine: store } = destination;
    if (how === 'list') expect(await store?.list({ connectionId, limit: 10 })).toHaveLength(2);
    if (how === 'counts') expect(await store?.counts(connectionId)).toMatchObject([{ table: 'customers', rows: 2 }]);
    if (how === 'remove') expect(await store?.remove(connectionId, [1])).toBe(1);
    if (how === 'clear') expect(await store?.clear(connectionId, ['customers'])).toBe(2);
  },
);

test('rows of a worker that is of a version before come in their order, page after page', async () => {
  const { query, replayed } = await putAside(1_200);
  await query('update _weir.quarantine set came = null');
  expect(await replayed()).toEqual(misfits(1_200).map(({ id }) => id));
});

test.each(['Asia/Kolkata', 'Asia/Shanghai'])(
  'page after page too where the database writes a zone that reads as another: %s',
  async (zone) => {
    const { replayed } = await putAside(1_200, ["datestyle = 'SQL, DMY'", `timezone = '${zone}'`]);
    expect(await replayed()).toEqual(misfits(1_200).map(({ id }) => id));
  },
);

import { expect, onTestFinished, test } from 'vitest';
import { createKept } from '#lib/kept.ts';
import { gatedShop } from './fixtures/gated-shop.ts';

test('what a role may do is asked of the server anew after a sync that failed, and a session is kept after one that did not', async () => {
  const { context, destination, query, sync } = await gatedShop('dataset: public.orders\nvolume: [{min_rows: 1}]');
  const kept = createKept();
  Object.assign(context, { kept });
  onTestFinished(() => kept.end());
  const [{ role } = { role: '' }] = await query<{ role: string }>(`select current_database() || '_loader' as role`);
  await query(`create role "${role}" superuser login password 'load'`);
  onTestFinished(async () => void (await query(`drop owned by "${role}" cascade; drop role "${role}"`)));
  await query(`update destination set config = config || $2 where id = $1`, [
    destination,
    JSON.stringify({ username: role, password: 'load' }),
  ]);
  const sessions = async () => {
    const found = await query<{ pid: number }>(`select pid from pg_stat_activity where usename = $1`, [role]);
    return found.map(({ pid }) => pid);
  };

  expect(await sync()).toMatchObject({ status: 'succeeded' });
  await kept.end();
  await query(`alter role "${role}" set default_transaction_read_only = on`);
  expect(await sync()).toMatchObject({ status: 'failed', failure: { code: 'read_only' } });
  await query(`alter role "${role}" reset default_transaction_read_only`);
  expect(await sync()).toMatchObject({ status: 'succeeded' });
  const left = await sessions();
  expect(await sync()).toMatchObject({ status: 'succeeded' });
  const after = await sessions();
  // The server may still show one beside it that was ended.
  expect(left.filter((pid) => after.includes(pid))).not.toEqual([]);
});

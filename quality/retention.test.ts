import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { forgetMeasurements } from './retention.ts';

const NOW = new Date('2026-11-24T12:00:00Z');

/** A suite measured daily for three years, each failing with rows; one of its checks was last measured in the first year. */
async function measured() {
  const database = await testDatabase({ migrated: true });
  await database.query(
    `with w as (insert into workspace (name) values ('Harbour') returning id),
       d as (insert into destination (workspace_id, type, name, config) select id, 'postgres', 'Wh', '{}' from w returning id),
       s as (insert into suite (workspace_id, name, text, destination_id) select w.id, 'Orders', 't', d.id from w, d returning id, workspace_id),
       r as (insert into check_run (workspace_id, suite_id, trigger, started_at, finished_at)
         select workspace_id, id, 'sync', at, at from s, generate_series($1::timestamptz - interval '1094 days', $1, '1 day') at
         returning id, workspace_id, suite_id, finished_at)
     insert into check_result (workspace_id, run_id, suite_id, key, kind, title, level, outcome, message, measured_at, samples, samples_until)
     select r.workspace_id, r.id, r.suite_id, key, 'row_count', 't', 'error', 'fail', 'm', finished_at, '[{"id":1}]', finished_at + interval '90 days'
     from r, (values ('rows'), ('old')) k(key) where key = 'rows' or finished_at < $1::timestamptz - interval '1000 days'`,
    [NOW],
  );
  const count = async (table: string, where: string) =>
    (await database.query<{ n: number }>(`select count(*)::int as n from ${table} where ${where}`))[0]?.n;
  return { ...database, clock: () => NOW, count };
}

test('measurements go with their time, and the newest of each check stays', async () => {
  const { db, clock, count } = await measured();
  await forgetMeasurements({ db, clock }, 100);
  expect(await count('check_result', `key = 'rows'`)).toBe(731);
  expect(await count('check_result', `key = 'old'`)).toBe(1);
  expect(await count('check_run', 'true')).toBe(732);
});

test('failing rows go by the suite’s days or the workspace’s, whichever are fewer', async () => {
  const { db, clock, count, query } = await measured();
  await forgetMeasurements({ db, clock });
  expect(await count('check_result', 'samples is not null')).toBe(31);
  await query("update check_result set samples_until = measured_at + interval '7 days' where samples is not null");
  await forgetMeasurements({ db, clock });
  expect(await count('check_result', 'samples is not null')).toBe(8);
});

import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeBucket, queryFiles } from '#lib/destinations/s3/fixtures/bucket.ts';
import { createLog } from '#lib/log.ts';
import { createSecrets } from '#lib/secrets.ts';
import { testClock } from '#tests/harness/clock.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { addCheck } from './add-check.ts';
import { listSuggestions, profileNewTables } from './profile-new-tables.ts';

const ORDERS = `select i as id, case when i % 50 = 0 then null else 'u' || i || '@x.de' end as email,
  ['open', 'paid', 'lost'][1 + i % 3] as status, i % 90 as amount, timestamp '2026-01-01 10:00' - to_minutes(i) as updated_at from range(1, 501) r (i)`;

test.each([
  ['parquet', 'format parquet'],
  ['jsonl', 'format json'],
  ['csv', 'format csv, header true'],
])('the first load into a bucket suggests checks, from %s', async (extension, format) => {
  const bucket = await makeBucket();
  const file = path.join(await mkdtemp(path.join(os.tmpdir(), 'weir-profile-')), `orders.${extension}`);
  await queryFiles(`copy (${ORDERS}) to '${file}' (${format})`);
  const key = `airbyte-data/orders/1.${extension}`;
  await (await bucket.store()).upload(key, file, {});
  const { db, query } = await testDatabase({ migrated: true });
  const relation = { kind: 'parquet', files: [`s3://datalake/${key}`] };
  const [ids] = await query<{ workspace: string; connection: string; sync: string }>(
    `with w as (insert into workspace (name) values ('W') returning id),
       c as (insert into connector (workspace_id, name) select id, 'Shop' from w returning id),
       s as (insert into source (workspace_id, connector_id, name, config) select w.id, c.id, 'Shop', '{}' from w, c returning id),
       d as (insert into destination (workspace_id, type, name, config) select id, 's3', 'Lake', $1 from w returning id),
       n as (insert into connection (workspace_id, name, source_id, destination_id, prefix) select w.id, 'n', s.id, d.id, 'shop_' from w, s, d returning id),
       y as (insert into syncs (workspace_id, connection_id, trigger, status) select w.id, n.id, 'manual', 'succeeded' from w, n returning id),
       t as (insert into sync_stream (sync_id, workspace_id, name, status, published_at, relation) select y.id, w.id, 'orders', 'published', now(), $2 from y, w),
       h as (insert into allowed_host (workspace_id, host, port) select id, '127.0.0.1', $3::int from w)
     select w.id as workspace, n.id as connection, y.id as sync from w, n, y`,
    [JSON.stringify(bucket.config), JSON.stringify(relation), Number(new URL(String(bucket.config.s3_endpoint)).port)],
  );
  const { clock } = testClock('2026-01-01T12:00:00Z');
  const context = {
    db,
    secrets: createSecrets('x'.repeat(32)),
    clock,
    log: createLog('test', 'silent'),
    env: { proxies: null },
  };
  await profileNewTables(context, Number(ids?.sync), new AbortController().signal);
  const [found] = await listSuggestions(context, ids?.workspace ?? '', ids?.connection ?? '');
  expect(found).toMatchObject({ table: 'shop_orders', columns: ['id', 'email', 'status', 'amount', 'updated_at'] });
  expect(found?.bytesRead).toBeGreaterThan(1_000);
  expect(
    found?.suggestions.map((each) =>
      addCheck('', each)
        .trim()
        .replace(/\n\s+-/, ''),
    ),
  ).toEqual([
    'volume: {min_rows: 250, max_change_pct: 50}',
    'uniqueness: {unique_columns: [id]}',
    'freshness: {column: updated_at, max_age_hours: 24}',
    'completeness: {column: id}',
    'completeness: {column: email, threshold: 96, level: warn}',
    'completeness: {column: status}',
    'completeness: {column: amount}',
    'completeness: {column: updated_at}',
    'accepted_values: {column: status, values: [lost, open, paid], level: warn}',
    'format: {column: email, format: email}',
    'range: {column: amount, min: 0}',
  ]);
});

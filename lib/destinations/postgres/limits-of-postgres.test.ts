import { expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import type { TargetStream } from '../destination.ts';
import { at, attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';

async function sync(url: string, fence: number, stream: TargetStream, records: JsonObject[]) {
  const destination = postgres.open(testContext(), configOf(url));
  try {
    const stage = await (await destination.begin(attemptOf(fence, fence))).stage(stream);
    await load(stage, records, null);
    return await stage.publish({ complete: true });
  } finally {
    await destination.close();
  }
}

test('a row that is larger than Postgres holds one goes to quarantine; a stream of such rows fails by saying so', async () => {
  const wide = (id: number) =>
    Object.fromEntries(Array.from({ length: 700 }, (_, at) => [`f${at}`, `text ${at} of ${id}, long`]));
  const { url, query } = await testDatabase();
  const rows = [customer(1), { id: 2, ...wide(2) }, customer(3)];
  await sync(url, 1, customers('append'), rows);
  expect(await query('select id from customers order by id')).toEqual([{ id: '1' }, { id: '3' }]);
  expect(await query('select code, page, row, reason from _weir.quarantine')).toEqual([
    { code: 'refused_by_database', page: 1, row: 2, reason: expect.stringContaining('row is too big') },
  ]);
  const all = Array.from({ length: 40 }, (_, id) => ({ id, ...wide(id) }));
  await expect(sync(url, 2, customers('append'), all)).rejects.toMatchObject({
    kind: 'config',
    code: 'database_limit',
    hint: expect.stringContaining('fewer fields'),
  });
});

test('namespaces that the database keeps for itself get a schema beside it', async () => {
  const { url, query } = await testDatabase();
  for (const [index, namespace] of ['pg_data', 'information_schema', '_weir'].entries())
    await sync(url, index + 1, customers('append', { namespace, table: 'stage' }), [customer(1)]);
  const made = await query('select namespace, table_schema as schema from _weir.relation order by 1');
  expect(made).toEqual([
    { namespace: '_weir', schema: '__weir' },
    { namespace: 'information_schema', schema: '_information_schema' },
    { namespace: 'pg_data', schema: '_pg_data' },
  ]);
});

test('a source that tells itself what was deleted may keep its rows that vanish, too', async () => {
  const { url, query } = await testDatabase();
  const stream = customers('overwrite_dedup', { softDelete: true });
  const row = (id: number, deleted: string | null = null) => ({ ...customer(id), _ab_cdc_deleted_at: deleted });
  await sync(url, 1, stream, [row(1), row(2), row(3, at(1))]);
  await sync(url, 2, stream, [row(1), row(3)]);
  const found = await query('select id::int, _ab_cdc_deleted_at is not null as gone from customers order by id');
  expect(found).toEqual([
    { id: 1, gone: false },
    { id: 2, gone: true },
    { id: 3, gone: false },
  ]);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import type { JsonObject } from '#lib/json.ts';
import { type TestDatabase, testDatabase } from '#tests/harness/database.ts';
import { NO_COUNTS, type Stage, type TargetStream } from '../destination.ts';
import { attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';

// What administrators set for a user or a database changes nothing of what is loaded.

/** A user with the rights of the guide and these settings, and one load as that user. */
async function userWith({ url, query }: TestDatabase, settings: readonly string[]) {
  const user = `loader_${crypto.randomUUID().slice(0, 8)}`;
  await query(`create role ${user} login password 'secret'`);
  onTestFinished(async () => {
    await query(`drop owned by ${user} cascade; drop role ${user}`);
  });
  await query(`create schema _weir authorization ${user}; create schema shop authorization ${user}`);
  for (const setting of settings) await query(`alter role ${user} set ${setting}`);
  const config = { ...configOf(url), username: user, password: 'secret', schema: 'shop' };
  return async (
    fence: number,
    stream: TargetStream,
    records: JsonObject[],
    before?: (stage: Stage) => Promise<unknown>,
  ) => {
    const destination = postgres.open(testContext(), config);
    try {
      const stage = await (await destination.begin(attemptOf(fence, fence))).stage(stream);
      await load(stage, records, null);
      await before?.(stage);
      return await stage.publish({ complete: true });
    } finally {
      await destination.close();
    }
  };
}

const day = { id: 1, d: '2026-02-03', t: '2026-02-03T04:05:06Z' };
const dated = (type: JsonObject, more: Partial<TargetStream> = {}) => {
  const { stream } = customers('append');
  const properties = { id: { type: 'integer' }, d: { type: 'string', ...type }, t: { type: 'string' } };
  return customers('append', { ...more, stream: { ...stream, jsonSchema: { properties } } });
};

test.each([
  ["datestyle = 'SQL, DMY'", "timezone = 'Asia/Tokyo'"],
  ["default_transaction_isolation = 'serializable'"],
  ["search_path = ''"],
  ['lock_timeout = 1', 'idle_in_transaction_session_timeout = 20'],
  ["client_encoding = 'LATIN1'"],
])('%s', async (...settings) => {
  const database = await testDatabase();
  const sync = await userWith(database, settings);
  await sync(1, dated({ format: 'date' }), [{ ...day, name: 'äöü 日本' }]);
  // A date that becomes text is written as it was.
  await sync(2, dated({}), [{ id: 2, d: 'some day' }]);
  expect(await database.query('select id::int, d, name from shop.customers order by id')).toEqual([
    { id: 1, d: '2026-02-03', name: 'äöü 日本' },
    { id: 2, d: 'some day', name: null },
  ]);
});

test('standard_conforming_strings = off: names of fields are text, and no SQL', async () => {
  const database = await testDatabase();
  const sync = await userWith(database, ['standard_conforming_strings = off']);
  const field = "\\' || (select 'read') || '";
  await sync(1, customers('append'), [{ id: 1, [field]: 'x' }], (stage) =>
    stage.setAside([{ condition: 'id = 1', reason: "it's \\ one" }]),
  );
  const [aside] = await database.query<{ record: string; reason: string }>(
    'select record, reason from _weir.quarantine',
  );
  expect(aside?.reason).toBe("it's \\ one");
  expect(JSON.parse(aside?.record ?? '')).toMatchObject({ id: 1, [field]: 'x' });
});

test('timezone: times of a CSV file that say none are UTC, be it read or taken by its bytes', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-zone-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const header = 'id,t\n';
  const text = `${header}1,2026-02-03 04:05:06\n2,2026-02-03T04:05:06.5\n3,2026-02-03 04:05:06+09:00\n`;
  await writeFile(path.join(folder, 'rows.csv'), text);
  const file: DelimitedFile = {
    ...{ path: path.join(folder, 'rows.csv'), bytes: text.length, start: header.length, hasHeader: true },
    ...{ delimiter: ',', quote: '"' },
    columns: [
      { field: 'id', type: 'integer' },
      { field: 't', type: 'string' },
    ],
    record: ([id = '', t = '']) => ({ id: Number(id), t }),
  };
  const database = await testDatabase();
  const sync = await userWith(database, ["timezone = 'Asia/Tokyo'", "datestyle = 'SQL, DMY'"]);
  const { stream } = customers('append');
  const properties = { id: { type: 'integer' }, t: { type: 'string', format: 'date-time' } };
  await sync(1, customers('append', { stream: { ...stream, jsonSchema: { properties } } }), [], async (stage) => {
    expect(await stage.writeFile?.({ slice: 'f', file, onProgress: () => undefined })).toMatchObject({ written: 3 });
    return stage.checkpoint({ state: null, openSlices: [], counts: { ...NO_COUNTS, read: 3 } });
  });
  const found = await database.query("select (t at time zone 'UTC')::text as t from shop.customers order by id");
  expect(found.map(({ t }) => t)).toEqual(['2026-02-03 04:05:06', '2026-02-03 04:05:06.5', '2026-02-02 19:05:06']);
});

test.each(['statement_timeout', 'transaction_timeout'])('%s: a publish takes as long as it takes', async (limit) => {
  const database = await testDatabase();
  // Postgres has the second one since 17.
  const known = await database.query('select 1 from pg_settings where name = $1', [limit]);
  const sync = await userWith(database, known.length > 0 ? [`${limit} = 500`] : []);
  await sync(1, customers('append'), [customer(1)]);
  await database.query(`create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.7); return new; end $$;
    create trigger slow before insert on shop.customers for each row execute function slow()`);
  await sync(2, customers('append'), [customer(2)]);
  expect(await database.query('select id from shop.customers')).toHaveLength(2);
});

test('the rights of the guide suffice for each mode', async () => {
  const database = await testDatabase();
  const sync = await userWith(database, []);
  for (const [index, mode] of (['append', 'overwrite', 'append_dedup', 'overwrite_dedup'] as const).entries())
    for (const round of [1, 2]) {
      const stream = customers(mode, { table: mode, softDelete: mode === 'overwrite_dedup' });
      await sync(index * 2 + round, stream, [customer(1), { ...customer(2, round), [`more${round}`]: 1 }]);
    }
  const counted = await database.query(`select (select count(*) from shop.append)::int as append,
    (select count(*) from shop.overwrite)::int as overwrite, (select count(*) from shop.append_dedup)::int as dedup`);
  expect(counted).toEqual([{ append: 4, overwrite: 2, dedup: 2 }]);
});

test('encoding: a row that the database can’t hold goes to quarantine as it is, and names that it can’t are said to be the reason', async () => {
  const { url, query } = await testDatabase();
  const name = `latin_${crypto.randomUUID().slice(0, 8)}`;
  await query(`create database ${name} template template0 encoding 'LATIN1' locale 'C'`);
  onTestFinished(async () => {
    await query(`drop database ${name} with (force)`);
  });
  const destination = postgres.open(testContext(), { ...configOf(url), database: name });
  const attempt = await destination.begin(attemptOf(1));
  const stage = await attempt.stage(customers('append', { badValues: 'quarantine' }));
  const odd = { ...customer(3, 1, '日本'), updated_at: 'no time' };
  expect(await load(stage, [customer(1, 1, 'Zoë'), customer(2, 1, '😀'), odd], null)).toMatchObject({
    ...{ written: 1, quarantined: 2 },
  });
  await stage.publish({ complete: true });
  const aside = (await destination.quarantine?.list({ connectionId: attemptOf(1).connectionId, limit: 9 })) ?? [];
  expect(aside.map(({ record }) => JSON.parse(record).name)).toEqual(['😀', '日本']);
  const named = attempt.stage(customers('append', { table: '日本' }));
  await expect(named).rejects.toMatchObject({ kind: 'config', code: 'encoding' });
  await destination.close();
});

import { expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { NO_COUNTS } from '../destination.ts';
import { at, attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { makeBucket } from './fixtures/bucket.ts';

const PARQUET = "read_parquet('$FOLDER/*.parquet')";
const JSONL = "read_json('$FOLDER/*.jsonl.gz')";
const CSV = "read_csv('$FOLDER/*.csv.gz')";
const MS = 'make_timestamp(_airbyte_extracted_at::bigint * 1000)';

test.each<[string, JsonObject, { folder?: string; reader: string; id?: string; instant: string }]>([
  ['Parquet', {}, { reader: PARQUET, instant: '_airbyte_extracted_at' }],
  [
    'Parquet in folders by date',
    { partition_column: 'updated_at' },
    { reader: "read_parquet('$FOLDER/*/*.parquet')", instant: '_airbyte_extracted_at' },
  ],
  ['JSONL', { format: { format_type: 'JSONL' } }, { reader: JSONL, instant: MS }],
  ['CSV', { format: { format_type: 'CSV' } }, { reader: CSV, instant: MS }],
  [
    'JSONL without columns',
    { format: { format_type: 'JSONL', flattening: 'No flattening' } },
    { reader: JSONL, id: "(_airbyte_data ->> 'id')::bigint", instant: MS },
  ],
  ['basic', { layout: 'basic' }, { reader: PARQUET, instant: '_airbyte_emitted_at' }],
  [
    'basic, its raw files',
    { layout: 'basic' },
    {
      ...{ folder: '_airbyte_raw_customers', reader: PARQUET, instant: '_airbyte_emitted_at' },
      id: "(_airbyte_data ->> 'id')::bigint",
    },
  ],
])('a row that is loaded again came when it was read: %s', async (_name, config, files) => {
  const { folder = 'customers', reader, id = 'id', instant } = files;
  const bucket = await makeBucket();
  const destination = bucket.open(config);
  onTestFinished(() => destination.close());
  const target = (day: number) => customers('append', { emittedAt: new Date(Date.UTC(2026, 0, day)) });
  const isSecond =
    config.format && 'flattening' in (config.format as JsonObject) ? `_airbyte_data ->> 'id' = '2'` : '"id" = 2';
  const aside = [{ condition: isSecond, reason: 'is 2' }];

  const first = await (await destination.begin(attemptOf(1, 1))).stage(target(1));
  await load(first, [customer(1), customer(2)], { cursor: at(1) });
  await first.setAside(aside);
  await first.publish({ complete: true });
  for (const [sync, conditions] of [
    [2, aside],
    [3, []],
  ] as const) {
    const run = await destination.begin(attemptOf(sync, sync));
    const found = await run.replayed?.(target(sync));
    const stage = await run.stage({ ...target(sync), replays: { upTo: found?.upTo ?? 0 } });
    for await (const { records, came } of found?.pages ?? [])
      await stage.write({ slice: 'quarantine', page: 1, records, came });
    await stage.checkpoint({ state: null, openSlices: [], counts: { ...NO_COUNTS, read: 1 } });
    await stage.setAside(conditions);
    await stage.publish({ complete: true });
  }
  const rows = await bucket.query(
    `airbyte-data/${folder}/`,
    `select ${id}::int as id, strftime(${instant}, '%d') as day from ${reader} order by 1`,
  );
  expect(rows).toEqual([
    { id: 1, day: '01' },
    { id: 2, day: '01' },
  ]);
});

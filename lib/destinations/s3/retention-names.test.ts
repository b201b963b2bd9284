import { expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { makeBucket } from './fixtures/bucket.ts';
import { oneSync } from './fixtures/one-sync.ts';

test('the archive keeps each generation, also where file names come again', async () => {
  const bucket = await makeBucket();
  const config = {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Airbyte's
    s3_path_format: '${STREAM_NAME}/',
    file_name_pattern: 'data{format_extension}',
    retention: { rule: 'generations', count: 4, old_files: { action: 'move', prefix: 'archive' } },
  };
  const idsIn = (folder: string) =>
    bucket.query(folder, `select id::int as id from read_parquet('$FOLDER/**/*.parquet') order by 1`);
  for (let fence = 1; fence <= 7; fence++)
    await oneSync(bucket, config, [{ id: fence }], { fence, destinationSyncMode: 'overwrite' });
  expect(await idsIn('airbyte-data/customers/')).toEqual([{ id: 7 }]);
  expect(await idsIn('archive/')).toEqual([{ id: 4 }, { id: 5 }, { id: 6 }]);
});

const DISPOSALS: [string, JsonObject][] = [
  ['move', { action: 'move', prefix: 'archive' }],
  ['get another storage class', { action: 'storage_class', storage_class: 'STANDARD_IA' }],
];

test.each(DISPOSALS)(
  'old files that are to %s and that somebody has taken away keep no sync from publishing',
  async (_, oldFiles) => {
    const bucket = await makeBucket();
    const config = { retention: { rule: 'generations', count: 1, old_files: oldFiles } };
    await oneSync(bucket, config, [{ id: 1 }], { fence: 1 });
    const store = await bucket.store();
    await store.delete(await bucket.keys());
    await oneSync(bucket, config, [{ id: 2 }], { fence: 2 });
    const found = await bucket.query('', `select id::int as id from read_parquet('$FOLDER/**/*.parquet') order by 1`);
    expect(found).toEqual([{ id: 2 }]);
  },
);

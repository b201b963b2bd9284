import { describe, expect, test } from 'vitest';
import { type JsonObject, parseJson } from '#lib/json.ts';
import { NO_COUNTS, type TargetStream } from '../destination.ts';
import { attemptOf, customers } from '../fixtures/customers.ts';
import { dateFolder } from './date-folder.ts';
import { type Bucket, makeBucket } from './fixtures/bucket.ts';
import { oneSync } from './fixtures/one-sync.ts';

const acme: JsonObject = {
  id: 1,
  name: 'Acme Corp',
  contact: { email: 'info@acme.com', phone: '+1234567890' },
  addresses: [
    { type: 'billing', city: 'New York' },
    { type: 'shipping', city: 'Boston' },
  ],
  updated_at: '2026-11-24T23:30:00-02:00',
};
const widget: JsonObject = { id: 2, name: 'Widget', price: 1.5, updated_at: '2026-11-24T10:00:00Z', tags: ['a'] };

const sync: typeof oneSync = (bucket, config, records, more = {}) =>
  oneSync(bucket, config, records, { namespace: 'production_public', ...more });

describe('scenario A: what Dremio reads in the owner’s bucket', () => {
  const owner = {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as the owner wrote it
    s3_bucket_path: 'airbyte-data/${NAMESPACE}/${STREAM_NAME}',
    format: { format_type: 'Parquet', compression_codec: 'GZIP', block_size_mb: 128 },
  };

  test('the stream’s folder holds its Parquet files and nothing of ours', async () => {
    const bucket = await makeBucket();
    await sync(bucket, owner, [acme, widget]);
    const keys = await bucket.keys('airbyte-data/');
    expect(keys).toEqual([
      expect.stringMatching(/^airbyte-data\/production_public\/customers\/\d{4}_\d\d_\d\d_\d+_0\.parquet$/),
    ]);
    const [codec] = await bucket.query(
      'airbyte-data/production_public/customers/',
      `select distinct compression as codec from parquet_metadata('$FOLDER/*.parquet')`,
    );
    expect(codec).toEqual({ codec: 'GZIP' });
  });

  test('its select list gives typed rows, nested fields by their JSON', async () => {
    const bucket = await makeBucket();
    await sync(bucket, owner, [acme, widget]);
    const rows = await bucket.query(
      'airbyte-data/production_public/customers/',
      `select id as customer_id, name, contact->>'$.email' as email, updated_at, _airbyte_extracted_at, _airbyte_raw_id
       from read_parquet('$FOLDER/*.parquet') order by id`,
    );
    expect(rows).toMatchObject([
      { customer_id: '1', name: 'Acme Corp', email: 'info@acme.com', updated_at: '2026-11-25 01:30:00+00' },
      { customer_id: '2', name: 'Widget', email: null, _airbyte_extracted_at: '2026-11-24 12:00:00+00' },
    ]);
  });

  test('with basic normalization the flat columns and the child table are there too', async () => {
    const bucket = await makeBucket();
    await sync(bucket, { ...owner, layout: 'basic' }, [acme, widget]);
    const folder = 'airbyte-data/production_public/';
    const rows = await bucket.query(
      folder,
      `select id, name, contact_email, contact_phone, _airbyte_emitted_at, _airbyte_normalized_at is not null as normalized
       from read_parquet('$FOLDER/customers/*.parquet')
       where _airbyte_emitted_at = (select max(_airbyte_emitted_at) from read_parquet('$FOLDER/customers/*.parquet'))
       order by id`,
    );
    expect(rows).toMatchObject([
      { id: '1', contact_email: 'info@acme.com', contact_phone: '+1234567890', normalized: true },
      { id: '2', name: 'Widget', contact_email: null, _airbyte_emitted_at: '2026-11-24 12:00:00+00' },
    ]);
    const addresses = await bucket.query(
      folder,
      `select a.type, a.city, c.name from read_parquet('$FOLDER/customers_addresses/*.parquet') a
       join read_parquet('$FOLDER/customers/*.parquet') c using (_airbyte_customers_hashid) order by type`,
    );
    expect(addresses).toEqual([
      { type: 'billing', city: 'New York', name: 'Acme Corp' },
      { type: 'shipping', city: 'Boston', name: 'Acme Corp' },
    ]);
    const raw = await bucket.query(
      folder,
      `select (_airbyte_data->>'$.id')::int as id, _airbyte_data->'contact'->>'email' as email, c.id is not null as known
       from read_parquet('$FOLDER/_airbyte_raw_customers/*.parquet') r
       join read_parquet('$FOLDER/customers/*.parquet') c using (_airbyte_ab_id) order by 1`,
    );
    expect(raw).toEqual([
      { id: 1, email: 'info@acme.com', known: true },
      { id: 2, email: null, known: true },
    ]);
  });

  test.each(['direct', 'basic'])(
    'key and cursor stay where new fields are left out, in layout %s too',
    async (layout) => {
      const bucket = await makeBucket();
      const { stream } = customers('append');
      const jsonSchema = { type: 'object', properties: { name: { type: 'string' } } };
      const only: Partial<TargetStream> = { newFields: 'leave_out', stream: { ...stream, jsonSchema } };
      await sync(bucket, { ...owner, layout }, [widget], { ...only, cursorField: ['updated_at'] });
      const rows = await bucket.query(
        'airbyte-data/production_public/customers/',
        `select columns('^(id|name|updated_at|price)$') from read_parquet('$FOLDER/*.parquet')`,
      );
      expect(rows).toEqual([{ name: 'Widget', id: '2', updated_at: '2026-11-24T10:00:00Z' }]);
    },
  );

  test('there, a new list has no files where new fields are left out, and is told', async () => {
    const bucket = await makeBucket();
    const destination = bucket.open({ ...owner, layout: 'basic' });
    const stage = await (await destination.begin(attemptOf(1))).stage(customers('append', { newFields: 'leave_out' }));
    const record = { id: 1, name: 'Acme', parts: [{ sku: 'a' }] };
    const { leftOut } = await stage.write({ slice: 's1', page: 1, records: [record] });
    await stage.checkpoint({ state: null, openSlices: [], counts: { ...NO_COUNTS, read: 1 } });
    await stage.publish({ complete: true });
    await destination.close();
    expect([...(leftOut ?? [])]).toEqual(['parts']);
    expect((await bucket.keys('airbyte-data/')).filter((key) => key.includes('parts'))).toEqual([]);
  });

  test('raw only writes the raw table alone', async () => {
    const bucket = await makeBucket();
    const { published } = await sync(bucket, { ...owner, layout: 'raw' }, [acme, widget]);
    expect(published).toMatchObject({ inserted: 2, rows: 2 });
    expect((await bucket.keys('airbyte-data/')).map((key) => key.split('/')[2])).toEqual(['_airbyte_raw_customers']);
  });
});

describe('formats', () => {
  const readers: [string, JsonObject, string, string][] = [
    ['snappy', { format_type: 'Parquet' }, 'parquet', 'read_parquet'],
    ['zstd', { format_type: 'Parquet', compression_codec: 'ZSTD', block_size_mb: 16 }, 'parquet', 'read_parquet'],
    ['gzip', { format_type: 'JSONL', compression: { compression_type: 'GZIP' } }, 'jsonl.gz', 'read_json'],
    ['zstd', { format_type: 'JSONL', compression: { compression_type: 'ZSTD' } }, 'jsonl.zst', 'read_json'],
    ['none', { format_type: 'CSV', compression: { compression_type: 'No Compression' } }, 'csv', 'read_csv'],
    ['zstd', { format_type: 'CSV', compression: { compression_type: 'ZSTD' } }, 'csv.zst', 'read_csv'],
  ];
  test.each(readers)('%s, %j', async (codec, format, extension, reader) => {
    const bucket = await makeBucket();
    const odd = { id: 9_007_199_254_740_993n, name: 'a,"b"\nc\u0001', updated_at: null } as JsonObject;
    await sync(bucket, { format }, [acme, widget, odd], { namespace: '' });
    expect(await bucket.keys('airbyte-data/')).toEqual([
      expect.stringMatching(new RegExp(`_0\\.${extension.replace('.', '\\.')}$`)),
    ]);
    const compression = reader === 'read_parquet' ? '' : `, compression = '${codec}'`;
    const lines = reader === 'read_json' ? ", format = 'newline_delimited'" : '';
    const rows = await bucket.query(
      'airbyte-data/customers/',
      `select id::varchar as id, name, price, contact->>'$.email' as email, _airbyte_generation_id::int as generation
       from ${reader}('$FOLDER/*.${extension}'${compression}${lines}) order by id`,
    );
    expect(rows).toEqual([
      { id: '1', name: 'Acme Corp', price: null, email: 'info@acme.com', generation: 1 },
      { id: '2', name: 'Widget', price: 1.5, email: null, generation: 1 },
      { id: '9007199254740993', name: odd.name, price: null, email: null, generation: 1 },
    ]);
  });

  test('without flattening the record stays whole beside Airbyte’s columns', async () => {
    const bucket = await makeBucket();
    const format = {
      format_type: 'JSONL',
      flattening: 'No flattening',
      compression: { compression_type: 'No Compression' },
    };
    await sync(bucket, { format }, [widget], { namespace: '' });
    const [row] = await bucket.query('airbyte-data/customers/', `select * from read_json('$FOLDER/*.jsonl')`);
    expect(row).toMatchObject({
      _airbyte_extracted_at: String(Date.parse('2026-11-24T12:00:00Z')),
      _airbyte_meta: { sync_id: '1' },
      _airbyte_data: { id: '2', price: 1.5, tags: ['a'] },
    });
  });

  test('what is wrong with a config is said all at once', async () => {
    const bucket = await makeBucket();
    const wrong = {
      format: { format_type: 'Parquet', compression_codec: 'LZO', block_size_mb: 0 },
      layout: 'flat',
      retention: { rule: 'age', days: 0, old_files: { action: 'move', prefix: '' } },
    };
    expect(() => bucket.open(wrong)).toThrow(
      expect.objectContaining({
        code: 'bad_config',
        issues: [
          'format.compression_codec',
          'format.block_size_mb',
          'layout',
          'retention.days',
          'retention.old_files.prefix',
        ].map((path) => expect.objectContaining({ path })),
      }),
    );
  });
});

describe('names of files', () => {
  test('a pattern with Airbyte’s placeholders', async () => {
    const bucket = await makeBucket();
    bucket.setClock(new Date('2026-11-25T10:11:12.345Z'));
    const config = {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Airbyte's variables
      s3_path_format: '${STREAM_NAME}/${YEAR}/${MONTH}/',
      file_name_pattern: '{date:yyyy_MM}-{timestamp}-{sync_id}-{part_number}{format_extension}',
    };
    await sync(bucket, config, [widget], { fence: 7 });
    expect(await bucket.keys('airbyte-data/')).toEqual([
      `airbyte-data/customers/2026/11/2026_11-${Date.parse('2026-11-25T10:11:12.345Z')}-7-0.parquet`,
    ]);
  });

  test('a name that is there already gets the next number: nothing is written over', async () => {
    const bucket = await makeBucket();
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Airbyte's variables
    const config = { s3_path_format: '${STREAM_NAME}/', file_name_pattern: 'data{format_extension}' };
    await sync(bucket, config, [widget]);
    await sync(bucket, config, [acme], { fence: 2 });
    expect(await bucket.keys('airbyte-data/')).toEqual([
      'airbyte-data/customers/data.parquet',
      'airbyte-data/customers/data_1.parquet',
    ]);
  });
});

describe('partitions by date', () => {
  test('an instant that its zone carries out of the years 1 to 9999 has no folder of its own', () => {
    expect(dateFolder('9999-12-31T23:59:59Z', 'day')).toBe('9999-12-31');
    expect(dateFolder('9999-12-31T23:59:59-05:00', 'day')).toBe('__HIVE_DEFAULT_PARTITION__');
    expect(dateFolder('0001-01-01T00:00:00+05:00', 'year')).toBe('__HIVE_DEFAULT_PARTITION__');
  });

  test.each([['Parquet'], ['JSONL'], ['CSV']])('%s: folders that readers know as a column, in UTC', async (type) => {
    const bucket = await makeBucket();
    const format = { format_type: type, compression: { compression_type: 'No Compression' } };
    const undated = { id: 3, name: 'never', updated_at: null };
    const { published } = await sync(bucket, { format, partition_column: 'updated_at' }, [acme, widget, undated]);
    expect(published).toMatchObject({ inserted: 3, rows: 3 });
    const read = { Parquet: 'read_parquet', JSONL: 'read_json', CSV: 'read_csv' }[type];
    const ending = type === 'JSONL' ? 'jsonl' : type.toLowerCase();
    const rows = await bucket.query(
      'airbyte-data/production_public/customers/',
      `select id::int as id, updated_at_day::varchar as day
       from ${read}('$FOLDER/*/*.${ending}', hive_partitioning = true, hive_types_autocast = false) order by id`,
    );
    expect(rows).toEqual([
      { id: 1, day: '2026-11-25' },
      { id: 2, day: '2026-11-24' },
      { id: 3, day: expect.toSatisfy((day) => day === null || day === '__HIVE_DEFAULT_PARTITION__') },
    ]);
  });

  test('a month a folder; a stream without the field has none', async () => {
    const bucket = await makeBucket();
    const config = { partition_column: 'updated_at', partition_granularity: 'month' };
    await sync(bucket, config, [acme, widget]);
    const plain = { ...customers('append').stream, jsonSchema: { properties: { id: { type: 'integer' } } } };
    await sync(bucket, config, [{ id: 1 }], { fence: 2, table: 'plain', stream: plain });
    const folders = (await bucket.keys('airbyte-data/')).map((key) => key.split('/').slice(2, -1).join('/'));
    expect(folders).toEqual(['customers/updated_at_month=2026-11', 'plain']);
  });
});

describe('retention', () => {
  const day = (number: number) => new Date(`2026-11-${String(number).padStart(2, '0')}T12:00:00Z`);
  const syncs = async (bucket: Bucket, config: JsonObject, days: number[], more: Partial<TargetStream> = {}) => {
    for (const [index, at] of days.entries()) {
      bucket.setClock(day(at));
      await sync(bucket, config, [{ id: at }], { fence: index + 1, ...more });
    }
    const keys = await bucket.keys();
    return keys.map((key) =>
      key.replace(/^(.*?)airbyte-data\/production_public\/customers\/2026_11_(\d\d)_.*$/, '$1$2'),
    );
  };

  test('by age: files published longer ago are deleted', async () => {
    const retention = { rule: 'age', days: 7, old_files: { action: 'delete' } };
    expect(await syncs(await makeBucket(), { retention }, [1, 9, 12])).toEqual(['09', '12']);
  });

  test('by number of syncs: older files move out of sight, and the state is whole', async () => {
    const bucket = await makeBucket();
    const retention = { rule: 'generations', count: 2, old_files: { action: 'move', prefix: 'archive' } };
    expect(await syncs(bucket, { retention }, [1, 2, 3, 4])).toEqual(['03', '04', 'archive/01', 'archive/02']);
    const destination = bucket.open({ retention });
    const run = await destination.begin(attemptOf(9, 9));
    const published = await run.published({ namespace: 'production_public', table: 'customers' });
    expect(published.state).toEqual({ at: 4 });
    await destination.close();
  });

  test('of an overwrite the archive keeps the generations before', async () => {
    const retention = { rule: 'generations', count: 2, old_files: { action: 'move', prefix: 'old' } };
    const overwrite = customers('overwrite', { namespace: 'production_public' });
    expect(await syncs(await makeBucket(), { retention }, [1, 2, 3], overwrite)).toEqual(['03', 'old/02']);
  });

  test('another storage class leaves files where they are; a store that does not have it says so when it is tried', async () => {
    const bucket = await makeBucket();
    const old_files = { action: 'storage_class', storage_class: 'STANDARD_IA' };
    const retention = { rule: 'age', days: 7, old_files };
    const tried = bucket.open({ retention });
    const refused = await tried.check().then(
      () => null,
      ({ code, hint }) => ({ code, hint }),
    );
    await tried.close();
    expect(await (await bucket.store()).list('airbyte-data/_weir/check/')).toEqual([]);
    const synced = syncs(bucket, { retention }, [1, 9, 12]);
    if (refused === null) return expect(await synced).toEqual(['01', '09', '12']);
    expect(refused).toEqual({ code: 'unknown_storage_class', hint: expect.stringContaining('delete or move') });
    await expect(synced).rejects.toMatchObject(refused);
    expect(await bucket.keys()).toHaveLength(1);
  });
});

test('JSON lines hold every digit, in columns and in what is nested', async () => {
  const bucket = await makeBucket();
  const exact = '0.100000000000000008';
  const record = parseJson(`{"id": 1, "price": ${exact}, "deep": {"n": [${exact}, 12345678901234567890123]}}`);
  await sync(bucket, { format: { format_type: 'JSONL', compression: { compression_type: 'No Compression' } } }, [
    record as JsonObject,
  ]);
  const [key = ''] = await bucket.keys('airbyte-data/');
  const text = await (await bucket.store()).get(key);
  expect(text).toContain(`"price":${exact}`);
  expect(text).toContain(`"deep":{"n":[${exact},12345678901234567890123]}`);
});

test('a value that does not fit fails the sync where the connection says so, and nothing is published', async () => {
  const bucket = await makeBucket();
  const wrong = { id: 'x', name: 'y', updated_at: null };
  await expect(sync(bucket, {}, [wrong], { badValues: 'fail' })).rejects.toMatchObject({ code: 'bad_value' });
  expect(await bucket.keys('airbyte-data/')).toEqual([]);
});

test('files of a sync that failed, and of uploads that were cut off, go with the next', async () => {
  const bucket = await makeBucket();
  await sync(bucket, {}, [widget]);
  const store = await bucket.store();
  const lost = 'airbyte-data/production_public/customers/2026_11_25_1_9.parquet';
  const prefix = `airbyte-data/_weir/${attemptOf(1).connectionId}/streams/production_public.customers/`;
  await store.put(lost, 'half of a file');
  await store.put(`${prefix}pending-000000000002-000000000001.json`, JSON.stringify({ added: [lost] }));
  await sync(bucket, {}, [acme], { fence: 3 });
  const keys = await bucket.keys('airbyte-data/');
  expect(keys).toHaveLength(2);
  expect(keys).not.toContain(lost);
  expect(await store.list(prefix)).toHaveLength(1);
});

test('files that a published overwrite replaces go with the next attempt, when the one that published was lost before it could', async () => {
  const bucket = await makeBucket();
  const overwrite = { destinationSyncMode: 'overwrite' as const };
  await sync(bucket, {}, [widget], overwrite);
  const store = await bucket.store();
  const [before = ''] = await bucket.keys('airbyte-data/');
  const old = await store.get(before);
  await sync(bucket, {}, [acme], { fence: 2, ...overwrite });
  await store.put(before, old);
  const prefix = `airbyte-data/_weir/${attemptOf(1).connectionId}/streams/production_public.customers/`;
  await store.put(`${prefix}pending-000000000002-000000000001.json`, JSON.stringify({ added: [] }));

  const destination = bucket.open({});
  const next = await destination.begin(attemptOf(3, 2));
  const { completed } = await next.published(customers('overwrite', { namespace: 'production_public' }));
  await destination.close();
  expect(completed?.published.rows).toBe(1);
  const keys = await bucket.keys('airbyte-data/');
  expect(keys).toHaveLength(1);
  expect(keys).not.toContain(before);
});

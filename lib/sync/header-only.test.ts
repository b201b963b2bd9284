import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DestinationSyncMode } from '#lib/catalog.ts';
import type { Destination } from '#lib/destinations/destination.ts';
import { LAYOUTS } from '#lib/destinations/layout.ts';
import { configOf, testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import { makeBucket } from '#lib/destinations/s3/fixtures/bucket.ts';
import type { Source } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { extractContext, keepingRecorder } from './fixtures/fake-source.ts';
import { fileSource } from './fixtures/file-source.ts';
import { runSync } from './run-sync.ts';

/** A CSV file that begins with nothing but its header, and its stream. */
function headerOnly() {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-header-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (text: string) => writeFileSync(path.join(folder, 'rows.csv'), text);
  write('id,day,note\n');
  const source = fileSource(folder, { primary_key: ['id'], path: 'rows.csv', format: { type: 'csv' } });
  const extract = { ...extractContext(), fileRoots: [folder] };
  const discover = async () => (await source.discover(extract, {}))[0]?.jsonSchema ?? {};
  return { write, source, extract, discover };
}

type File = ReturnType<typeof headerOnly>;

async function load(
  destination: Destination,
  { source, extract }: { source: Source; extract: File['extract'] },
  { mode, schema, syncId }: { mode: DestinationSyncMode; schema: JsonObject; syncId: number },
) {
  const stream = {
    ...{ name: 'rows', jsonSchema: schema, sourceDefinedCursor: true, defaultCursorField: [] },
    ...{ supportedSyncModes: ['full_refresh' as const], sourceDefinedPrimaryKey: [['id']] },
  };
  const syncMode = mode.startsWith('append') ? ('incremental' as const) : ('full_refresh' as const);
  const configured = { stream, syncMode, destinationSyncMode: mode, cursorField: [], primaryKey: [['id']] };
  const attempt = { connectionId: '11111111-1111-4111-8111-111111111111', syncId, attempt: 1, fence: syncId };
  const [outcome] = await runSync(
    {
      ...{ attempt, emittedAt: new Date('2026-01-01T12:00:00Z'), source, config: {}, destination },
      streams: [{ configured, namespace: '', table: 'rows' }],
    },
    { extract, recorder: keepingRecorder().recorder },
  );
  await destination.close();
  expect(outcome?.failure).toBeNull();
}

const ROWS = 'id,day,note\n1,2026-11-25,x\n2,,\n';
const MORE = `${ROWS}3,2026-11-26,y\n`;
const MODES: readonly DestinationSyncMode[] = ['append_dedup', 'overwrite'];
const FIRST = [
  { id: '1', day: '2026-11-25', note: 'x' },
  { id: '2', day: null, note: null },
];
const THIRD = { id: '3', day: '2026-11-26', note: 'y' };

describe('a CSV file of a header and no rows', () => {
  test('declares its columns', async () => {
    const text = { type: ['null', 'string'] };
    expect((await headerOnly().discover()).properties).toEqual({ id: text, day: text, note: text });
  });

  test.each(LAYOUTS.flatMap((layout) => MODES.map((mode) => [layout, mode] as const)))(
    'makes its table in Postgres, which takes the rows that come (%s, %s)',
    async (layout, mode) => {
      const { url, query } = await testDatabase();
      const open = () => postgres.open(testContext(), { ...configOf(url), layout });
      const file = headerOnly();
      const first = await file.discover();
      const table = layout === 'raw' ? '_airbyte_raw_rows' : 'rows';
      const fields = ['id', 'day', 'note'].map((name) =>
        layout === 'raw' ? `_airbyte_data->>'${name}' as ${name}` : name,
      );
      // The raw layout keeps what had been loaded before.
      const rows = () => query(`select distinct ${fields} from ${table} order by id`);
      await load(open(), file, { mode, schema: first, syncId: 1 });
      expect(await rows()).toEqual([]);
      file.write(ROWS);
      await load(open(), file, { mode, schema: first, syncId: 2 });
      expect(await rows()).toEqual(FIRST);
      file.write(MORE);
      await load(open(), file, { mode, schema: await file.discover(), syncId: 3 });
      expect(await rows()).toEqual([...FIRST, THIRD]);
    },
  );

  test.each(MODES)(
    'gets types once its table is dropped: the next load makes it anew by the newest schema (%s)',
    async (mode) => {
      const { url, query } = await testDatabase();
      const open = () => postgres.open(testContext(), configOf(url));
      const file = headerOnly();
      const first = await file.discover();
      await load(open(), file, { mode, schema: first, syncId: 1 });
      file.write(ROWS);
      await load(open(), file, { mode, schema: first, syncId: 2 });
      const schema = await file.discover();
      await query('drop table rows');
      await load(open(), file, { mode, schema, syncId: 3 });
      expect(await query('select id, day::text, note from rows order by id')).toEqual(FIRST);
      const types = await query(`select data_type from information_schema.columns where table_name = 'rows'
      and column_name in ('id', 'day', 'note') order by column_name`);
      expect(types.map(({ data_type }) => data_type)).toEqual(['date', 'bigint', 'character varying']);
    },
  );

  test.each(LAYOUTS)('leaves a bucket as it is, which takes the rows that come (%s)', async (layout) => {
    const bucket = await makeBucket();
    const file = headerOnly();
    const first = await file.discover();
    const mode = 'append';
    await load(bucket.open({ layout }), file, { mode, schema: first, syncId: 1 });
    expect(await bucket.keys()).toEqual([]);
    file.write(ROWS);
    await load(bucket.open({ layout }), file, { mode, schema: first, syncId: 2 });
    file.write(MORE);
    await load(bucket.open({ layout }), file, { mode, schema: await file.discover(), syncId: 3 });
    const folder = `airbyte-data/${layout === 'raw' ? '_airbyte_raw_rows' : 'rows'}/`;
    const fields = ['id', 'day', 'note'].map((name) =>
      layout === 'raw' ? `_airbyte_data->>'${name}' as ${name}` : name,
    );
    const from = "read_parquet('$FOLDER/*.parquet', union_by_name = true)";
    const rows = await bucket.query(folder, `select distinct ${fields} from ${from} order by id`);
    expect(rows).toEqual([...FIRST, THIRD]);
  });
});

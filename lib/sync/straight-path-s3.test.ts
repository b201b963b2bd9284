import { appendFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { BadValues } from '#lib/catalog.ts';
import { makeBucket } from '#lib/destinations/s3/fixtures/bucket.ts';
import type { JsonObject } from '#lib/json.ts';
import { extractContext, keepingRecorder } from './fixtures/fake-source.ts';
import { fileSource, inlineSchema } from './fixtures/file-source.ts';
import { runSync } from './run-sync.ts';
import { USUAL_RULES } from './sync-stream.ts';

const PROPERTIES = {
  id: { type: ['null', 'integer'] },
  name: { type: ['null', 'string'] },
  amount: { type: ['null', 'number'] },
  ok: { type: ['null', 'boolean'] },
  at: { type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
};

/** Loads a CSV text into a bucket of its own, by its bytes or page by page; gives what a reader sees. */
async function loaded(
  text: string,
  config: JsonObject,
  takesFiles: boolean,
  { badValues = 'null', onFile }: { badValues?: BadValues; onFile?: (file: string) => void } = {},
) {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-straight-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'rows.csv'), text);
  const bucket = await makeBucket();
  const source = fileSource(folder, {
    ...{ path: 'rows.csv', format: { type: 'csv', delimiter: ',' } },
    schema_loader: inlineSchema(PROPERTIES),
  });
  const destination = bucket.open(config);
  const { recorder, counts } = keepingRecorder();
  const stream = {
    ...{ name: 'rows', jsonSchema: { type: 'object', properties: PROPERTIES }, sourceDefinedCursor: true },
    ...{ supportedSyncModes: ['full_refresh' as const], defaultCursorField: [], sourceDefinedPrimaryKey: [] },
  };
  const configured = {
    stream,
    syncMode: 'full_refresh',
    destinationSyncMode: 'overwrite',
    cursorField: [],
    primaryKey: [],
  } as const;
  const attempt = { connectionId: '11111111-1111-4111-8111-111111111111', syncId: 1, attempt: 1, fence: 1 };
  let files = 0;
  const [outcome] = await runSync(
    {
      attempt,
      ...{ emittedAt: new Date('2026-01-01T12:00:00Z'), config: {}, destination },
      rules: { ...USUAL_RULES, badValues },
      source: {
        ...source,
        async *read(context, given, request) {
          for await (const event of source.read(context, given, { ...request, takesFiles })) {
            if (event.type === 'file') {
              files++;
              onFile?.(path.join(folder, 'rows.csv'));
            }
            yield event;
          }
        },
      },
      streams: [{ configured, namespace: '', table: 'rows' }],
    },
    { extract: { ...extractContext(), fileRoots: [folder] }, recorder },
  );
  const { connectionId } = attempt;
  const aside = (await destination.quarantine?.list({ connectionId, limit: 100 })) ?? [];
  await destination.close();
  const seen = `select * replace (length(_airbyte_raw_id) as _airbyte_raw_id), hash(_airbyte_raw_id) > 0 as has_id
    from read_parquet('$FOLDER/**/*.parquet', union_by_name = true, hive_partitioning = true) order by id, name`;
  const keys = await bucket.keys('airbyte-data/rows/');
  const rows = keys.length > 0 ? await bucket.query('airbyte-data/rows/', seen) : [];
  const { pages: _pages, ...counted } = counts.get('rows') ?? { pages: 0 };
  const quarantine = aside.map(({ slice, code, reason, record }) => ({ slice, code, reason, record }));
  return { files, aside, seen: { rows, counted, quarantine, failure: outcome?.failure } };
}

const HEADER = 'id,name,amount,ok,at\n';
const PLAIN = '1,a,1.5,true,2026-11-25T10:00:00Z\n2,"x, ""y""",-3,false,\n3,,,,2026-11-26 00:30:00+02:00\n';

test.each<[string, JsonObject, string]>([
  ['plain rows', {}, PLAIN],
  ['rows with values that do not fit among them', {}, `${PLAIN}x,b,many,yes,2026-02-30\n007,c,1e5,,\n${PLAIN}`],
  ['in folders by day', { partition_column: 'at' }, `${PLAIN}4,d,,,now\n`],
])('%s: DuckDB makes of the file what its pages would have given', async (_, config, rows) => {
  const straight = await loaded(HEADER + rows, config, true);
  const pages = await loaded(HEADER + rows, config, false);
  expect(straight.files).toBe(1);
  expect(pages.files).toBe(0);
  expect(straight.seen).toEqual(pages.seen);
  expect(straight.seen.rows).toHaveLength(rows.split('\n').length - 1);
});

test('rows with values that do not fit are put aside from either way, with their number in the file', async () => {
  const text = `${HEADER}${PLAIN}4,b,many,,\n5,c,1.5,,\n6,d,2,,2026-02-30\n`;
  const straight = await loaded(text, {}, true, { badValues: 'quarantine' });
  const pages = await loaded(text, {}, false, { badValues: 'quarantine' });
  expect(straight.seen).toEqual(pages.seen);
  expect(straight.seen.counted).toMatchObject({ read: 6, written: 4, quarantined: 2 });
  expect(straight.aside).toMatchObject([
    { row: 6, reason: 'A value does not fit: at (timestamp with timezone).' },
    { row: 4, reason: 'A value does not fit: amount (number).' },
  ]);
});

test('a file that somebody writes to meanwhile fails the sync, and nothing of it appears', async () => {
  const onFile = (file: string) => appendFileSync(file, '4,d,,,\n');
  const { files, seen } = await loaded(HEADER + PLAIN, {}, true, { onFile });
  expect(files).toBe(1);
  expect(seen.failure).toMatchObject({ kind: 'transient', code: 'file_changed' });
  expect(seen.rows).toEqual([]);
});

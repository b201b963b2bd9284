import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DestinationSyncMode } from '#lib/catalog.ts';
import { configOf, testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import type { Source } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { extractContext, keepingRecorder } from './fixtures/fake-source.ts';
import { fileSource, inlineSchema } from './fixtures/file-source.ts';
import { runSync } from './run-sync.ts';

const RUNS = Number(process.env.WEIR_PROPERTY_RUNS ?? 12);
const COLUMNS: Record<string, JsonObject> = {
  id: { type: ['null', 'integer'] },
  name: { type: ['null', 'string'] },
  amount: { type: ['null', 'number'], weir_null_words: ['N/A'] },
  ok: { type: ['null', 'boolean'] },
  day: { type: ['null', 'string'], format: 'date' },
  at: { type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
};

interface Scenario {
  readonly mode: DestinationSyncMode;
  readonly text: string;
}

/** Runs a CSV file into a new table, by its bytes where that is possible or page by page; gives all that can be seen of it. */
async function loaded(scenario: Scenario, way: 'straight' | 'pages', folder = folderOf(scenario.text)) {
  const { url, query } = await testDatabase();
  const destination = postgres.open(testContext(), configOf(url));
  const { recorder, counts } = keepingRecorder();
  const used = { files: 0, pages: 0 };
  const extract = { ...extractContext(), fileRoots: [folder] };
  const [outcome] = await runSync(
    {
      attempt: { connectionId: '11111111-1111-4111-8111-111111111111', syncId: 1, attempt: 1, fence: 1 },
      emittedAt: new Date('2026-01-01T12:00:00Z'),
      source: watched(
        fileSource(folder, {
          ...{ primary_key: ['id'], path: 'rows.csv', format: { type: 'csv', delimiter: ',' } },
          schema_loader: inlineSchema(COLUMNS),
        }),
        way,
        used,
      ),
      ...{ config: {}, destination, streams: [streamOf(scenario.mode)] },
    },
    { extract, recorder },
  );
  await destination.close();
  const there = (await query<{ there: boolean }>(`select to_regclass('public.rows') is not null as there`))[0]?.there;
  const rows = there
    ? await query(
        `select id, name, trim_scale(amount)::text as amount, ok, day::text, at, _airbyte_extracted_at, _airbyte_generation_id,
           _airbyte_meta, length(_airbyte_raw_id) as id_length from public.rows order by rows::text`,
      )
    : null;
  const quarantine = await query('select slice, code, reason, record from _weir.quarantine order by record, reason');
  const states = await query(
    "select state::text, counts::jsonb - 'pages' as counts, published::jsonb from _weir.stream",
  );
  const ids = there ? await query('select count(distinct _airbyte_raw_id)::int as ids from public.rows') : [];
  const seen = {
    rows,
    quarantine,
    states,
    ids,
    counts: outcome?.failure ? null : { ...counts.get('rows'), pages: 0 },
    failure: outcome?.failure,
  };
  return { seen, used };
}

function folderOf(text: string): string {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-straight-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'rows.csv'), text);
  return folder;
}

/** Counts what comes whole and what comes in pages. */
function watched(source: Source, way: 'straight' | 'pages', used: { files: number; pages: number }): Source {
  return {
    ...source,
    async *read(context, config, request) {
      for await (const event of source.read(context, config, { ...request, takesFiles: way === 'straight' })) {
        if (event.type === 'page') used.pages++;
        if (event.type === 'file') {
          yield {
            ...event,
            taken() {
              used.files++;
              event.taken();
            },
          };
        } else yield event;
      }
    },
  };
}

function streamOf(destinationSyncMode: DestinationSyncMode) {
  const stream = {
    name: 'rows',
    jsonSchema: { type: 'object', properties: COLUMNS },
    supportedSyncModes: ['full_refresh' as const],
    sourceDefinedCursor: true,
    defaultCursorField: [],
    sourceDefinedPrimaryKey: [['id']],
  };
  const syncMode = destinationSyncMode.startsWith('append') ? ('incremental' as const) : ('full_refresh' as const);
  const configured = { stream, syncMode, destinationSyncMode, cursorField: [], primaryKey: [['id']] };
  return { configured, namespace: '', table: 'rows' };
}

const HEADER = `${Object.keys(COLUMNS).join(',')}\n`;
const MODES: readonly DestinationSyncMode[] = ['overwrite', 'append', 'append_dedup', 'overwrite_dedup'];

describe('a file that goes into the table by its bytes', () => {
  test('gives what its pages would have given', { timeout: 240_000 }, async () => {
    const ids = fc.constantFrom('1', '2', '3', '', '007', '-5', '12345678901234567890', 'x', '"4"', '1.0');
    const names = fc.constantFrom('a', '', '""', '"q""q"', '"two\nlines"', 'é', '\\N', '\\.', ' b ', '"x,y"');
    const amounts = fc.constantFrom('1.50', '', '0', '-3', '1e5', '.5', 'NaN', '12345678901234567.25', '"7.25"', 'N/A');
    const truths = fc.constantFrom('true', 'FALSE', '', 'yes', '1', 't');
    const days = fc.constantFrom('2026-11-25', '', '2026-02-30', '25.11.2026', 'infinity', '0000-00-00', 'today');
    const instants = fc.constantFrom(
      ...['2026-11-25T10:00:00Z', '2026-11-25 10:00:00', '', '2026-11-25', '2026-11-25T24:00:00Z', 'now'],
      '2026-11-25T10:00:00.123456789+02:00',
    );
    const row = fc.tuple(ids, names, amounts, truths, days, instants).map((fields) => fields.join(','));
    const wrong = fc.constantFrom('1,2', '1,"open', '1,a,1,true,2026-11-25,,extra', '', '1,a"b,1,,,');
    const scenario = fc.record({
      mode: fc.constantFrom(...MODES),
      rows: fc.array(fc.oneof({ weight: 40, arbitrary: row }, { weight: 1, arbitrary: wrong }), { maxLength: 30 }),
      ending: fc.constantFrom('\n', '\r\n'),
      last: fc.boolean(),
    });
    let straight = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async ({ mode, rows, ending, last }) => {
        const text = HEADER.replace('\n', ending) + rows.join(ending) + (last ? ending : '');
        const folder = folderOf(text);
        const fast = await loaded({ mode, text }, 'straight', folder);
        const slow = await loaded({ mode, text }, 'pages', folder);
        expect(fast.seen).toEqual(slow.seen);
        straight += fast.used.files;
        expect(slow.used.files).toBe(0);
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 200_000 },
    );
    expect(straight).toBeGreaterThan(0);
  });

  test('a row that does not fit is looked at alone: NULL and a note, or quarantine for want of a key', async () => {
    const text = `${HEADER}1,a,1.5,true,2026-11-25,\n,nobody,2,false,,\n3,c,many,,2026-02-30,\n`;
    const { seen, used } = await loaded({ mode: 'append_dedup', text }, 'straight');
    expect(used).toEqual({ files: 1, pages: 0 });
    expect(seen.counts).toMatchObject({ read: 3, written: 2, quarantined: 1, bytes: Buffer.byteLength(text) });
    expect(seen.rows).toMatchObject([
      { id: '1', amount: '1.5', _airbyte_meta: { changes: [] } },
      {
        id: '3',
        amount: null,
        day: null,
        _airbyte_meta: {
          changes: [
            { field: 'amount', change: 'NULLED' },
            { field: 'day', change: 'NULLED' },
          ],
        },
      },
    ]);
    expect(seen.quarantine).toMatchObject([{ code: 'key_null', record: expect.stringContaining('nobody') }]);
  });

  test('a file whose rows are broken is read page by page, and fails as it would have', async () => {
    const { seen, used } = await loaded({ mode: 'overwrite', text: `${HEADER}1,a,1,true,,\n2,b\n` }, 'straight');
    expect(used.files).toBe(0);
    expect(seen).toMatchObject({
      rows: null,
      failure: { code: 'bad_row', message: expect.stringContaining('line 3') },
    });
  });
});

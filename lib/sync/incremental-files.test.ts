import { mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { configOf, testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import { WeirError } from '#lib/errors.ts';
import type { Source } from '#lib/extract/source.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { extractContext, keepingRecorder } from './fixtures/fake-source.ts';
import { fileSource, inlineSchema } from './fixtures/file-source.ts';
import { runSync } from './run-sync.ts';

const RUNS = Number(process.env.WEIR_PROPERTY_RUNS ?? 12);
const PROPERTIES = { version: { type: ['null', 'integer'] }, row: { type: ['null', 'integer'] } };

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), file: fc.nat(4), rows: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), file: fc.nat(4) }) },
  // The attempt breaks off behind so many events of its source.
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('sync' as const), breaksAt: fc.option(fc.nat(14)), straight: fc.boolean() }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Files that come, change and go between attempts, some of which break off. Each version of a file has a number. */
async function played(steps: readonly Step[]) {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-many-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { url, query } = await testDatabase();
  const current = new Map<number, { version: number; rows: number }>();
  const place = (file: number) => path.join(folder, `${file}.csv`);
  let versions = 0;
  let attempts = 0;
  const sync = async (breaksAt: number | null, straight: boolean) => {
    const destination = postgres.open(testContext(), configOf(url));
    const extract = { ...extractContext(), fileRoots: [folder] };
    const attempt = {
      connectionId: '11111111-1111-4111-8111-111111111111',
      syncId: 1 + attempts,
      attempt: 1,
      fence: ++attempts,
    };
    const source = breaking(
      fileSource(folder, {
        ...{ path: '*.csv', format: { type: 'csv', delimiter: ',' } },
        schema_loader: inlineSchema(PROPERTIES),
      }),
      breaksAt,
      straight,
    );
    const emittedAt = new Date('2026-01-01T12:00:00Z');
    const [outcome] = await runSync(
      { attempt, emittedAt, source, config: {}, destination, streams: [stream()] },
      { extract, recorder: keepingRecorder().recorder },
    );
    await destination.close();
    return outcome?.failure ?? null;
  };
  for (const one of [...steps, { do: 'sync', breaksAt: null, straight: true } as const]) {
    if (one.do === 'sync') {
      const failure = await sync(one.breaksAt, one.straight);
      if (one.breaksAt === null && current.size > 0) expect(failure).toBeNull();
    } else if (one.do === 'remove') {
      current.delete(one.file);
      rmSync(place(one.file), { force: true });
    } else {
      const version = ++versions;
      current.set(one.file, { version, rows: one.rows });
      const lines = Array.from({ length: one.rows }, (_, row) => `${version},${row}\n`).join('');
      writeFileSync(`${place(one.file)}.new`, `version,row\n${lines}`);
      renameSync(`${place(one.file)}.new`, place(one.file));
    }
  }
  const made = (await query<{ there: boolean }>(`select to_regclass('public.rows') is not null as there`))[0]?.there;
  const rows = made
    ? await query<{ version: number; row: number; times: number }>(
        'select version::int, "row"::int, count(*)::int as times from public.rows group by 1, 2',
      )
    : [];
  return { rows, current: [...current.values()] };
}

function breaking(source: Source, breaksAt: number | null, straight: boolean): Source {
  return {
    ...source,
    async *read(context, config, request) {
      let events = 0;
      for await (const event of source.read(context, config, {
        ...request,
        takesFiles: straight && request.takesFiles === true,
      })) {
        if (events++ === breaksAt) throw new WeirError({ kind: 'transient', code: 'broke', message: 'It broke off.' });
        yield event;
      }
    },
  };
}

function stream() {
  const described = {
    ...{ name: 'rows', jsonSchema: { type: 'object', properties: PROPERTIES }, sourceDefinedCursor: true },
    ...{ supportedSyncModes: ['incremental' as const], defaultCursorField: [], sourceDefinedPrimaryKey: [] },
  };
  const modes = { syncMode: 'incremental', destinationSyncMode: 'append' } as const;
  return { configured: { stream: described, ...modes, cursorField: [], primaryKey: [] }, namespace: '', table: 'rows' };
}

test('each version of a file is appended once at the most, and what is there in the end is there', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const { rows, current } = await played(steps);
      expect(rows.filter(({ times }) => times !== 1)).toEqual([]);
      for (const { version, rows: count } of current)
        expect(rows.filter((row) => row.version === version)).toHaveLength(count);
    }),
    { numRuns: RUNS, interruptAfterTimeLimit: 200_000 },
  );
});

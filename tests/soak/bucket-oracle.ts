import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Commit, ownPrefix, readCommits } from '#lib/destinations/s3/commits.ts';
import { readS3Config } from '#lib/destinations/s3/config.ts';
import { type ObjectStore, openObjectStore } from '#lib/destinations/s3/object-store.ts';
import { listQuarantine, quarantinePrefix, readQuarantine } from '#lib/destinations/s3/quarantine-files.ts';
import { isJsonObject, type JsonObject, parseJson } from '#lib/json.ts';
import { ARCHIVE, bucketConfig, bucketContext, ROOT } from './bucket.ts';
import { rowsIn } from './bucket-files.ts';
import type { Held, HeldRow } from './expected.ts';
import { type BucketPlace, CONNECTION, isWhole, namesOf, type Scenario } from './scenario.ts';
import { assertEach, cameIn, isRowOf, isSame, type NamedColumn } from './stands-for.ts';
import type { KeptAside, View } from './view.ts';

const NO_DAY = '__HIVE_DEFAULT_PARTITION__';

/** The stream in a bucket. */
export async function viewBucket(
  url: string,
  scenario: Scenario,
  { place, table }: { place: BucketPlace; table: string },
): Promise<View> {
  const store = await openObjectStore(bucketContext(0, 0), readS3Config(bucketConfig(url, scenario, place)));
  const { latest } = await readCommits(store, ownPrefix(ROOT, CONNECTION, { namespace: '', table }));
  return {
    state: latest && {
      done: Number(latest.state?.done ?? 0),
      ...{ syncId: latest.syncId, complete: latest.complete },
    },
    counts: { ...latest?.counts },
    columns: columnsOf(latest, ''),
    async assertPublished(held, finished) {
      if (finished) await assertNoOthers(store, table, latest);
      const rows = await filesOf(store, scenario, { place, latest });
      assertRows(scenario, { rows, latest, table, held });
    },
    aside: () => asideIn(store, table),
    close: () => store.close(),
  };
}

function columnsOf(latest: Commit | null, path: string): readonly NamedColumn[] {
  return latest?.tables.find((table) => table.path === path)?.columns ?? [];
}

/** The rows of each of the stream's tables; of its own under an empty name. */
async function filesOf(
  store: ObjectStore,
  scenario: Scenario,
  { place, latest }: { place: BucketPlace; latest: Commit | null },
): Promise<Map<string, JsonObject[]>> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-soak-read-'));
  const tables = new Map<string, JsonObject[]>();
  try {
    for (const [index, { key, rows: count, table = '' }] of (latest?.files ?? []).entries()) {
      const file = path.join(folder, String(index));
      await store.download(key, file);
      const rows = await rowsIn(file, place);
      if (rows.length !== count) throw new Error(`${key} has ${rows.length} rows, not ${count}`);
      if (table === '' && place.byDay) for (const row of rows) assertFolder(scenario, key, row);
      tables.set(table, [...(tables.get(table) ?? []), ...rows]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return tables;
}

/** A row lies in the folder of its day; where no row of a load has one, there are no folders. */
function assertFolder(scenario: Scenario, key: string, row: JsonObject): void {
  const { at } = namesOf(scenario);
  const of = isWhole(scenario) ? dataOf(row) : row;
  const text = String(of[at] ?? '');
  const time = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  const day = Number.isNaN(time) ? NO_DAY : new Date(time).toISOString().slice(0, 10);
  const found = new RegExp(`/${at}_day=([^/]*)/`).exec(key)?.[1] ?? NO_DAY;
  if (found !== day) throw new Error(`a row of ${day} lies in ${key}`);
}

function assertRows(
  scenario: Scenario,
  { rows, latest, table, held }: { rows: Map<string, JsonObject[]>; latest: Commit | null; table: string; held: Held },
): void {
  const own = rows.get('') ?? [];
  const assertRaw = (found: readonly JsonObject[]) =>
    assertEach(
      'the raw files',
      { found, wanted: held.raw },
      (row, { record, came }) => isSame(dataOf(row), record) && cameIn(row, came),
    );
  if (isWhole(scenario)) {
    assertRaw(own);
    return;
  }
  const names = new Set(columnsOf(latest, '').map(({ name }) => name));
  const isOf = (row: JsonObject, { record, came }: HeldRow) =>
    Object.keys(row).every((name) => name.startsWith('_airbyte_') || names.has(name)) &&
    isRowOf(row, record, columnsOf(latest, '')) &&
    cameIn(row, came);
  assertEach('the files', { found: own, wanted: held.rows }, isOf);
  if (scenario.layout !== 'basic') return;
  assertRaw(rows.get(`_airbyte_raw_${table}`) ?? []);
  assertEach(
    'the child files',
    {
      found: rows.get(`${table}_lines`) ?? [],
      wanted: held.rows.flatMap(({ lines }) => lines),
    },
    (row, line) => isRowOf(row, line, columnsOf(latest, 'lines')),
  );
}

function dataOf({ _airbyte_data: data }: JsonObject): JsonObject {
  const read = typeof data === 'string' ? parseJson(data) : data;
  return isJsonObject(read) ? read : {};
}

async function assertNoOthers(store: ObjectStore, table: string, latest: Commit | null): Promise<void> {
  const isOurs = (key: string) => key.includes(table) && !key.startsWith(`${ROOT}/_weir/`);
  for (const [folder, files] of [
    [ROOT, latest?.files ?? []],
    [ARCHIVE, latest?.archived ?? []],
  ] as const) {
    const listed = (await store.list(`${folder}/`)).filter(isOurs).toSorted();
    const named = files.map(({ key }) => key).toSorted();
    if (JSON.stringify(listed) !== JSON.stringify(named))
      throw new Error(`there are ${listed.join(' ')} in ${folder}, and the commit names ${named.join(' ')}`);
  }
}

async function asideIn(store: ObjectStore, table: string): Promise<KeptAside[]> {
  const files = await listQuarantine(store, quarantinePrefix(ROOT, CONNECTION));
  const mine = files.filter((file) => file.table === table);
  const rows = mine.map(async (file) =>
    (await readQuarantine(store, file)).map(({ code, record }) => ({
      ...{ sync: file.syncId - 1, code },
      record: parseJson(record) as JsonObject,
    })),
  );
  return (await Promise.all(rows)).flat();
}

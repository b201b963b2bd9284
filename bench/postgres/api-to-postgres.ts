import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import pg from 'pg';
import { type Report, sayReport } from '../measure.ts';
import { bundled, report, reportAsChild } from '../process.ts';
import { type Bench, type BenchRow, type Figure, median } from '../row.ts';

const RECORDS = 100_000;
const WORK = 'loopback API, 100,000 nested records of 280 bytes → Postgres, dedup';
const TIMES_DLT = 4;
const OF_FLOOR = 0.6;
const MOST_MB = 200;
const FIELDS = 'id::bigint, name::text, email::text, active, amount::numeric, updated_at, address::jsonb, items::jsonb';

/** Our engine, dlt and the bare script, in turns, into one database; the three tables must be the same row by row. */
export const apiToPostgres: BenchRow = {
  name: 'api-postgres',
  async run(bench) {
    const { python, versions } = bench.python(['dlt[postgres]']);
    const api = await startApi(RECORDS);
    const here = import.meta.dirname;
    const weir = await bundled(path.join(here, 'weir-sync.ts'), bench.folder);
    const floor = await bundled(path.join(here, 'floor.ts'), bench.folder);
    const all: { weir: Report[]; floor: Report[]; dlt: Report[] } = { weir: [], floor: [], dlt: [] };
    try {
      for (let run = 1; run <= bench.runs; run++) {
        const database = await bench.database();
        all.floor.push(await report(process.execPath, [floor, api.url, database, 'floor']));
        all.weir.push(await reportAsChild(weir, [api.url, database, 'weir']));
        const script = path.join(here, 'dlt_sync.py');
        const dltArgs = [script, api.url, database, 'dlt', path.join(bench.folder, `dlt-${run}`)];
        all.dlt.push(await report(python, dltArgs, { RUNTIME__DLTHUB_TELEMETRY: 'false' }));
        await assertSameRows(database, ['weir', 'floor', 'dlt'], RECORDS);
        sayRun(bench, run, all);
      }
    } finally {
      api.stop();
    }
    return figuresOf(all, versions);
  },
};

function figuresOf(
  all: Record<'weir' | 'floor' | 'dlt', readonly Report[]>,
  versions: Record<string, string>,
): Figure[] {
  const seconds = (reports: readonly Report[]) => median(reports.map((one) => one.seconds));
  const [weir, floor, dlt] = [seconds(all.weir), seconds(all.floor), seconds(all.dlt)];
  const peak = median(all.weir.map(({ peakMb }) => peakMb));
  const figure = { work: WORK, unit: 's' };
  return [
    {
      ...figure,
      name: 'api-postgres/dlt',
      ours: weir,
      peer: dlt,
      ratio: dlt / weir,
      bar: `≥ ${TIMES_DLT} × dlt`,
      ok: dlt / weir >= TIMES_DLT,
      versions,
    },
    {
      ...figure,
      name: 'api-postgres/floor',
      ours: weir,
      peer: floor,
      ratio: floor / weir,
      bar: `≥ ${OF_FLOOR * 100} % of the bare script`,
      ok: floor / weir >= OF_FLOOR,
      versions: { node: process.versions.node },
    },
    {
      ...figure,
      name: 'api-postgres/memory',
      unit: 'MB',
      ours: peak,
      peer: median(all.floor.map(({ peakMb }) => peakMb)),
      ratio: null,
      bar: `≤ ${MOST_MB} MB`,
      ok: peak <= MOST_MB,
      versions: { node: process.versions.node },
    },
  ];
}

function sayRun(bench: Bench, run: number, all: Record<string, readonly Report[]>): void {
  const parts = Object.entries(all).map(([name, reports]) => {
    const last = reports.at(-1);
    return `${name} ${last && sayReport(last)}`;
  });
  bench.say(`  run ${run}: ${parts.join(', ')}`);
}

/** The API in a process of its own. */
export async function startApi(records: number): Promise<{ url: string; stop(): void }> {
  const child: ChildProcess = spawn(process.execPath, [path.join(import.meta.dirname, 'api.ts'), String(records)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
  return { url: url.toString().trim(), stop: () => void child.kill() };
}

/** Every row of the first schema's table is in the others', and none more. */
async function assertSameRows(database: string, schemas: readonly string[], count: number): Promise<void> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  const [first = '', ...others] = schemas;
  for (const other of others) {
    const { rows } = await client.query<{ first: string; missing: string }>(
      `select (select count(*) from ${first}.orders) as first,
         (select count(*) from ((table_of_first except all table_of_other) union all (table_of_other except all table_of_first)) d) as missing`
        .replaceAll('table_of_first', `select ${FIELDS} from ${first}.orders`)
        .replaceAll('table_of_other', `select ${FIELDS} from ${other}.orders`),
    );
    const found = rows[0];
    if (Number(found?.first) !== count || Number(found?.missing) !== 0)
      throw new Error(`${first} and ${other} differ: ${JSON.stringify(found)} of ${count}`);
  }
  await client.end();
}

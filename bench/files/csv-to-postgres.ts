import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import pg from 'pg';
import { type Report, sayReport } from '../measure.ts';
import { bundled, reportAsChild } from '../process.ts';
import { type BenchRow, type Figure, median } from '../row.ts';
import { COLUMNS, ordersCsv } from './orders-csv.ts';

const ROWS = Number(process.env.WEIR_BENCH_CSV_ROWS ?? 5_000_000);
const WORK = `CSV, ${ROWS.toLocaleString('en')} rows, 8 typed columns → Postgres`;
const OF_PSQL = 0.9;
const MOST_MB = 250;
/** Its Python package fetches the program from elsewhere; this one holds it. */
const SLING = `sling-linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;

/** What our tables have beside the data; psql fills them by their defaults. */
const OWN_COLUMNS = `_airbyte_raw_id varchar(36) not null default gen_random_uuid(),
  _airbyte_extracted_at timestamptz not null default now(),
  _airbyte_meta jsonb not null default '{"sync_id": 1, "changes": []}', _airbyte_generation_id bigint default 1`;
const INDEX = 'create index on psql.orders (_airbyte_extracted_at)';

/** Our engine, `psql \copy` into a table with the same columns and the same index, and sling, in turns; the tables must be the same row by row. */
export const csvToPostgres: BenchRow = {
  name: 'csv-postgres',
  async run(bench) {
    const { python, versions } = bench.python([SLING]);
    const { file } = await ordersCsv(bench.folder, ROWS);
    const weir = await bundled(path.join(import.meta.dirname, 'file-sync.ts'), bench.folder);
    const all: { weir: Report[]; psql: number[]; bare: number[]; sling: number[] } = {
      weir: [],
      psql: [],
      bare: [],
      sling: [],
    };
    for (let run = 1; run <= bench.runs; run++) {
      const database = await bench.database();
      await prepare(database);
      all.psql.push(copy(database, file, 'psql'));
      all.bare.push(copy(database, file, 'bare'));
      all.weir.push(await reportAsChild(weir, [file, 'postgres', JSON.stringify(configOf(database))]));
      all.sling.push(sling(python, database, file));
      await assertSameRows(database);
      const [last] = all.weir.slice(-1);
      bench.say(
        `  run ${run}: weir ${last && sayReport(last)}, psql ${all.psql.at(-1)?.toFixed(2)} s (8 columns alone ${all.bare.at(-1)?.toFixed(2)} s), sling ${all.sling.at(-1)?.toFixed(2)} s`,
      );
    }
    return figuresOf(all, versions, psqlVersion());
  },
};

function figuresOf(
  all: { weir: Report[]; psql: number[]; bare: number[]; sling: number[] },
  versions: Record<string, string>,
  psql: string,
): Figure[] {
  const ours = median(all.weir.map(({ seconds }) => seconds));
  const [copied, bare, slung] = [median(all.psql), median(all.bare), median(all.sling)];
  const peak = median(all.weir.map(({ peakMb }) => peakMb));
  const work = WORK;
  return [
    {
      ...{ name: 'csv-postgres/psql', work, unit: 's', ours, peer: copied, ratio: copied / ours },
      ...{
        bar: `≥ ${OF_PSQL * 100} % of psql \\copy into the same table`,
        ok: copied / ours >= OF_PSQL,
        versions: { psql },
      },
      note: `psql into the 8 columns alone, no index: ${bare.toFixed(2)} s`,
    },
    {
      ...{ name: 'csv-postgres/sling', work, unit: 's', ours, peer: slung, ratio: slung / ours },
      ...{ bar: 'ahead of sling', ok: slung > ours, versions },
    },
    {
      ...{ name: 'csv-postgres/memory', work, unit: 'MB', ours: peak, peer: null, ratio: null },
      ...{ bar: `≤ ${MOST_MB} MB`, ok: peak <= MOST_MB, versions: { node: process.versions.node } },
    },
  ];
}

function configOf(database: string) {
  const { hostname, port, username, password, pathname } = new URL(database);
  return { host: hostname, port: Number(port), username, password, database: pathname.slice(1), schema: 'weir' };
}

async function prepare(database: string): Promise<void> {
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`);
  await withClient(database, async (client) => {
    await client.query(
      `create schema psql; create table psql.orders (${columns.join(', ')}, ${OWN_COLUMNS}); ${INDEX}`,
    );
    await client.query(`create schema bare; create table bare.orders (${columns.join(', ')}); create schema sling`);
    await client.query('checkpoint');
  });
}

function copy(database: string, file: string, schema: string): number {
  const started = performance.now();
  const command = `\\copy ${schema}.orders (${Object.keys(COLUMNS).join(', ')}) from '${file}' (format csv, header)`;
  execFileSync('psql', [database, '-q', '-v', 'ON_ERROR_STOP=1', '-c', command], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return (performance.now() - started) / 1000;
}

/** Sling finds the types itself. */
function sling(python: string, database: string, file: string): number {
  const started = performance.now();
  const args = ['run', '--src-stream', `file://${file}`, '--tgt-conn', 'BENCH', '--tgt-object', 'sling.orders'];
  const more = ['--mode', 'full-refresh'];
  const { status, stdout, stderr } = spawnSync(slingProgram(python), [...args, ...more], {
    env: { ...process.env, BENCH: `${database}?sslmode=disable`, SLING_LOADED_AT_COLUMN: 'FALSE' },
  });
  if (status !== 0) throw new Error(`sling ended with ${status}:\n${stdout}${stderr}`.slice(-3_000));
  return (performance.now() - started) / 1000;
}

function slingProgram(python: string): string {
  const module = SLING.replaceAll('-', '_');
  const script = `import ${module}, os; print(os.path.dirname(${module}.__file__))`;
  return path.join(execFileSync(python, ['-c', script], { encoding: 'utf8' }).trim(), 'bin', SLING);
}

/** Sling pads decimals, and takes a null for an empty text. */
const COMPARED: Readonly<Record<string, (name: string) => string>> = {
  numeric: (name) => `trim_scale(${name}::numeric)`,
  varchar: (name) => `nullif(${name}, '')`,
};

/** Every value of every row, whatever the order: the sums of the rows' hashes are the same. */
async function assertSameRows(database: string): Promise<void> {
  const fields = Object.entries(COLUMNS).map(([name, type]) => COMPARED[type]?.(name) ?? `${name}::${type}`);
  await withClient(database, async (client) => {
    await client.query("set timezone = 'UTC'");
    const sums: string[] = [];
    for (const schema of ['psql', 'weir', 'sling']) {
      const { rows } = await client.query<{ sum: string }>(
        `select concat_ws(' ', count(*), sum(hashtextextended(row(${fields.join(', ')})::text, 0)::numeric)) as sum from ${schema}.orders`,
      );
      sums.push(rows[0]?.sum ?? '');
    }
    if (new Set(sums).size !== 1 || !sums[0]?.startsWith(`${ROWS} `))
      throw new Error(`the tables differ: ${sums.join(' | ')}`);
  });
}

async function withClient(database: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  await work(client).finally(() => client.end());
}

function psqlVersion(): string {
  return execFileSync('psql', ['--version'], { encoding: 'utf8' })
    .trim()
    .replace(/^psql \(PostgreSQL\) /, '');
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Report, sayReport } from '../measure.ts';
import { bundled, report, reportAsChild } from '../process.ts';
import { type BenchRow, type Figure, median } from '../row.ts';
import { ordersCsv } from './orders-csv.ts';

const ROWS = Number(process.env.WEIR_BENCH_CSV_ROWS ?? 5_000_000);
const WORK = `CSV, ${ROWS.toLocaleString('en')} rows → Parquet zstd on S3`;
const OF_DUCKDB = 0.8;

interface FloorReport extends Report {
  /** Of every value of every row, in the file that was uploaded and in the one of the other side. */
  readonly sums: readonly string[];
}

/** Our engine, and a bare script: DuckDB from the file to a local Parquet file, and its upload. Both sides' rows must be the same. */
export const csvToS3: BenchRow = {
  name: 'csv-s3',
  async run(bench) {
    const { file } = await ordersCsv(bench.folder, ROWS);
    const here = import.meta.dirname;
    const weir = await bundled(path.join(here, 'file-sync.ts'), bench.folder);
    const floor = await bundled(path.join(here, 's3-floor.ts'), bench.folder);
    const store = await startStore(bench.folder);
    const all: { weir: Report[]; floor: FloorReport[] } = { weir: [], floor: [] };
    try {
      for (let run = 1; run <= bench.runs; run++) {
        const prefix = `run-${run}`;
        all.weir.push(await reportAsChild(weir, [file, 's3', JSON.stringify(configOf(store.url, prefix))]));
        const made = await report<FloorReport>(process.execPath, [floor, file, store.url, prefix, bench.folder]);
        all.floor.push(made);
        if (new Set(made.sums).size !== 1) throw new Error(`the rows differ: ${made.sums.join(' | ')}`);
        const last = all.weir.at(-1);
        bench.say(`  run ${run}: weir ${last && sayReport(last)}, floor ${sayReport(made)}`);
      }
    } finally {
      store.stop();
    }
    return figuresOf(all);
  },
};

function figuresOf(all: { weir: Report[]; floor: FloorReport[] }): Figure[] {
  const ours = median(all.weir.map(({ seconds }) => seconds));
  const peer = median(all.floor.map(({ seconds }) => seconds));
  return [
    {
      ...{ name: 'csv-s3/duckdb', work: WORK, unit: 's', ours, peer, ratio: peer / ours },
      ...{ bar: `≥ ${OF_DUCKDB * 100} % of DuckDB to a local file plus a bare upload`, ok: peer / ours >= OF_DUCKDB },
      versions: { '@duckdb/node-api': duckdbVersion() },
      note: `peak ${median(all.weir.map(({ peakMb }) => peakMb)).toFixed(0)} MB`,
    },
  ];
}

function configOf(endpoint: string, prefix: string) {
  return {
    ...{ s3_bucket_name: 'datalake', s3_bucket_path: prefix, s3_bucket_region: 'us-east-1', s3_endpoint: endpoint },
    ...{ access_key_id: 'S3RVER', secret_access_key: 'S3RVER' },
    format: { format_type: 'Parquet', compression_codec: 'ZSTD' },
  };
}

/** The bucket in a process of its own. */
async function startStore(folder: string): Promise<{ url: string; stop(): void }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'store.ts'), path.join(folder, 'bucket')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: url.toString().trim(), stop: () => void child.kill() };
}

function duckdbVersion(): string {
  const file = path.resolve(import.meta.dirname, '../../node_modules/@duckdb/node-api/package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

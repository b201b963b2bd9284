import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { checkTables } from '#quality/check-tables.ts';
import { withParquet } from '#quality/duckdb/engine.ts';
import { type BenchRow, median } from '../row.ts';
import { checks, handWritten, ROWS, rowsSql } from './suite.ts';

const OF_HAND = 1.2;

/** The same twenty checks over a Parquet file, against the statements written by hand in the same DuckDB. */
export const qualityOverParquet: BenchRow = {
  name: 'quality-parquet',
  async run(bench) {
    const folder = path.join(bench.folder, 'parquet');
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, 'orders.parquet');
    await inDuckDb((run) => run(`copy (${rowsSql(`range(1, ${ROWS + 1})`)}) to '${file}' (format parquet)`));
    const [ours, hand]: [number[], number[]] = [[], []];
    for (let run = 1; run <= bench.runs; run++) {
      hand.push(
        await timed(() =>
          inDuckDb(async (sql) => {
            for (const statement of handWritten(`read_parquet('${file}')`, "regexp_matches(token, '^[0-9a-f]+$')"))
              await sql(statement);
          }),
        ),
      );
      ours.push(await timed(() => measureOurs(folder, file)));
      bench.say(`run ${run} of ${bench.runs}: ours ${ours.at(-1)?.toFixed(2)} s, hand ${hand.at(-1)?.toFixed(2)} s`);
    }
    const ratio = median(ours) / median(hand);
    return [
      {
        name: 'quality-parquet/hand',
        work: `20 checks over ${ROWS.toLocaleString('en')} rows in one Parquet file`,
        ours: median(ours),
        peer: median(hand),
        unit: 's',
        ratio,
        bar: `≤ ${OF_HAND} × hand-written`,
        ok: ratio <= OF_HAND,
        versions: { node: process.versions.node },
      },
    ];
  },
};

async function measureOurs(folder: string, file: string): Promise<void> {
  const facts = { now: new Date(), lastPublishedAt: null, history: [], previousRows: null, memory: null, load: null };
  const find = async () => ({ kind: 'parquet' as const, files: [file] });
  const results = await withParquet({ find, folder, signal: new AbortController().signal }, (engine) =>
    checkTables(engine, checks(), () => facts),
  );
  const errors = results.filter(({ outcome }) => outcome === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
}

/** Settings as our engine has them. */
async function inDuckDb(work: (run: (sql: string) => Promise<unknown>) => Promise<unknown>): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '512MB' });
  const connection = await instance.connect();
  await work((sql) => connection.runAndReadAll(sql));
  connection.closeSync();
  instance.closeSync();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

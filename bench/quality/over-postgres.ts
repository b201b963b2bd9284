import path from 'node:path';
import pg from 'pg';
import { createGuard } from '#lib/address-guard.ts';
import { postgresConfig } from '#lib/bin/cli/postgres-address.ts';
import { checkTables } from '#quality/check-tables.ts';
import type { Engine } from '#quality/engine.ts';
import { withPostgres } from '#quality/postgres/engine.ts';
import { report } from '../process.ts';
import { type Bench, type BenchRow, type Figure, median } from '../row.ts';
import { checks, handWritten, ROWS, rowsSql } from './suite.ts';

const WORK = `20 checks over ${ROWS.toLocaleString('en')} rows in Postgres, uniqueness of as many different texts among them`;
const OF_HAND = 1.2;
const MOST_STATEMENTS = 4;

interface Run {
  readonly seconds: number;
  readonly verdicts: readonly boolean[];
}

/** Our scan, the statements that one would write by hand, Great Expectations and Soda, in turns, on the same verdicts. */
export const qualityOverPostgres: BenchRow = {
  name: 'quality-postgres',
  async run(bench) {
    const { python, versions } = bench.python([
      'great_expectations',
      'soda-core-postgres',
      'psycopg2-binary',
      'sqlalchemy',
      'setuptools',
    ]);
    const url = await bench.database();
    await seed(url);
    const all: Record<'ours' | 'hand' | 'gx' | 'soda', number[]> = { ours: [], hand: [], gx: [], soda: [] };
    let statements = 0;
    for (let run = 1; run <= bench.runs; run++) {
      all.hand.push(await byHand(url));
      const ours = await measureOurs(url);
      statements = ours.statements;
      all.ours.push(ours.seconds);
      for (const peer of ['gx', 'soda'] as const) {
        const script = path.join(import.meta.dirname, peer === 'gx' ? 'great_expectations_run.py' : 'soda_run.py');
        const { seconds, verdicts } = await report<Run>(python, [script, url, 'orders']);
        assertSame(peer, ours.verdicts, verdicts);
        all[peer].push(seconds);
      }
      sayRun(bench, run, all);
    }
    return figures(all, statements, versions);
  },
};

async function seed(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create table orders as ${rowsSql(`generate_series(1, ${ROWS})`)}`);
  await client.query('vacuum analyze orders');
  await client.end();
}

async function byHand(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  const began = performance.now();
  await client.connect();
  for (const sql of handWritten('orders', "token ~ '^[0-9a-f]+$'")) await client.query(sql);
  await client.end();
  return (performance.now() - began) / 1000;
}

async function measureOurs(url: string): Promise<Run & { statements: number }> {
  const facts = { now: new Date(), lastPublishedAt: null, history: [], previousRows: null, memory: null, load: null };
  const options = { guard: createGuard({ allowed: 'any' }), signal: new AbortController().signal };
  let statements = 0;
  const counting = (engine: Engine): Engine => ({
    ...engine,
    rows(sql, hint) {
      statements++;
      return engine.rows(sql, hint);
    },
  });
  const began = performance.now();
  const results = await withPostgres(postgresConfig(url, 'url'), options, (engine) =>
    checkTables(counting(engine), checks(), () => facts),
  );
  const seconds = (performance.now() - began) / 1000;
  return { seconds, statements, verdicts: results.map(({ outcome }) => outcome === 'pass') };
}

function assertSame(peer: string, ours: readonly boolean[], theirs: readonly boolean[]): void {
  if (JSON.stringify(ours) !== JSON.stringify(theirs))
    throw new Error(`${peer} says otherwise: ours ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)}`);
}

function figures(
  all: Record<'ours' | 'hand' | 'gx' | 'soda', readonly number[]>,
  statements: number,
  versions: Record<string, string>,
): Figure[] {
  const [ours, hand, gx, soda] = [median(all.ours), median(all.hand), median(all.gx), median(all.soda)];
  const of = (name: string) => ({ [name]: versions[name] ?? '' });
  const figure = { work: WORK, unit: 's', ours };
  return [
    {
      ...figure,
      name: 'quality-postgres/hand',
      peer: hand,
      ratio: ours / hand,
      bar: `≤ ${OF_HAND} × hand-written`,
      ok: ours / hand <= OF_HAND,
      versions: { node: process.versions.node },
    },
    {
      ...figure,
      name: 'quality-postgres/statements',
      unit: 'statements',
      ours: statements,
      peer: null,
      ratio: null,
      bar: `≤ ${MOST_STATEMENTS}`,
      ok: statements <= MOST_STATEMENTS,
      versions: {},
    },
    {
      ...figure,
      name: 'quality-postgres/great-expectations',
      peer: gx,
      ratio: gx / ours,
      bar: 'ahead',
      ok: gx > ours,
      versions: of('great_expectations'),
    },
    {
      ...figure,
      name: 'quality-postgres/soda',
      peer: soda,
      ratio: soda / ours,
      bar: 'ahead',
      ok: soda > ours,
      versions: of('soda-core-postgres'),
    },
  ];
}

function sayRun({ say, runs }: Bench, run: number, all: Record<string, readonly number[]>): void {
  const last = Object.entries(all).map(([name, seconds]) => `${name} ${seconds.at(-1)?.toFixed(2)} s`);
  say(`run ${run} of ${runs}: ${last.join(', ')}`);
}

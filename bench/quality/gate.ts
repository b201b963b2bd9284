import pg from 'pg';
import { createGuard } from '#lib/address-guard.ts';
import { postgresConfig } from '#lib/bin/cli/postgres-address.ts';
import type { Load, TargetStream } from '#lib/destinations/destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import type { JsonObject } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import { measureAfter } from '#quality/measure-after.ts';
import { parseSuite } from '#quality/parse-suite.ts';
import { withPostgres } from '#quality/postgres/engine.ts';
import { type BenchRow, median } from '../row.ts';

const TABLE_ROWS = 10_000_000;
const LOAD_ROWS = 1_000;
const MOST_SHARE = 0.1;
const SUITE = `dataset: orders
volume: [{min_rows: 10000}]
uniqueness: [{unique_columns: [id]}]
completeness: [{column: token, scope: table}, {column: amount, scope: table}]
range: [{column: amount, min: 0, scope: table}]
distribution: [{column: amount, expected_mean_range: [400, 600], expected_stddev_range: [100, 500], expected_median_range: [400, 600], expected_max: 1000}]
freshness: [{column: updated_at, max_age_hours: 1000000}]
`;
const FACTS = { now: new Date(), lastPublishedAt: null, history: [], previousRows: null, memory: null, load: null };
const CONNECTION = '11111111-1111-4111-8111-111111111111';

/** A load of a thousand rows into ten million: the whole table looked at, and only what comes and goes. */
export const qualityGate: BenchRow = {
  name: 'quality-gate',
  async run(bench) {
    const url = await bench.database();
    await withLoad(url, 1, async (stage) => void (await stage.publish({ complete: true })));
    await fill(url);
    const { states, seconds: whole } = await gate(url, 2, null);
    const merged: number[] = [];
    for (let run = 1; run <= bench.runs; run++) {
      merged.push((await gate(url, 2 + run, { publish: String(1 + run), states: states ?? {} })).seconds);
      bench.say(`run ${run} of ${bench.runs}: gate ${merged.at(-1)?.toFixed(2)} s, whole table ${whole.toFixed(2)} s`);
    }
    const ratio = median(merged) / whole;
    return [
      {
        name: 'quality-gate/merged',
        work: `the gate's 10 checks of a load of ${LOAD_ROWS.toLocaleString('en')} rows into ${TABLE_ROWS.toLocaleString('en')}, against looking at the whole table`,
        ours: median(merged),
        peer: whole,
        unit: 's',
        ratio,
        bar: `≤ ${MOST_SHARE * 100}% of the time`,
        ok: ratio <= MOST_SHARE,
        versions: { node: process.versions.node },
      },
    ];
  },
};

const TARGET: TargetStream = {
  stream: {
    name: 'orders',
    jsonSchema: {
      type: 'object',
      properties: {
        id: { type: 'integer' },
        token: { type: 'string' },
        amount: { type: 'number' },
        updated_at: { type: 'string', format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
      },
    },
    supportedSyncModes: ['incremental'],
    sourceDefinedCursor: true,
    defaultCursorField: ['updated_at'],
    sourceDefinedPrimaryKey: [['id']],
  },
  syncMode: 'incremental',
  destinationSyncMode: 'append_dedup',
  cursorField: ['updated_at'],
  primaryKey: [['id']],
  namespace: '',
  table: 'orders',
  generation: 1,
  emittedAt: new Date('2026-01-02T00:00:00Z'),
};

type Stage = Awaited<ReturnType<Load['stage']>>;

/** A load of a thousand rows, half of them new, staged by the real destination. */
async function withLoad(url: string, sync: number, work: (stage: Stage) => Promise<void>): Promise<void> {
  const context = {
    log: createLog('bench', 'silent'),
    clock: () => new Date(),
    signal: new AbortController().signal,
    guard: createGuard({ allowed: 'any' }),
    workDir: '/tmp',
  };
  const destination = postgres.open(context, postgresConfig(url, 'url'));
  const load = await destination.begin({ connectionId: CONNECTION, syncId: sync, attempt: 1, fence: sync });
  const stage = await load.stage(TARGET);
  const records = Array.from({ length: LOAD_ROWS }, (_, index): JsonObject => {
    const id = index % 2 === 0 ? sync * LOAD_ROWS + index : TABLE_ROWS + sync * LOAD_ROWS + index;
    return { id, token: `t${sync}-${index}`, amount: id % 1000, updated_at: '2026-01-02T00:00:00Z' };
  });
  const { written } = await stage.write({ slice: 's', page: 1, records });
  await stage.checkpoint({
    state: {},
    openSlices: [],
    counts: { read: written, filtered: 0, quarantined: 0, written, bytes: 0 },
  });
  try {
    await work(stage);
  } finally {
    await destination.close();
  }
}

async function fill(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `insert into orders select i, md5(i::text), i % 1000, timestamptz '2026-01-01' - i * interval '1 second', '0', now(), '{}', 1
       from generate_series(100001, ${TABLE_ROWS}) i on conflict do nothing`,
  );
  await client.query('vacuum analyze orders');
  await client.end();
}

async function gate(url: string, sync: number, known: { publish: string; states: JsonObject } | null) {
  const { suite } = parseSuite(SUITE);
  let seconds = 0;
  let states: JsonObject | null = null;
  await withLoad(url, sync, async (stage) => {
    const began = performance.now();
    const staged = await stage.staged();
    const options = { guard: createGuard({ allowed: 'any' }), signal: new AbortController().signal };
    const found = await withPostgres(postgresConfig(url, 'url'), options, (engine) =>
      measureAfter(engine, staged, suite?.checks ?? [], { facts: () => FACTS, known }),
    );
    seconds = (performance.now() - began) / 1000;
    states = found.states;
    for (const measured of found.measured.measurements.values())
      if ('failure' in measured) throw new Error(measured.failure.message);
    await stage.publish({ complete: true });
  });
  return { seconds, states: states as JsonObject | null };
}

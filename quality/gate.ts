import path from 'node:path';
import type { Db } from '#lib/db/connect.ts';
import { type GuardContext, workspaceGuard } from '#lib/db/workspace-guard.ts';
import type { Relation, SetAside, StagedLoad } from '#lib/destinations/destination.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import { type Secrets, usableConfig } from '#lib/secrets.ts';
import type { Facts } from './checks/check-kind.ts';
import { checkKind } from './checks/index.ts';
import type { Dialect } from './dialect.ts';
import { withParquet } from './duckdb/engine.ts';
import type { Engine } from './engine.ts';
import { evaluate } from './evaluate.ts';
import { gatherFacts } from './facts.ts';
import { measureRelation } from './measure.ts';
import { type AfterOptions, measureAfter } from './measure-after.ts';
import { parseSuite } from './parse-suite.ts';
import { conditionOf } from './plan.ts';
import { withPostgres } from './postgres/engine.ts';
import { testSql } from './row-test-sql.ts';
import { withSamples } from './run-checks.ts';
import { finishRun, insertResults, insertRun, type NewResult } from './store.ts';
import type { Check, Suite } from './suite.ts';
import { findTableState, saveTableState } from './table-state.ts';

export interface GateContext extends GuardContext {
  readonly secrets: Secrets;
  readonly clock: () => Date;
  readonly log: Log;
}

/** The sync whose loads pass through. */
export interface GatedSync {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly syncId: number;
}

/** A stage as the gate uses it. */
export interface GatedStage {
  readonly names: readonly string[];
  staged(): Promise<StagedLoad>;
  setAside(rows: readonly SetAside[]): Promise<unknown>;
}

/** What a load read of its source, before anything is put aside. */
export interface LoadCounts {
  readonly read: number;
  readonly written: number;
}

export interface QualityGate {
  /** Whether some check of level block or quarantine looks at a table of these names. */
  guards(names: readonly string[]): boolean;
  /** @throws WeirError `load_held` that names what failed; the measurements are saved by then */
  check(stage: GatedStage, load: LoadCounts): Promise<void>;
}

interface GatedSuite {
  readonly id: string;
  readonly suite: Suite;
  readonly checks: readonly Check[];
}

/** Reads the suites of the connection once; each of its streams is measured when it is staged. */
export async function openGate(c: GateContext, sync: GatedSync, signal: AbortSignal): Promise<QualityGate> {
  const suites = await gatedSuites(c.db, sync);
  const of = (names: readonly string[]) =>
    suites.flatMap((gated) => {
      const checks = gated.checks.filter(({ table }) => names.includes(table));
      return checks.length === 0 ? [] : [{ ...gated, checks }];
    });
  return {
    guards: (names) => of(names).length > 0,
    async check(stage, load) {
      const failed: NewResult[] = [];
      for (const gated of of(stage.names)) failed.push(...(await passSuite(c, sync, { gated, stage, load, signal })));
      if (failed.length > 0) throw loadHeld(failed);
    },
  };
}

async function gatedSuites(db: Db, { workspaceId, connectionId }: GatedSync): Promise<GatedSuite[]> {
  const rows = await db
    .selectFrom('suite')
    .select(['id', 'text'])
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', '=', connectionId)
    .execute();
  return rows.flatMap(({ id, text }) => {
    const { suite } = parseSuite(text);
    const checks = suite?.checks.filter(({ level }) => level === 'block' || level === 'quarantine') ?? [];
    return suite && checks.length > 0 ? [{ id, suite, checks }] : [];
  });
}

interface Passing {
  readonly gated: GatedSuite;
  readonly stage: GatedStage;
  readonly load: LoadCounts;
  readonly signal: AbortSignal;
}

/** Measures one suite's checks of the load, saves what came out, and gives those that hold it back. */
async function passSuite(c: GateContext, sync: GatedSync, passing: Passing): Promise<NewResult[]> {
  const { id: suiteId, suite, checks } = passing.gated;
  const { workspaceId, connectionId, syncId } = sync;
  const of = await gatherFacts(c, { suiteId, connectionId, syncId, runId: null });
  const load = { read: passing.load.read, accepted: passing.load.written };
  const facts = (check: Check): Facts => ({ ...of(check), load });
  const runId = await insertRun(c.db, { workspaceId, suiteId, trigger: 'gate', syncId });
  const aside = checks.filter(({ level }) => level === 'quarantine');
  const results = await inStage(c, sync, passing, aside.length > 0, async (engine, staged) => {
    const found = await measureLoad(engine, staged, aside, facts, suite);
    await putAside(passing.stage, engine.dialect, aside, found);
    return found;
  });
  const blocking = checks.filter(({ level }) => level === 'block');
  const table = passing.stage.names[0] ?? '';
  const known = await findTableState(c.db, sync, table);
  let states: JsonObject | null = null;
  const blocked = await inStage(c, sync, passing, blocking.length > 0, async (engine, staged) => {
    const found = await measureBlocking({ engine, staged, checks: blocking, facts, suite, known });
    states = found.states;
    return found.results;
  });
  await c.db.transaction().execute(async (tx) => {
    await finishRun(tx, runId, { at: c.clock(), failure: null, bytesRead: null });
    await insertResults(tx, { id: runId, workspaceId, suiteId }, [...results, ...blocked], c.clock());
  });
  const failed = blocked.filter(({ outcome }) => outcome === 'fail' || outcome === 'error');
  if (failed.length === 0 && states !== null) await saveTableState(c.db, sync, table, states);
  return failed;
}

/** Opens what the load lies in: the destination's own database, or DuckDB over the file on this machine. */
async function inStage(
  c: GateContext,
  { connectionId, workspaceId }: GatedSync,
  { stage, signal }: Passing,
  needed: boolean,
  work: (engine: Engine, staged: StagedLoad) => Promise<NewResult[]>,
): Promise<NewResult[]> {
  if (!needed) return [];
  const staged = await stage.staged();
  if (staged.load.kind === 'parquet') {
    const folder = path.dirname(staged.load.files[0] ?? '.');
    return withParquet({ find: noOtherTable, folder, signal }, (engine) => work(engine, staged));
  }
  const row = await c.db
    .selectFrom('connection')
    .innerJoin('destination', 'destination.id', 'connection.destination_id')
    .select(['destination.id', 'destination.config'])
    .where('connection.id', '=', connectionId)
    .executeTakeFirstOrThrow();
  const config = usableConfig(c.secrets, row.config, `destination:${row.id}`);
  const guard = await workspaceGuard(c, workspaceId);
  return withPostgres(config, { guard, signal }, (engine) => work(engine, staged));
}

async function measureLoad(
  engine: Engine,
  { load }: StagedLoad,
  checks: readonly Check[],
  facts: (check: Check) => Facts,
  { samples }: Suite,
): Promise<NewResult[]> {
  const measured = await measureRelation(engine, load, checks, (check) => facts(check).memory);
  const results: NewResult[] = [];
  for (const check of checks) {
    const now = facts(check);
    results.push(
      await withSamples(engine, measured.sources, check, evaluate(check, measured, now), { samples, now: now.now }),
    );
  }
  return results;
}

interface Blocking {
  readonly engine: Engine;
  readonly staged: StagedLoad;
  readonly checks: readonly Check[];
  readonly facts: (check: Check) => Facts;
  readonly suite: Suite;
  readonly known: AfterOptions['known'];
}

/** How exact percentiles of merged parts are. */
const NEAR = '0.5%';

/** Checks of a load look at what was staged, checks of a table at what it would become. */
async function measureBlocking({ engine, staged, checks, facts, suite, known }: Blocking) {
  const ofLoad = checks.filter(({ scope }) => scope === 'load');
  const ofTable = checks.filter(({ scope }) => scope === 'table');
  const results = ofLoad.length === 0 ? [] : await measureLoad(engine, staged, ofLoad, facts, suite);
  if (ofTable.length === 0) return { results, states: null };
  const { measured, states, approximate } = await measureAfter(engine, staged, ofTable, { facts, known });
  for (const check of ofTable) {
    const now = facts(check);
    const told = evaluate(check, measured, now);
    const result = approximate.has(check.key) ? { ...told, message: `${told.message} (within ${NEAR})` } : told;
    results.push(await withSamples(engine, measured.sources, check, result, { samples: suite.samples, now: now.now }));
  }
  return { results, states };
}

/** Moves the rows that fail aside; the check then warns of how many they were. */
async function putAside(
  stage: GatedStage,
  dialect: Dialect,
  checks: readonly Check[],
  results: readonly NewResult[],
): Promise<void> {
  const rows = checks.flatMap((check, index): SetAside[] => {
    const test = checkKind(check.kind).test?.(check.params);
    const breached = results[index]?.outcome !== 'pass';
    if (!test || !breached) return [];
    const condition = conditionOf([testSql(test, dialect)], check.where).replace(/^ where /, '');
    return [{ condition, reason: `${check.title}: ${results[index]?.message ?? ''}` }];
  });
  if (rows.length > 0) await stage.setAside(rows);
}

function noOtherTable(table: string): Promise<Extract<Relation, { kind: 'parquet' }>> {
  return Promise.reject(
    new WeirError({
      kind: 'config',
      code: 'table_missing',
      message: `${table} is not on this machine: before publishing to a bucket only the load itself is.`,
      hint: 'Let the check run after publishing (level: error).',
    }),
  );
}

const NAMED = 3;

function loadHeld(failed: readonly NewResult[]): WeirError {
  const named = failed.slice(0, NAMED).map(({ message }) => message.replace(/\.$/, ''));
  const more = failed.length - named.length;
  return new WeirError({
    kind: 'config',
    code: 'load_held',
    message: `${failed[0]?.table} is held: ${named.join('; ')}${more > 0 ? `; and ${more} more checks` : ''}.`,
    hint: 'Look at the failing rows, then release the load, discard it, or mend the source and run again. Readers see what was published before.',
  });
}

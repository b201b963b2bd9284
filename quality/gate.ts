import path from 'node:path';
import type { Db } from '#lib/db/connect.ts';
import { type GuardContext, workspaceGuard } from '#lib/db/workspace-guard.ts';
import type { Relation, SetAside, StagedLoad } from '#lib/destinations/destination.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import { type Failure, WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { killPoint } from '#lib/kill-points.ts';
import type { Log } from '#lib/log.ts';
import { type Secrets, usableConfig } from '#lib/secrets.ts';
import { type Asked, askTogether, type BoundSuite, boundSuites, type SuiteResult } from './asked.ts';
import { checkKind } from './checks/index.ts';
import type { Dialect } from './dialect.ts';
import { withParquet } from './duckdb/engine.ts';
import type { Engine } from './engine.ts';
import { measureLoad, measureStaged } from './measure-load.ts';
import { conditionOf } from './plan.ts';
import { withPostgres } from './postgres/engine.ts';
import { insertResults } from './result-store.ts';
import { testSql } from './row-test-sql.ts';
import { endGateRuns, finishRun, insertRun, outdateGateRuns } from './run-store.ts';
import { isProfiled, profileStaged } from './suggest/profile-new-tables.ts';
import type { Check } from './suite.ts';
import { dropTableState, findTableState, forgetTableState, type MeasuredStream, saveNextState } from './table-state.ts';

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
  /** Of the attempt: a newer one has a higher. */
  readonly fence: number;
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

type StreamName = Pick<MeasuredStream, 'namespace' | 'name'>;

export interface QualityGate {
  /** Whether some check of level block or quarantine looks at a table of these names. */
  guards(names: readonly string[]): boolean;
  /** @throws WeirError `load_held` that names what failed; the measurements are saved by then */
  check(stream: StreamName, stage: GatedStage, load: LoadCounts): Promise<void>;
  /**
   * Measures what nobody wants to read back from far away later, before it is published there. A load may be published in several parts:
   * what the checks say counts with the last (`complete`). Stops nothing.
   */
  observe(
    stream: StreamName,
    stage: Omit<GatedStage, 'setAside'>,
    part: { readonly complete: boolean; readonly load: LoadCounts },
  ): Promise<void>;
  /** Rows of a load that was measured were refused by its table: the checks look at the table after the sync, and at the next load. */
  refused(stream: StreamName, names: readonly string[]): Promise<void>;
}

/** Reads the suites of the connection once; each of its streams is measured when it is staged. */
export async function openGate(c: GateContext, sync: GatedSync, signal: AbortSignal): Promise<QualityGate> {
  await endGate(c, sync.syncId);
  const suites = await boundSuites(c.db, sync.workspaceId, sync.connectionId);
  const destination = await destinationOf(c.db, sync.connectionId);
  const isFar = destinationKind(destination.type).isFarAway === true;
  const passing = { c, sync, destination, signal };
  return {
    guards: (names) => suitesAt(suites, names, isGate).length > 0,
    async check(stream, stage, load) {
      const measured = suitesAt(suites, stage.names, isFar ? () => true : isGate);
      const failed = await pass({ ...passing, stream, stage }, measured, load);
      if (isFar) await profile({ ...passing, stream, stage }, true);
      if (failed.length > 0) throw loadHeld(failed);
    },
    async observe(stream, stage, { complete, load }) {
      if (!isFar) return;
      const measured = suitesAt(suites, stage.names, () => true);
      await watch({ ...passing, stream, stage }, measured, { complete, load });
      await profile({ ...passing, stream, stage }, complete);
    },
    async refused(stream, names) {
      await forgetTableState(c.db, { ...sync, ...stream });
      await outdateGateRuns(c.db, sync.syncId, names);
    },
  };
}

/** Of a sync that ended, or that another process takes up: what was being measured when its process was lost ends too. */
export async function endGate({ db, clock }: Pick<GateContext, 'db' | 'clock'>, syncId: number): Promise<void> {
  await endGateRuns(db, syncId, { at: clock(), failure: LOST });
}

const LOST: Failure = {
  kind: 'transient',
  code: 'process_lost',
  message: 'The sync ended or lost its process while its load was measured.',
  hint: 'Nothing was published by it; another attempt or the next sync measures again.',
};

function isGate({ level }: Check): boolean {
  return level === 'block' || level === 'quarantine';
}

/** The suites with those of their checks that look at a table of these names. */
function suitesAt(
  suites: readonly BoundSuite[],
  names: readonly string[],
  isMeant: (check: Check) => boolean,
): BoundSuite[] {
  return suites.flatMap(({ id, suite }) => {
    const checks = suite.checks.filter((check) => names.includes(check.table) && isMeant(check));
    return checks.length === 0 ? [] : [{ id, suite: { ...suite, checks } }];
  });
}

async function destinationOf(db: Db, connectionId: string) {
  return db
    .selectFrom('connection')
    .innerJoin('destination', 'destination.id', 'connection.destination_id')
    .select(['destination.id', 'destination.type', 'destination.config'])
    .where('connection.id', '=', connectionId)
    .executeTakeFirstOrThrow();
}

interface Passing {
  readonly c: GateContext;
  readonly sync: GatedSync;
  readonly destination: Awaited<ReturnType<typeof destinationOf>>;
  readonly signal: AbortSignal;
  readonly stream: StreamName;
  readonly stage: Omit<GatedStage, 'setAside'>;
}

/** Measures what several suites ask of a load, together; saves what came out, and gives what holds it back. */
async function pass(
  { stage, ...passing }: Omit<Passing, 'stage'> & { readonly stage: GatedStage },
  suites: readonly BoundSuite[],
  counts: LoadCounts,
): Promise<SuiteResult[]> {
  const { c, sync, destination } = passing;
  const load = { read: counts.read, accepted: counts.written };
  const asked = await askTogether(c, suites, { ...sync, destinationId: destination.id, load });
  const runs = await startRuns(c.db, sync, suites);
  killPoint('gate.measuring');
  const aside = asked.filter(({ check }) => check.level === 'quarantine');
  const found: SuiteResult[] = [];
  if (aside.length > 0)
    await inStage({ ...passing, stage }, async (engine, staged) => {
      found.push(...(await measureStaged(engine, staged, aside)));
      await putAside(stage, engine.dialect, aside, found);
    });
  const rest = asked.filter((one) => !aside.includes(one));
  if (rest.length > 0) found.push(...(await measureNext({ ...passing, stage }, rest)));
  await saveRuns(c, sync, runs, found);
  return found.filter(({ level, outcome }) => level === 'block' && (outcome === 'fail' || outcome === 'error'));
}

/** Measures what the table will hold, and keeps it for the next load. */
function measureNext(passing: Passing, asked: readonly Asked[]): Promise<readonly SuiteResult[]> {
  const { c, sync, stream } = passing;
  return inStage(passing, async (engine, staged) => {
    const known = await findTableState(c.db, { ...sync, ...stream }, staged.tableOf);
    const { results, states } = await measureLoad(engine, staged, asked, known);
    const { becomes: publish, tableOf: until } = staged;
    if (states === null) await dropTableState(c.db, { ...sync, ...stream }, publish);
    else await saveNextState(c.db, { ...sync, ...stream }, { publish, until, states, fence: sync.fence });
    return results;
  });
}

async function watch(
  passing: Passing,
  suites: readonly BoundSuite[],
  { complete, load }: { complete: boolean; load: LoadCounts },
): Promise<void> {
  if (suites.length === 0) return;
  const { c, sync, destination, stream, stage } = passing;
  try {
    const counts = { read: load.read, accepted: load.written };
    const asked = await askTogether(c, suites, { ...sync, destinationId: destination.id, load: counts });
    const results = await measureNext(passing, asked);
    if (complete) await saveRuns(c, sync, await startRuns(c.db, sync, suites), results);
  } catch (error) {
    passing.signal.throwIfAborted();
    c.log.warn({ err: error, syncId: sync.syncId, stream: stream.name }, 'a load was not measured on its way');
    await dropTableState(c.db, { ...sync, ...stream }, (await stage.staged()).becomes);
  }
}

/** What the first load of a table suggests. */
async function profile(passing: Passing, complete: boolean): Promise<void> {
  const { c, sync, stage } = passing;
  const [tableName = ''] = stage.names;
  if (await isProfiled(c.db, sync.connectionId, tableName)) return;
  await inStage(passing, (engine, { load, replaces }) =>
    profileStaged(c, engine, { ...sync, tableName, load, isPart: !complete || !replaces }),
  );
}

/** Opens what the load lies in: the destination's own database, or DuckDB over the file on this machine. */
async function inStage<T>(
  { c, sync, destination: { id, config }, stage, signal }: Passing,
  work: (engine: Engine, staged: StagedLoad) => Promise<T>,
): Promise<T> {
  const staged = await stage.staged();
  if (staged.load.kind === 'parquet') {
    const { files } = staged.load;
    const folder = path.dirname(files[0] ?? '.');
    return withParquet({ find: noOtherTable, folder, files, signal }, (engine) => work(engine, staged));
  }
  const usable = usableConfig(c.secrets, config as JsonObject, `destination:${id}`);
  const guard = await workspaceGuard(c, sync.workspaceId);
  return withPostgres(usable, { guard, signal }, (engine) => work(engine, staged));
}

/** The run of each suite. */
async function startRuns(
  db: Db,
  { workspaceId, syncId }: GatedSync,
  suites: readonly BoundSuite[],
): Promise<Map<string, number>> {
  const runs = new Map<string, number>();
  for (const { id: suiteId } of suites)
    runs.set(suiteId, await insertRun(db, { workspaceId, suiteId, trigger: 'gate', syncId }));
  return runs;
}

async function saveRuns(
  c: GateContext,
  { workspaceId }: GatedSync,
  runs: ReadonlyMap<string, number>,
  results: readonly SuiteResult[],
): Promise<void> {
  await c.db.transaction().execute(async (tx) => {
    for (const [suiteId, id] of runs) {
      const own = results
        .filter((result) => result.suiteId === suiteId)
        .map(({ suiteId: _suite, ...result }) => result);
      // Another process has taken the sync over, and measures it.
      if (!(await finishRun(tx, id, { at: c.clock(), failure: null, bytesRead: null }))) continue;
      await insertResults(tx, { id, workspaceId, suiteId }, own, c.clock());
    }
  });
}

/** Moves the rows that fail aside; the check then warns of how many they were. */
async function putAside(
  stage: GatedStage,
  dialect: Dialect,
  asked: readonly Asked[],
  results: readonly SuiteResult[],
): Promise<void> {
  const rows = asked.flatMap(({ check }, index): SetAside[] => {
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

function loadHeld(failed: readonly SuiteResult[]): WeirError {
  const named = failed.slice(0, NAMED).map(({ message }) => message.replace(/\.$/, ''));
  const more = failed.length - named.length;
  return new WeirError({
    kind: 'config',
    code: 'load_held',
    message: `${failed[0]?.table} is held: ${named.join('; ')}${more > 0 ? `; and ${more} more checks` : ''}.`,
    hint: 'Look at the failing rows, then release the load, discard it, or mend the source and run again. Readers see what was published before.',
  });
}

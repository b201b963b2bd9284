import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Failure } from '#lib/errors.ts';
import { stringifyJson } from '#lib/json.ts';
import { type AttemptOf, runAttempt } from './attempt.ts';
import type { SoakStore } from './bucket.ts';
import { viewBucket } from './bucket-oracle.ts';
import { type ChoppingProxy, choppingProxy } from './chopping-proxy.ts';
import { assertAside, assertCounts } from './counted.ts';
import { removeFiles } from './csv-file.ts';
import { heldAfter } from './expected.ts';
import { givenTo, type Load, publishedOf } from './given.ts';
import { killed } from './killed.ts';
import { watchTable } from './reader.ts';
import { type Death, gateOfSync, isInParts, type Scenario } from './scenario.ts';
import { endingsOf, type HeldAside } from './sorted-out.ts';
import type { View } from './view.ts';
import { viewWarehouse } from './warehouse.ts';

/** Attempts that were never to be lost may still meet what lost ones left behind. */
const MOST_TRIES = 4;

export interface Places {
  /** A Postgres database. */
  readonly database: string;
  readonly store: Pick<SoakStore, 'url' | 'settled'>;
}

/** What the syncs of a scenario share. */
interface Run {
  readonly scenario: Scenario;
  readonly table: string;
  readonly url: string;
  readonly proxy: ChoppingProxy;
  readonly store: Places['store'];
  /** Each attempt has one that is higher than all before. */
  nextFence(): number;
  view(): Promise<View>;
}

/** Runs every sync of the scenario, attempt by attempt, and holds what readers see against the oracle after each. */
export async function runScenario({ database, store }: Places, scenario: Scenario): Promise<void> {
  const { place } = scenario;
  const url = place.kind === 'bucket' ? store.url : database;
  const db = new pg.Pool({ connectionString: database, max: 1 });
  db.on('error', () => undefined);
  const proxy = await choppingProxy(url);
  const table = `t_${randomUUID().slice(0, 8)}`;
  let fence = Number(process.hrtime.bigint() / 10_000n);
  const view = () =>
    place.kind === 'bucket' ? viewBucket(url, scenario, { place, table }) : viewWarehouse(db, scenario, table);
  try {
    const run: Run = { scenario, table, url, proxy, store, view, nextFence: () => fence++ };
    let past: Past = { loads: [], broken: [], outdated: [] };
    for (const sync of scenario.syncs.keys()) past = await runOneSync(run, sync, past);
  } finally {
    proxy.close();
    removeFiles(table);
    await db.end();
  }
}

/** What was published, one after another, and what was given to syncs since then that broke off. */
interface Past {
  readonly loads: readonly Load[];
  readonly broken: readonly Load[];
  /** Rows of a bucket's quarantine that are to go, where the sync was stopped once it had published: the next one takes them away. */
  readonly outdated: readonly HeldAside[];
}

/** What is known of a sync while its attempts are run. */
interface Course {
  readonly attempts: number;
  /** On which machine the load is held; null while it is not. */
  readonly heldOn: number | null;
  readonly failure: Failure | null;
}

/** Where somebody looks on, they see what was there until they see what is there now, and nothing in between. */
async function runOneSync(run: Run, sync: number, past: Past): Promise<Past> {
  const { scenario, table, url } = run;
  if (!scenario.watched || scenario.place.kind === 'bucket' || isInParts(scenario, sync))
    return runUnwatched(run, sync, past);
  const reader = await watchTable(url, table);
  const ended = await runUnwatched(run, sync, past).finally(() => reader.stop());
  const may = [past, ended].map(({ loads }) => heldAfter(scenario, loads).rows.length);
  const odd = [...(await reader.stop())].filter((rows) => !may.includes(rows));
  if (odd.length > 0) throw new Error(`a reader saw ${odd.join(', ')} rows, where there were ${may.join(', then ')}`);
  return ended;
}

async function runUnwatched(run: Run, sync: number, past: Past): Promise<Past> {
  const { scenario } = run;
  const { deaths = [], abandoned } = scenario.syncs[sync] ?? {};
  const before = heldAfter(scenario, past.loads);
  const { state } = await looked(run, async (view) => view);
  const given = givenTo(scenario, sync, { state, held: before });
  const assertPublished = (finished: boolean) =>
    looked(run, async (view) => {
      const load = publishedOf(scenario, given, view.state);
      const loads = load === null ? past.loads : [...past.loads, load];
      await view.assertPublished(heldAfter(scenario, loads), finished);
      return { load, loads };
    });
  let course: Course = { attempts: 0, heldOn: null, failure: null };
  for (const death of deaths) {
    course = await attempted(run, sync, course, death);
    await assertPublished(false);
  }
  if (!abandoned) {
    course = await finished(run, sync, course);
    assertEnding(endingsOf(scenario, given), course.failure);
  }
  const isThrough = !abandoned && course.failure === null;
  const { load, loads } = await assertPublished(isThrough);
  const held = heldAfter(scenario, loads);
  if (!abandoned) assertExtent(scenario, given, { load, failure: course.failure });
  const left = { ...given, records: given.records.filter((one) => !load?.records.includes(one)) };
  const broken = isThrough ? [] : [...past.broken, left];
  const isLate = !isThrough && scenario.place.kind === 'bucket';
  const outdated = isLate ? [...past.outdated, ...before.aside] : [];
  await looked(run, async (view) => {
    if (isThrough) assertCounts(scenario, given, view);
    await assertAside(scenario, { held, broken, outdated }, view);
  });
  return { loads, broken, outdated };
}

async function looked<T>({ view }: Run, use: (view: View) => Promise<T>): Promise<T> {
  const seen = await view();
  try {
    return await use(seen);
  } finally {
    seen.close();
  }
}

/** One more attempt, lost as it is to be. */
async function attempted(run: Run, sync: number, course: Course, death: Death | null): Promise<Course> {
  const { scenario, proxy, table } = run;
  const { machine } = scenario.syncs[sync] ?? {};
  const gate = gateOfSync(scenario, sync);
  const isDecided = course.heldOn !== null && (gate === 'release' || gate === 'discard');
  const of = {
    ...{ url: death === null ? run.url : proxy.url, table, sync },
    ...{ attempt: course.attempts + 1, fence: run.nextFence() },
    machine: course.heldOn ?? death?.machine ?? machine ?? 0,
    ...(isDecided && { decision: gate }),
  };
  const failure = death === null ? await runAttempt(scenario, of) : await lost(run, of, death);
  if (failure?.kind === 'bug') throw new Error(`a bug: ${failure.message}`);
  const isHeld = failure?.code === 'load_held';
  return {
    ...course,
    attempts: of.attempt,
    failure,
    heldOn: isHeld ? heldOn(death, of.machine, machine) : course.heldOn,
  };
}

/** Where the way was cut, the load may lie on that machine alone. */
function heldOn(death: Death | null, on: number, other = 0): number {
  return death?.kind === 'cut' ? on : other;
}

async function lost({ scenario, proxy, store }: Run, of: AttemptOf, death: Death): Promise<Failure | null> {
  proxy.mend();
  const stop = new AbortController();
  if (death.kind === 'cut') proxy.chop(death.after, death);
  if (death.kind === 'cancel') proxy.watch(death.after, () => stop.abort('cancelled'));
  const sourceBreaks = death.kind === 'source' ? { sourceBreaks: death.after } : {};
  const failure =
    death.kind === 'kill'
      ? await killed(scenario, of, death)
      : await runAttempt(scenario, { ...of, ...sourceBreaks }, stop.signal);
  proxy.mend();
  // What was cut off in a commit may have said so before the server is done with it.
  await proxy.settled();
  await store.settled();
  return failure;
}

/** Attempts until one says how the sync ends. */
async function finished(run: Run, sync: number, course: Course): Promise<Course> {
  let now = course;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    now = await attempted(run, sync, now, null);
    if (now.failure === null || (now.failure.kind !== 'transient' && now.failure.code !== 'load_held')) return now;
  }
  throw new Error(`the sync did not end: ${now.failure?.code} ${now.failure?.message}`);
}

function assertEnding(endings: readonly string[], failure: Failure | null): void {
  if (failure === null ? endings.length === 0 : endings.includes(failure.code)) return;
  const found = failure === null ? 'well' : `with ${failure.code}: ${failure.message}`;
  throw new Error(`the sync ended ${found}, where ${stringifyJson(endings)} was to be expected`);
}

/** A sync that went through has published all; one that failed nothing, unless its slices go to the readers one by one. */
function assertExtent(
  scenario: Scenario,
  given: Load,
  { load, failure }: { load: Load | null; failure: Failure | null },
): void {
  if (failure !== null && isInParts(scenario, given.sync)) return;
  if ((failure === null) === (load?.complete ?? false)) return;
  throw new Error(`the sync ended ${failure?.code ?? 'well'}, and ${load?.records.length ?? 'none'} were published`);
}

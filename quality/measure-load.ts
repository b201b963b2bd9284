import type { StagedLoad } from '#lib/destinations/destination.ts';
import type { JsonObject } from '#lib/json.ts';
import { type Asked, checksOf, factsOf, judged, memoriesOf, type SuiteResult } from './asked.ts';
import type { Engine } from './engine.ts';
import { looksAtTable, measureRelation, metricsOf } from './measure.ts';
import { type AfterOptions, measureAfter } from './measure-after.ts';

/** How exact percentiles of merged parts are. */
const NEAR = ' (within 0.5%)';
const ALONE = ' (of the load alone)';

export interface LoadMeasured {
  readonly results: readonly SuiteResult[];
  /** What the table will hold; null where that is not known. */
  readonly states: JsonObject | null;
}

/** Measures the staged rows by themselves. */
export async function measureStaged(
  engine: Engine,
  { load }: StagedLoad,
  asked: readonly Asked[],
): Promise<SuiteResult[]> {
  if (asked.length === 0) return [];
  const measured = await measureRelation(engine, load, checksOf(asked), memoriesOf(asked));
  const results: SuiteResult[] = [];
  for (const one of asked) results.push(await judged(engine, measured, one));
  return results;
}

/** Checks that hold a load and are of a load look at what was staged, all others at what the table would become. */
export async function measureLoad(
  engine: Engine,
  staged: StagedLoad,
  asked: readonly Asked[],
  known: AfterOptions['known'],
): Promise<LoadMeasured> {
  const isOne = staged.after === staged.load;
  const ofLoad = asked.filter(({ check }) => !isOne && check.level === 'block' && check.scope === 'load');
  const ofTable = asked.filter((one) => !ofLoad.includes(one) && isWithinReach(staged, one));
  const results = await measureStaged(engine, staged, ofLoad);
  if (ofTable.length === 0) return { results, states: null };
  // Only a load that may be held is worth a guess.
  const alone: AfterOptions['alone'] = ({ level }) => level === 'block';
  const after = await measureAfter(engine, staged, checksOf(ofTable), { facts: factsOf(ofTable), known, alone });
  for (const one of ofTable) {
    const { key } = one.check;
    if (after.unknown.has(key)) continue;
    const note = after.alone.has(key) ? ALONE : after.approximate.has(key) ? NEAR : '';
    results.push(await judged(engine, after.measured, one, note));
  }
  return { results, states: after.states };
}

/**
 * Beside a load on its way to a bucket there is no other table, and what looks at no table says more after the sync; a check that holds
 * the load is asked all the same.
 */
function isWithinReach({ load }: StagedLoad, { check, facts }: Asked): boolean {
  if (load.kind !== 'parquet' || check.level === 'block') return true;
  const { memory } = facts;
  return looksAtTable(check, memory) && !metricsOf(check, memory).some((metric) => 'reference' in metric);
}

import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import { detect } from './anomaly/detect.ts';
import { anomalyOptions } from './checks/anomaly.ts';
import { parseSuite } from './parse-suite.ts';
import { invalidSuite } from './refusals.ts';
import { earlierResults, markExpected } from './result-store.ts';
import { getSuite } from './suites.ts';

/** What an anomaly check would have said of its past. */
export interface LookBack {
  readonly key: string;
  readonly falseAlarmsPerMonth: number;
  /** Measurements that were judged, and the days that they span. */
  readonly judged: number;
  readonly days: number;
  /** Alarms that would have been told: repeats are not. */
  readonly alarms: number;
  /** Oldest first. */
  readonly points: readonly {
    readonly at: Date;
    readonly value: number | null;
    readonly expected: number | null;
    readonly low: number | null;
    readonly high: number | null;
    readonly score: number;
    readonly isAnomaly: boolean;
    readonly isNew: boolean;
  }[];
}

const DAY_MS = 86_400_000;

/**
 * Judges each past measurement of an anomaly check from those before it, at its own tolerance or another.
 * @throws WeirError `not_found` for a check that is none of the suite's anomaly checks
 */
export async function lookBack(
  { db }: { db: Db },
  workspaceId: string,
  suiteId: string,
  key: string,
  tolerance?: number,
): Promise<LookBack> {
  const { text } = await getSuite({ db }, workspaceId, suiteId);
  const { suite, issues } = parseSuite(text);
  if (!suite) throw invalidSuite(issues);
  const check = suite.checks.find((each) => each.key === key && each.kind === 'anomaly');
  if (!check) throw noSuchCheck(key);
  const options = anomalyOptions({
    ...check.params,
    ...(tolerance !== undefined && { false_alarms_per_month: tolerance }),
  });
  const results = (await earlierResults(db, { suiteId, loadId: null, except: null })).get(key) ?? [];
  const judgements = detect(
    results.map(({ at, value, feedback }) => ({ at: at.getTime(), value, ...(feedback && { feedback }) })),
    options,
  );
  const points = results.map(({ at, value }, index) => {
    const { score = 0, isAnomaly = false, isNew = false, band = null } = judgements[index] ?? {};
    const { expected, low, high } = band ?? { expected: null, low: null, high: null };
    return { at, value, expected, low: finite(low), high: finite(high), score, isAnomaly, isNew };
  });
  const span = (points.at(-1)?.at.getTime() ?? 0) - (points[0]?.at.getTime() ?? 0);
  return {
    key,
    falseAlarmsPerMonth: options.falseAlarmsPerMonth ?? 0,
    judged: points.filter(({ expected }) => expected !== null).length,
    days: Math.round(span / DAY_MS),
    alarms: points.filter(({ isNew }) => isNew).length,
    points,
  };
}

/**
 * Says that what a check measured between two times was normal: it is learned from, at once.
 * @throws WeirError `not_found` when there is no such suite
 */
export async function expectMeasurements(
  { db }: { db: Db },
  workspaceId: string,
  { suiteId, key, from, to }: { suiteId: string; key: string; from: Date; to: Date },
): Promise<{ measurements: number }> {
  await getSuite({ db }, workspaceId, suiteId);
  return { measurements: await markExpected(db, workspaceId, { suiteId, key, from, to }) };
}

function finite(limit: number | null): number | null {
  return limit !== null && Number.isFinite(limit) ? limit : null;
}

function noSuchCheck(key: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_found',
    message: `There is nothing to look back at for ${key.slice(0, 200)}.`,
    hint: 'Name an anomaly check of this suite by its key, as the results give it.',
  });
}

import type { Db } from '#lib/db/connect.ts';
import type { JsonValue } from '#lib/json.ts';
import type { Facts } from './checks/check-kind.ts';
import { lastPublished, loadCounts, rowsBefore } from './load-store.ts';
import { earlierResults } from './result-store.ts';
import type { Check } from './suite.ts';

export interface FactsRequest {
  /** Null for one that is not saved yet. */
  readonly suiteId: string | null;
  readonly connectionId: string | null;
  /** Where the tables are: of a suite without a connection all that load into it count. */
  readonly destinationId: string;
  /** The sync whose load is measured; null for none. */
  readonly syncId: number | null;
  /** The run that measures, which is no history yet. */
  readonly runId: number | null;
}

const NO_RESULTS: Awaited<ReturnType<typeof earlierResults>> = new Map();

/** What is known of each check without looking at its table. */
export async function gatherFacts(
  { db, clock }: { db: Db; clock: () => Date },
  { suiteId, connectionId, destinationId, syncId, runId }: FactsRequest,
): Promise<(check: Check) => Facts> {
  const published = await lastPublished(db, connectionId ? { connectionId } : { destinationId });
  const last = connectionId ? published.last : null;
  const loadId = syncId ?? last?.syncId ?? null;
  const earlier = suiteId ? await earlierResults(db, { suiteId, loadId, except: runId }) : NO_RESULTS;
  // A check that is new has no history, but the load before may have been counted.
  const counted = connectionId && loadId ? await rowsBefore(db, connectionId, loadId) : new Map<string, number>();
  const loads = loadId ? await loadCounts(db, loadId) : new Map<string, NonNullable<Facts['load']>>();
  const now = clock();
  return ({ key, table, where }) => {
    const points = earlier.get(key) ?? [];
    return {
      now,
      // Of a table that no stream is called like, such as a dbt model, the newest load of all tells.
      lastPublishedAt: published.byTable.get(table) ?? last?.at ?? null,
      history: points.flatMap(({ at, value, feedback, between }) =>
        value === null || between ? [] : [{ at, value, ...(feedback && { feedback }) }],
      ),
      previousRows: (where === undefined ? counted.get(table) : undefined) ?? null,
      memory: points.findLast(({ memory }) => memory !== null)?.memory ?? (null as JsonValue),
      load: loads.get(table) ?? null,
    };
  };
}

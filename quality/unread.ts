import type { Db } from '#lib/db/connect.ts';
import type { Facts } from './checks/check-kind.ts';
import { findStream } from './duckdb/bucket.ts';
import { readFailure } from './duckdb/engine.ts';
import { evaluate } from './evaluate.ts';
import type { PublishedStream } from './load-store.ts';
import { type Look, looksAtTable, NO_TABLE } from './measure.ts';
import { measureAfter } from './measure-after.ts';
import type { NewResult } from './result-store.ts';
import type { Unread } from './run-store.ts';
import type { Check } from './suite.ts';
import { addToState } from './table-state.ts';

/** What can be said without reading anything back, and what would have to be read for the rest. */
export function judgeUnread(
  checks: readonly Check[],
  facts: (check: Check) => Facts,
  published: readonly PublishedStream[],
): { results: NewResult[]; unread: Unread[] } {
  const results: NewResult[] = [];
  const unread = new Map<string, Unread>();
  for (const check of checks) {
    const found = lookFor(published, check.table);
    if (found.stream && looksAtTable(check, facts(check).memory)) {
      const { checks: so = 0 } = unread.get(check.table) ?? {};
      unread.set(check.table, { table: check.table, checks: so + 1, bytes: found.stream.bytes });
    } else {
      const failures = new Map(found.stream ? [] : [[check.key, readFailure(found.error)]]);
      results.push(evaluate(check, { ...NO_TABLE, failures }, facts(check)));
    }
  }
  return { results, unread: [...unread.values()] };
}

function lookFor(
  published: readonly PublishedStream[],
  table: string,
): { readonly stream: PublishedStream | null; readonly error?: unknown } {
  try {
    return { stream: findStream(published, table) };
  } catch (error) {
    return { stream: null, error };
  }
}

/** Measures a table that was read back, and keeps what merges with the loads to come: they need not read it again. */
export function keeping(
  db: Db,
  workspaceId: string,
  published: readonly PublishedStream[],
  facts: (check: Check) => Facts,
): (table: string) => Look {
  return (table) => async (engine, relation, checks) => {
    const whole = { load: relation, added: relation, removed: null, after: relation, table: null, uniqueKey: null };
    const staged = { ...whole, replaces: true, tableOf: null, becomes: '', tableRows: null };
    const { measured, states } = await measureAfter(engine, staged, checks, { facts, known: null });
    const stream = findStream(published, table);
    if (states !== null && stream.publish !== null)
      await addToState(db, { workspaceId, ...stream }, stream.publish, states);
    return measured;
  };
}

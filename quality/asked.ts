import type { Db } from '#lib/db/connect.ts';
import type { JsonValue } from '#lib/json.ts';
import type { Facts } from './checks/check-kind.ts';
import type { Engine } from './engine.ts';
import { evaluate } from './evaluate.ts';
import { type FactsRequest, gatherFacts } from './facts.ts';
import { withSamples } from './failing-rows.ts';
import type { TableMeasurements } from './measure.ts';
import { parseSuite } from './parse-suite.ts';
import type { NewResult } from './result-store.ts';
import type { Check, Suite } from './suite.ts';

/** A suite that is bound to a connection. */
export interface BoundSuite {
  readonly id: string;
  readonly suite: Suite;
}

/** The suites of a connection; those whose text no longer parses are left to their own runs. */
export async function boundSuites(db: Db, workspaceId: string, connectionId: string): Promise<BoundSuite[]> {
  const rows = await db
    .selectFrom('suite')
    .select(['id', 'text'])
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', '=', connectionId)
    .execute();
  return rows.flatMap(({ id, text }) => {
    const { suite } = parseSuite(text);
    return suite ? [{ id, suite }] : [];
  });
}

/** A check of one of several suites that are measured together. Its key is its own among all of them. */
export interface Asked extends BoundSuite {
  readonly check: Check;
  readonly facts: Facts;
}

interface Load extends Pick<FactsRequest, 'destinationId'> {
  readonly connectionId: string;
  readonly syncId: number;
  readonly load: Facts['load'];
}

/** Makes the checks of several suites ready to be measured together: what they share is measured once. */
export async function askTogether(
  c: { readonly db: Db; readonly clock: () => Date },
  suites: readonly BoundSuite[],
  { connectionId, destinationId, syncId, load }: Load,
): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const { id, suite } of suites) {
    const of = await gatherFacts(c, { suiteId: id, connectionId, destinationId, syncId, runId: null });
    for (const check of suite.checks)
      asked.push({ id, suite, check: { ...check, key: `${id} ${check.key}` }, facts: { ...of(check), load } });
  }
  return asked;
}

export function checksOf(asked: readonly Asked[]): Check[] {
  return asked.map(({ check }) => check);
}

/** What is known of a check that was asked for. */
export function factsOf(asked: readonly Asked[]): (check: Check) => Facts {
  const byKey = new Map(asked.map(({ check, facts }) => [check.key, facts]));
  return ({ key }) => {
    const facts = byKey.get(key);
    if (!facts) throw new Error(`${key} was not asked for`);
    return facts;
  };
}

export function memoriesOf(asked: readonly Asked[]): (check: Check) => JsonValue {
  const facts = factsOf(asked);
  return (check) => facts(check).memory;
}

export type SuiteResult = NewResult & { readonly suiteId: string };

/** What a check says of what was measured, under the key that it has in its suite. */
export async function judged(
  engine: Engine,
  measured: TableMeasurements,
  { id, suite, check, facts }: Asked,
  note = '',
): Promise<SuiteResult> {
  const result = evaluate(check, measured, facts);
  const { samples } = suite;
  const found = await withSamples(engine, measured.sources, check, result, { samples, now: facts.now });
  return { ...found, message: found.message + note, key: check.key.slice(id.length + 1), suiteId: id };
}

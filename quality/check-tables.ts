import type { Facts } from './checks/check-kind.ts';
import type { Engine } from './engine.ts';
import { evaluate } from './evaluate.ts';
import { NO_SAMPLES, withSamples } from './failing-rows.ts';
import { type Look, measureRelation, measureTable } from './measure.ts';
import type { NewResult } from './result-store.ts';
import type { Check, SampleRules } from './suite.ts';

/** Measures and evaluates table by table, and gives the results in the order of the suite. */
export async function checkTables(
  engine: Engine,
  checks: readonly Check[],
  facts: (check: Check) => Facts,
  samples: SampleRules = NO_SAMPLES,
  lookAt: (table: string) => Look = () => measureRelation,
): Promise<NewResult[]> {
  const byTable = Map.groupBy(checks, ({ table }) => table);
  const results = new Map<string, NewResult>();
  for (const [table, ofTable] of byTable) {
    const measured = await measureTable(engine, table, ofTable, (check) => facts(check).memory, lookAt(table));
    for (const check of ofTable) {
      const result = evaluate(check, measured, facts(check));
      results.set(
        check.key,
        await withSamples(engine, measured.sources, check, result, { samples, now: facts(check).now }),
      );
    }
  }
  return checks.flatMap(({ key }) => results.get(key) ?? []);
}

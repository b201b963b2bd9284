import type { StagedLoad } from '#lib/destinations/destination.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Engine } from './engine.ts';
import { type MemoryOf, measureRelation, type TableMeasurements } from './measure.ts';
import type { Check } from './suite.ts';

export interface AfterOptions {
  readonly memoryOf: MemoryOf;
  /** What the table held after its last publish, with the sync that wrote it. */
  readonly known: { readonly syncId: number; readonly states: JsonObject } | null;
}

/** Measures a table as publishing the stage would leave it. */
export async function measureAfter(
  engine: Engine,
  staged: StagedLoad,
  checks: readonly Check[],
  { memoryOf }: AfterOptions,
): Promise<{ measured: TableMeasurements; states: JsonObject }> {
  const measured = await measureRelation(engine, staged.after ?? staged.load, checks, memoryOf);
  return { measured, states: {} };
}

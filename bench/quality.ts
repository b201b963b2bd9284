import { qualityGate } from './quality/gate.ts';
import { qualityOverParquet } from './quality/over-parquet.ts';
import { qualityOverPostgres } from './quality/over-postgres.ts';
import type { BenchRow } from './row.ts';

/** What checks cost: over Postgres, over Parquet, and at the gate. */
export const quality: readonly BenchRow[] = [qualityOverPostgres, qualityOverParquet, qualityGate];

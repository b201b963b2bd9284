import { builder } from './builder/builder.ts';
import { csvToPostgres } from './files/csv-to-postgres.ts';
import { csvToS3 } from './files/csv-to-s3.ts';
import { firstRow } from './overview/first-row.ts';
import { overview } from './overview/overview.ts';
import { apiToPostgres } from './postgres/api-to-postgres.ts';
import { growth } from './postgres/growth.ts';
import { quality } from './quality.ts';
import type { BenchRow } from './row.ts';
import { dueAtOnce, smallSync } from './service/small-syncs.ts';

/** Every row of the table of figures. A new one is a file and a line here. */
export const rows: readonly BenchRow[] = [
  apiToPostgres,
  growth,
  smallSync,
  dueAtOnce,
  csvToPostgres,
  csvToS3,
  ...quality,
  builder,
  overview,
  firstRow,
];

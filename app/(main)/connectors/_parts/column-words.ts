import { sqlType } from '#lib/destinations/postgres/sql-types.ts';
import { PARQUET_TYPES } from '#lib/destinations/s3/formats/parquet-types.ts';
import type { ColumnType } from '#lib/records/column-type.ts';

/** How a column of this type is called where it lands. */
export function columnWords(type: ColumnType): { readonly postgres: string; readonly parquet: string } {
  return { postgres: sqlType(type), parquet: PARQUET_TYPES[type] };
}

import { type RawBuilder, sql } from 'kysely';

/**
 * Of a row of `syncs`: it asks the source for data. Emptying tables does not, nor does loading again what was put aside, so that neither
 * makes a connection's data any fresher.
 */
export const READS_ITS_SOURCE: RawBuilder<boolean> = sql`(kind not in ('clear', 'reset') and task ->> 'kind' is distinct from 'replay')`;

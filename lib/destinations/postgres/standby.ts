import type pg from 'pg';
import { WeirError } from '#lib/errors.ts';
import { postgresCode, readPostgresError } from './postgres-errors.ts';

const READ_ONLY = '25006';

/** As `readPostgresError`, and whether it is a standby that refused a write: that may be the primary in a moment. */
export async function readRefusedWrite(pool: pg.Pool, error: unknown, doing: string): Promise<WeirError> {
  if (postgresCode(error) !== READ_ONLY || !(await isStandby(pool))) return readPostgresError(error, doing);
  return new WeirError({
    kind: 'transient',
    code: 'standby',
    message: 'The server is a standby, which takes no writes.',
    hint: 'Connect to the primary server. Where this one is just taking over, the sync goes on once it is the primary.',
    cause: error,
  });
}

/** False where that can't be asked. */
async function isStandby(pool: pg.Pool): Promise<boolean> {
  const asked = pool.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
  return (await asked.catch(() => null))?.rows[0]?.standby === true;
}

import { sql } from 'kysely';
import type { Db } from './connect.ts';

/** Runs the work unless another process is at the same; says whether it did. The lock goes with the connection that holds it. */
export function onlyOne(db: Db, name: string, work: () => Promise<void>): Promise<boolean> {
  return db.connection().execute(async (one) => {
    const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(hashtext(${name})) as taken`.execute(
      one,
    );
    if (rows[0]?.taken !== true) return false;
    try {
      await work();
      return true;
    } finally {
      await sql`select pg_advisory_unlock(hashtext(${name}))`.execute(one);
    }
  });
}

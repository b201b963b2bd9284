import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';

const DAY_MS = 86_400_000;
/** Links that were used or have expired, for who asks what became of them. */
const LINKS_KEPT_MS = 30 * DAY_MS;
/** Longer than any window in which tries are counted. */
const TRIES_KEPT_MS = DAY_MS;

/** Forgets sessions, links and counts that let nobody in or out any more: they hold addresses of people. Gives how many. */
export async function forgetAccess({ db, clock }: { db: Db; clock: () => Date }): Promise<number> {
  const now = clock();
  const before = (ms: number) => new Date(now.getTime() - ms);
  // What better-auth keeps while somebody signs in by a provider.
  await sql`delete from verification where "expiresAt" < ${now}`.execute(db);
  const gone = await Promise.all([
    db.deleteFrom('session').where('expiresAt', '<', now).executeTakeFirst(),
    db.deleteFrom('invitation').where('expires_at', '<', before(LINKS_KEPT_MS)).executeTakeFirst(),
    db.deleteFrom('try_counter').where('window_start', '<', before(TRIES_KEPT_MS)).executeTakeFirst(),
  ]);
  return gone.reduce((sum, { numDeletedRows }) => sum + Number(numDeletedRows), 0);
}

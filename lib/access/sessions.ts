import type { Db } from '#lib/db/connect.ts';
import { noSuch } from './refusals.ts';

/** A browser that is signed in. */
export interface Session {
  readonly id: string;
  readonly createdAt: Date;
  readonly usedAt: Date;
  readonly address: string | null;
  /** As the browser calls itself. */
  readonly browser: string | null;
  readonly current: boolean;
}

type Who = { readonly userId: string | null; readonly sessionId?: string };

/** The caller's own sessions, without their tokens. A program has none, whoever made its key. */
export async function listSessions(
  { db, clock }: { db: Db; clock: () => Date },
  { userId, sessionId }: Who,
): Promise<Session[]> {
  if (userId === null || sessionId === undefined) return [];
  const rows = await db
    .selectFrom('session')
    .select(['id', 'createdAt', 'updatedAt as usedAt', 'ipAddress as address', 'userAgent as browser'])
    .where('userId', '=', userId)
    .where('expiresAt', '>', clock())
    .orderBy('updatedAt', 'desc')
    .execute();
  return rows.map((row) => ({ ...row, current: row.id === sessionId }));
}

/** Ends one of the caller's sessions at once. @throws WeirError `not_found` */
export async function endSession({ db }: { db: Db }, { userId, sessionId }: Who, id: string): Promise<void> {
  if (userId === null || sessionId === undefined) throw noSuch('session');
  const { numDeletedRows } = await db
    .deleteFrom('session')
    .where('userId', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw noSuch('session');
}

import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import { networkOf } from './request-origin.ts';

interface TryLimit {
  readonly windowS: number;
  readonly max: number;
}

const PER_ADDRESS: TryLimit = { windowS: 60, max: 30 };
const PER_ACCOUNT: TryLimit = { windowS: 300, max: 10 };
const PER_TRIGGER: TryLimit = { windowS: 60, max: 10 };
const KEEP_S = 86_400;

/**
 * Counts a try to sign in. By account too: whoever guesses one password from many addresses is stopped as well.
 * @throws WeirError `too_many_tries`, which says when to come back
 */
export async function countSignInTry(
  { db, clock }: { db: Db; clock: () => Date },
  { address, email }: { address: string; email: string },
): Promise<void> {
  const tries: [string, TryLimit][] = [
    [`address:${networkOf(address)}`, PER_ADDRESS],
    [accountKey(email), PER_ACCOUNT],
  ];
  for (const [key, limit] of tries) {
    const { count, endsAt } = await countTry(db, key, limit.windowS, clock());
    if (count <= limit.max) continue;
    throw tooMany('Too many tries to sign in.', endsAt, clock());
  }
}

/**
 * Counts a call of a trigger's address: by trigger, and where it is nobody's address by caller, so that none is guessed.
 * @throws WeirError `too_many_tries`, which says when to come back
 */
export async function countTriggerCall(
  { db, clock }: { db: Db; clock: () => Date },
  of: { readonly triggerId: string } | { readonly address: string },
): Promise<void> {
  const [key, limit] =
    'triggerId' in of
      ? [`trigger:${of.triggerId}`, PER_TRIGGER]
      : [`trigger-address:${networkOf(of.address)}`, PER_ADDRESS];
  const { count, endsAt } = await countTry(db, key, limit.windowS, clock());
  if (count > limit.max) throw tooMany('Too many calls.', endsAt, clock());
}

/** Whether a signed request is here for the first time: what somebody has recorded and sends again does nothing. */
export async function isFirstOf(
  { db, clock }: { db: Db; clock: () => Date },
  { signature, within }: { signature: string; within: number },
): Promise<boolean> {
  const { count } = await countTry(db, `signed:${signature}`, within, clock());
  return count === 1;
}

/**
 * After a successful sign-in the account starts afresh, and the address gets this try back: a whole office may come in by one
 * address in the same minute.
 */
export async function forgetSignInTries(
  { db, clock }: { db: Db; clock: () => Date },
  { email, address }: { email: string; address: string },
): Promise<void> {
  await db
    .updateTable('try_counter')
    .set((row) => ({ count: row('count', '-', 1) }))
    .where('key', '=', `address:${networkOf(address)}`)
    .where('count', '>', 0)
    .execute();
  await forgetAccountTries(db, email);
  const old = new Date(clock().getTime() - KEEP_S * 1000);
  await db.deleteFrom('try_counter').where('window_start', '<', old).execute();
}

/** With a new password, nobody has tried it yet. */
export async function forgetAccountTries(db: Db, email: string): Promise<void> {
  await db.deleteFrom('try_counter').where('key', '=', accountKey(email)).execute();
}

const accountKey = (email: string) => `account:${email.trim().toLowerCase()}`;

function tooMany(message: string, endsAt: Date, now: Date): WeirError {
  const waitS = Math.max(1, Math.ceil((endsAt.getTime() - now.getTime()) / 1000));
  return new WeirError({
    kind: 'transient',
    code: 'too_many_tries',
    message,
    hint: `Try again in ${waitS} seconds.`,
    retryAfterS: waitS,
  });
}

/** One statement, so that tries at the same instant are all counted. */
async function countTry(db: Db, key: string, windowS: number, now: Date): Promise<{ count: number; endsAt: Date }> {
  const { rows } = await sql<{ count: number; endsAt: Date }>`
    insert into try_counter as t (key, count, window_start) values (${key}, 1, ${now})
    on conflict (key) do update set
      count = case when t.window_start > ${now}::timestamptz - make_interval(secs => ${windowS}) then t.count + 1 else 1 end,
      window_start = case when t.window_start > ${now}::timestamptz - make_interval(secs => ${windowS})
        then t.window_start else ${now} end
    returning count, window_start + make_interval(secs => ${windowS}) as "endsAt"`.execute(db);
  return rows[0] ?? { count: 1, endsAt: now };
}

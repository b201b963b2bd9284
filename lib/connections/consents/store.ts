import { createHash } from 'node:crypto';
import type { Db } from '#lib/db/connect.ts';
import type { Failure } from '#lib/errors.ts';

/** Whose consent it is: only this browser's session may go on with it. */
export interface ConsentOwner {
  readonly workspaceId: string;
  readonly sessionId: string;
}

export function insertConsent(
  db: Db,
  owner: ConsentOwner,
  row: { id: string; connectorId: string; sourceId: string | null; state: string; sealed: string; expiresAt: Date },
) {
  return db
    .insertInto('oauth_consent')
    .values({
      id: row.id,
      workspace_id: owner.workspaceId,
      connector_id: row.connectorId,
      source_id: row.sourceId,
      session_id: owner.sessionId,
      state_hash: hashState(row.state),
      status: 'waiting',
      sealed: row.sealed,
      expires_at: row.expiresAt,
    })
    .execute();
}

/** Takes the consent of a state, once: whoever comes second, late or from another session gets nothing. */
export async function takeConsent(db: Db, owner: ConsentOwner, state: string, now: Date) {
  const row = await db
    .updateTable('oauth_consent')
    .set({ status: 'taken' })
    .where('state_hash', '=', hashState(state))
    .where('workspace_id', '=', owner.workspaceId)
    .where('session_id', '=', owner.sessionId)
    .where('status', '=', 'waiting')
    .where('expires_at', '>', now)
    .returning(['id', 'connector_id', 'source_id', 'sealed'])
    .executeTakeFirst();
  return row ?? null;
}

export function saveOutcome(
  db: Db,
  id: string,
  outcome: { status: 'connected' | 'failed'; sealed: string; failure: Failure | null; expiresAt: Date },
) {
  return db
    .updateTable('oauth_consent')
    .set({
      status: outcome.status,
      sealed: outcome.sealed,
      failure: outcome.failure && JSON.stringify(outcome.failure),
      expires_at: outcome.expiresAt,
    })
    .where('id', '=', id)
    .execute();
}

export async function findConsent(db: Db, owner: ConsentOwner, id: string, now: Date) {
  const row = await db
    .selectFrom('oauth_consent')
    .select(['id', 'connector_id', 'source_id', 'status', 'sealed', 'failure'])
    .where('id', '=', id)
    .where('workspace_id', '=', owner.workspaceId)
    .where('session_id', '=', owner.sessionId)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row ?? null;
}

export function forgetConsent(db: Db, owner: ConsentOwner, id: string) {
  return db
    .deleteFrom('oauth_consent')
    .where('id', '=', id)
    .where('workspace_id', '=', owner.workspaceId)
    .where('session_id', '=', owner.sessionId)
    .execute();
}

/** The state has hundreds of random bits: a fast hash is enough. */
function hashState(state: string): string {
  return createHash('sha256').update(state).digest('hex');
}

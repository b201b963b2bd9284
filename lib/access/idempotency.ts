import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import type { Secrets } from '#lib/secrets.ts';

/** The answer to a request that may be sent again. */
export interface KeptAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

type KeepContext = { readonly db: Db; readonly secrets: Secrets; readonly clock: () => Date };

interface KeyedRequest {
  readonly workspaceId: string;
  /** As the client chose it. */
  readonly key: string;
  /** Method, path and body: what must be the same. */
  readonly request: string;
}

const KEPT_MS = 24 * 3_600_000;
/** A process that died in between has not answered: after so long another may try. */
const IN_WORK_MS = 5 * 60_000;

/**
 * Takes the key for this request: null when it is the first one, the kept answer when it was answered before.
 * @throws WeirError `key_reused` for another request with this key, `in_progress` while the first one is not answered
 */
export async function takeKey(
  { db, secrets, clock }: KeepContext,
  { workspaceId, key, request }: KeyedRequest,
): Promise<KeptAnswer | null> {
  const now = clock();
  const hash = hashOf(request);
  const { rows } = await sql`
    insert into idempotent_answer as a (workspace_id, key, request_hash, created_at)
    values (${workspaceId}, ${key}, ${hash}, ${now})
    on conflict (workspace_id, key) do update
      set request_hash = excluded.request_hash, created_at = excluded.created_at, status = null, sealed = null
      where a.created_at < ${new Date(now.getTime() - KEPT_MS)}
        or (a.status is null and a.created_at < ${new Date(now.getTime() - IN_WORK_MS)})
    returning key`.execute(db);
  if (rows.length > 0) return null;
  const kept = await db
    .selectFrom('idempotent_answer')
    .select(['request_hash', 'status', 'sealed'])
    .where('workspace_id', '=', workspaceId)
    .where('key', '=', key)
    .executeTakeFirst();
  if (kept && kept.request_hash !== hash) throw reused(key);
  if (!kept || kept.sealed === null) throw inProgress(key);
  return JSON.parse(secrets.open(kept.sealed, answerAad(workspaceId, key))) as KeptAnswer;
}

/** Keeps what was answered, sealed: some answers hold a secret that is shown once. A refusal is forgotten, so that it can be tried again. */
export async function keepAnswer(
  { db, secrets }: KeepContext,
  { workspaceId, key }: KeyedRequest,
  answer: KeptAnswer | null,
): Promise<void> {
  if (answer === null) {
    await db.deleteFrom('idempotent_answer').where('workspace_id', '=', workspaceId).where('key', '=', key).execute();
    return;
  }
  const sealed = secrets.seal(JSON.stringify(answer), answerAad(workspaceId, key));
  await db
    .updateTable('idempotent_answer')
    .set({ status: answer.status, sealed })
    .where('workspace_id', '=', workspaceId)
    .where('key', '=', key)
    .execute();
}

/** Forgets the answers that nobody may ask for any more. */
export async function forgetOldAnswers({ db, clock }: { db: Db; clock: () => Date }): Promise<void> {
  const before = new Date(clock().getTime() - KEPT_MS);
  await db.deleteFrom('idempotent_answer').where('created_at', '<', before).execute();
}

function hashOf(request: string): string {
  return createHash('sha256').update(request).digest('hex');
}

/** Binds a kept answer to its request. */
export function answerAad(workspaceId: string, key: string): string {
  return `answer:${workspaceId}:${key}`;
}

function reused(key: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'key_reused',
    message: `The idempotency key ${key} was used for another request.`,
    hint: 'Take a fresh key for each thing that is to be done.',
  });
}

function inProgress(key: string): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'in_progress',
    message: `The first request with the idempotency key ${key} is not answered yet.`,
    hint: 'Ask again in a moment.',
  });
}

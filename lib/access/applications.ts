import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Role } from '#lib/db/schema.ts';
import { assertKeyInput } from './api-keys.ts';
import { noSuch } from './refusals.ts';

/** A program that signs in with a client id and a secret, as Airbyte's applications do. */
export interface Application {
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly expiresAt: Date | null;
}

const SECRET_BYTES = 32;
const CLIENT_ID_BYTES = 16;
const DAY_MS = 86_400_000;

export async function listApplications({ db }: { db: Db }, workspaceId: string): Promise<Application[]> {
  return db
    .selectFrom('application')
    .select([
      ...(['id', 'name', 'client_id as clientId', 'role', 'created_at as createdAt'] as const),
      'last_used_at as lastUsedAt',
      'expires_at as expiresAt',
    ])
    .where('workspace_id', '=', workspaceId)
    .orderBy('created_at', 'desc')
    .execute();
}

/** Makes an application. `clientSecret` is shown this once: only its hash is kept. */
export async function createApplication(
  { db, clock }: { db: Db; clock: () => Date },
  workspaceId: string,
  input: { name: string; role: Role; expiresInDays?: number | null; createdBy?: string | null },
): Promise<{ id: string; clientId: string; clientSecret: string }> {
  assertKeyInput('application', input);
  const clientId = randomBytes(CLIENT_ID_BYTES).toString('hex');
  const clientSecret = randomBytes(SECRET_BYTES).toString('base64url');
  const days = input.expiresInDays ?? null;
  const { id } = await db
    .insertInto('application')
    .values({
      workspace_id: workspaceId,
      name: input.name.trim(),
      client_id: clientId,
      secret_hash: hashSecret(clientSecret),
      role: input.role,
      created_by: input.createdBy ?? null,
      expires_at: days === null ? null : new Date(clock().getTime() + days * DAY_MS),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id, clientId, clientSecret };
}

/** Its tokens end with it. */
export async function deleteApplication({ db }: { db: Db }, workspaceId: string, id: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('application')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw noSuch('application');
}

/** The application that an id and a secret open; null when they do not fit or it has expired. Notes its use. */
export async function openWithSecret(
  { db, clock }: { db: Db; clock: () => Date },
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
) {
  const now = clock();
  const row = await selectLive(db, now)
    .where('client_id', '=', clientId)
    .where('secret_hash', '=', hashSecret(clientSecret))
    .executeTakeFirst();
  if (row) await db.updateTable('application').set({ last_used_at: now }).where('id', '=', row.id).execute();
  return row ?? null;
}

/** The application of a token, unless it was deleted or has expired since. */
export async function findApplication({ db, clock }: { db: Db; clock: () => Date }, id: string) {
  return (await selectLive(db, clock()).where('id', '=', id).executeTakeFirst()) ?? null;
}

function selectLive(db: Db, now: Date) {
  return db
    .selectFrom('application')
    .select(['id', 'name', 'workspace_id', 'role', 'created_by'])
    .where(sql<boolean>`(expires_at is null or expires_at > ${now})`);
}

/** The secret has 256 random bits: a fast hash is enough, nobody guesses it. */
function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

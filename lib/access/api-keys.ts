import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Role } from '#lib/db/schema.ts';
import { WeirError } from '#lib/errors.ts';
import { noSuch } from './refusals.ts';
import { isRole } from './roles.ts';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** The first characters, to recognise it by. */
  readonly prefix: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly expiresAt: Date | null;
}

const KEY_BYTES = 32;
const PREFIX_LENGTH = 12;
const NAME_LENGTH = 100;

export async function listApiKeys({ db }: { db: Db }, workspaceId: string): Promise<ApiKey[]> {
  return db
    .selectFrom('api_key')
    .select([
      'id',
      'name',
      'prefix',
      'role',
      'created_at as createdAt',
      'last_used_at as lastUsedAt',
      'expires_at as expiresAt',
    ])
    .where('workspace_id', '=', workspaceId)
    .orderBy('created_at', 'desc')
    .execute();
}

/** Makes a key. `secret` is shown this once: only its hash is kept. `expiresInDays` null means it does not expire. */
export async function createApiKey(
  { db, clock }: { db: Db; clock: () => Date },
  workspaceId: string,
  input: { name: string; role: Role; expiresInDays?: number | null; createdBy?: string | null },
): Promise<{ id: string; secret: string }> {
  assertKeyInput('API key', input);
  const secret = `weir_${randomBytes(KEY_BYTES).toString('base64url')}`;
  const days = input.expiresInDays ?? null;
  const { id } = await db
    .insertInto('api_key')
    .values({
      workspace_id: workspaceId,
      name: input.name.trim(),
      prefix: secret.slice(0, PREFIX_LENGTH),
      hash: hashKey(secret),
      role: input.role,
      created_by: input.createdBy ?? null,
      expires_at: days === null ? null : new Date(clock().getTime() + days * 86_400_000),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id, secret };
}

export async function deleteApiKey({ db }: { db: Db }, workspaceId: string, id: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('api_key')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw noSuch('API key');
}

/** The key that a secret opens, unless it has expired; notes its use, at most once a minute. */
export async function openWithKey({ db, clock }: { db: Db; clock: () => Date }, secret: string) {
  const now = clock();
  const key = await findKey(db, hashKey(secret), now);
  if (key && (key.last_used_at === null || now.getTime() - key.last_used_at.getTime() > 60_000)) {
    await db.updateTable('api_key').set({ last_used_at: now }).where('id', '=', key.id).execute();
  }
  return key ?? null;
}

function findKey(db: Db, hash: string, now: Date) {
  return db
    .selectFrom('api_key')
    .leftJoin('user', 'user.id', 'api_key.created_by')
    .select(['api_key.id', 'api_key.name', 'workspace_id', 'role', 'created_by', 'last_used_at', 'user.email'])
    .where('hash', '=', hash)
    .where(sql<boolean>`(expires_at is null or expires_at > ${now})`)
    .executeTakeFirst();
}

/** The secret has 256 random bits: a fast hash is enough, nobody guesses it. */
function hashKey(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** What is asked of everything that lets a program in. @throws WeirError `invalid_input` with all issues */
export function assertKeyInput(
  noun: string,
  { name, role, expiresInDays }: { name: string; role: Role; expiresInDays?: number | null },
): void {
  const issues = [
    (!name.trim() || name.length > NAME_LENGTH) && {
      path: 'name',
      message: `Give it a name of 1 to ${NAME_LENGTH} characters.`,
    },
    !isRole(role) && { path: 'role', message: 'The role is viewer, editor or admin.' },
    typeof expiresInDays === 'number' &&
      !(expiresInDays >= 1 && expiresInDays <= 3650) && { path: 'expiresInDays', message: 'It takes 1 to 3650 days.' },
  ].filter((issue) => issue !== false);
  if (issues.length === 0) return;
  throw new WeirError({ kind: 'config', code: 'invalid_input', message: `The ${noun} was not made.`, issues });
}

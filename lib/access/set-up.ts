import { hashPassword } from 'better-auth/crypto';
import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { type Issue, WeirError } from '#lib/errors.ts';
import { audit } from './audit.ts';
import { passwordIssues } from './passwords.ts';
import { insertWorkspace, isEmail, type WorkspaceSettings, workspaceIssues } from './workspace.ts';

export interface SetUpInput {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly workspaceName: string;
  readonly defaultNamespace: string;
  readonly notificationEmail: string | null;
  readonly timeZone: string;
}

const LOCK = 'weir set-up';
const NAME_LENGTH = 100;

/** Whether this installation still has no user. */
export async function needsSetUp({ db }: { db: Db }): Promise<boolean> {
  return (await db.selectFrom('user').select('id').limit(1).executeTakeFirst()) === undefined;
}

/**
 * Makes the administrator and the workspace. Works once: of two requests at the same time one waits for the other
 * and is then refused.
 * @throws WeirError `already_set_up`, or `invalid_input` with all issues
 */
export async function setUp({ db }: { db: Db }, input: SetUpInput): Promise<{ workspaceId: string; userId: string }> {
  const settings = { ...input, name: input.workspaceName };
  const issues = setUpIssues(input, settings);
  if (issues.length > 0)
    throw new WeirError({ kind: 'config', code: 'invalid_input', message: 'Weir was not set up.', issues });
  const passwordHash = await hashPassword(input.password);
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtext(${LOCK}))`.execute(trx);
    if (!(await needsSetUp({ db: trx }))) throw alreadySetUp();
    const userId = await insertUser(trx, input, passwordHash);
    const workspaceId = await insertWorkspace(trx, settings);
    await trx.insertInto('membership').values({ workspace_id: workspaceId, user_id: userId, role: 'admin' }).execute();
    const subject = `workspace:${workspaceId}`;
    await audit(
      { db: trx },
      { workspaceId, actor: input.email.trim().toLowerCase(), action: 'workspace.set_up', subject },
    );
    return { workspaceId, userId };
  });
}

function setUpIssues(input: SetUpInput, settings: WorkspaceSettings): Issue[] {
  const ofWorkspace = workspaceIssues(settings).map((issue) =>
    issue.path === 'name' ? { ...issue, path: 'workspaceName' } : issue,
  );
  return [
    ...nameIssues(input.name),
    ...(isEmail(input.email.trim()) ? [] : [{ path: 'email', message: 'An address such as ada@example.com.' }]),
    ...passwordIssues(input.password, [input.email, input.name]),
    ...ofWorkspace,
  ];
}

/** What is asked of a person's name. */
export function nameIssues(name: string): Issue[] {
  if (name.trim() && name.length <= NAME_LENGTH) return [];
  return [{ path: 'name', message: `Your name, 1 to ${NAME_LENGTH} characters.` }];
}

/** A user who signs in with a password; gives the id. */
export async function insertUser(
  db: Db,
  { name, email }: { name: string; email: string },
  passwordHash: string,
): Promise<string> {
  const { id } = await db
    .insertInto('user')
    .values({ name: name.trim(), email: email.trim().toLowerCase(), emailVerified: false })
    .returning('id')
    .executeTakeFirstOrThrow();
  await insertPassword(db, id, passwordHash);
  return id;
}

/** The first password of a user, as better-auth's own sign-up writes it. */
export async function insertPassword(db: Db, userId: string, passwordHash: string): Promise<void> {
  await db
    .insertInto('account')
    .values({ userId, accountId: userId, providerId: 'credential', password: passwordHash, updatedAt: new Date() })
    .execute();
}

function alreadySetUp(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'already_set_up',
    message: 'Weir has been set up already.',
    hint: 'Sign in, or ask the administrator for an account.',
  });
}

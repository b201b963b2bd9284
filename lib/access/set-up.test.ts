import { describe, expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { passwordIssues } from './passwords.ts';
import { needsSetUp, setUp } from './set-up.ts';

const ada = {
  name: 'Ada Lovelace',
  email: 'Ada@Example.com',
  password: 'seven green lamps',
  workspaceName: 'Harbour data',
  defaultNamespace: 'public',
  notificationEmail: null,
  timeZone: 'Europe/Berlin',
};

describe('setting up', () => {
  test('makes the administrator, the workspace and the first audit entry', async () => {
    const { db, query } = await testDatabase({ migrated: true });
    expect(await needsSetUp({ db })).toBe(true);
    const { workspaceId, userId } = await setUp({ db }, ada);
    expect(await needsSetUp({ db })).toBe(false);
    expect(await query('select email, role from "user" join membership on user_id = id')).toEqual([
      { email: 'ada@example.com', role: 'admin' },
    ]);
    expect(await query('select action, actor, workspace_id from audit_entry')).toEqual([
      { action: 'workspace.set_up', actor: 'ada@example.com', workspace_id: workspaceId },
    ]);
    const [account] = await query<{ password: string }>('select password from account where "userId" = $1', [userId]);
    expect(account?.password).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/);
  });

  test('of several at the same time one wins and the others are refused', async () => {
    const { db, query } = await testDatabase({ migrated: true });
    const tries = await Promise.allSettled(
      ['a', 'b', 'c'].map((x) => setUp({ db }, { ...ada, email: `${x}@example.com` })),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(tries.find((result) => result.status === 'rejected')?.reason).toMatchObject({ code: 'already_set_up' });
    expect(await query('select count(*)::int as n from workspace')).toEqual([{ n: 1 }]);
  });

  test('names all that is wrong at once', async () => {
    const { db } = await testDatabase({ migrated: true });
    const wrong = {
      ...ada,
      email: 'ada',
      password: 'short',
      workspaceName: ' ',
      timeZone: 'Mars/Base',
      defaultNamespace: 'a b',
    };
    const error = await setUp({ db }, wrong).catch((thrown) => thrown);
    expect(error.issues.map((issue: { path: string }) => issue.path)).toEqual([
      'email',
      'password',
      'workspaceName',
      'defaultNamespace',
      'timeZone',
    ]);
  });
});

test.each([
  ['password', 'At least 12 characters'],
  ['aaaaaaaaaaaaaaaa', 'different characters'],
  ['xx-lovelace-1815', 'Leave your name'],
  ['a'.repeat(129), 'At most 128'],
])('the password %s is refused: %s', (password, reason) => {
  expect(passwordIssues(password, ['ada@example.com', 'Ada Lovelace'])[0]?.message).toContain(reason);
});

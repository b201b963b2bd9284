import { getMigrations } from 'better-auth/db/migration';
import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { signInOptions } from './sign-in.ts';

test('our migrations leave nothing for better-auth to create', async () => {
  const { db } = await testDatabase({ migrated: true });
  const plan = await getMigrations(signInOptions({ db, authSecret: 'a'.repeat(43) }, false));
  expect(plan.toBeCreated.map(({ table }) => table)).toEqual([]);
  expect(plan.toBeAdded.map(({ table, fields }) => [table, Object.keys(fields)])).toEqual([]);
  expect(plan.toBeAddedIndexes.map(({ name }) => name)).toEqual([]);
  expect(plan.schemaProblems).toEqual([]);
});

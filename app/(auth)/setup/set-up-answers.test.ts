import { expect, test } from 'vitest';
import { emptyAnswers, setUpErrors } from './set-up-answers.ts';

const FULL = {
  ...emptyAnswers(),
  name: 'Ada',
  email: 'ada@example.com',
  password: 'correct horse battery',
  workspaceName: 'Acme data',
};

test('full answers have no errors, and notifications may stay empty', () => {
  expect(setUpErrors(FULL)).toEqual({});
});

test('empty answers name every required field', () => {
  expect(Object.keys(setUpErrors(emptyAnswers()))).toEqual(['name', 'email', 'password', 'workspaceName']);
});

test('errors name the repair', () => {
  expect(setUpErrors({ ...FULL, email: 'data@acme' }).email).toBe('Add the domain’s ending, such as acme.com.');
  expect(setUpErrors({ ...FULL, password: 'short horse' }).password).toBe('Add 1 more character: 12 is the minimum.');
  expect(setUpErrors({ ...FULL, defaultNamespace: '1st' }).defaultNamespace).toMatch(/Letters/);
  expect(setUpErrors({ ...FULL, notificationEmail: 'x y' }).notificationEmail).toMatch(/one address/);
});

import { expect, test } from 'vitest';
import type { Health } from '../../_components/states.ts';
import { verdictOf } from './verdict.ts';

const rows = (...healths: Health[]) =>
  healths.map((health, n) => ({ id: `${n}`, name: `c${n}`, health, lastSync: {} }));

test('names the two worst and counts the rest', () => {
  const verdict = verdictOf(rows('late', 'healthy', 'failing', 'blocked', 'late', 'warning', 'paused'));
  expect(verdict.named.map(({ name }) => name)).toEqual(['c3', 'c2']);
  expect(verdict.rest).toBe('2 more are late');
  expect(verdict.detail).toBe('1 of 7 pipelines has a warning, 1 is on time, 1 is paused.');
});

test('more of different kinds are in trouble', () => {
  expect(verdictOf(rows('failing', 'failing', 'failing', 'late')).rest).toBe('2 more are in trouble');
  expect(verdictOf(rows('blocked', 'failing', 'late')).rest).toBe('1 more is late');
  expect(verdictOf(rows('failing', 'failing', 'failing')).rest).toBe('so is 1 more');
});

test('without trouble the sentence says so', () => {
  expect(verdictOf(rows('healthy', 'running')).rest).toBe('All 2 pipelines are on time.');
  expect(verdictOf(rows('healthy')).rest).toBe('The one pipeline is on time.');
  expect(verdictOf(rows('healthy', 'retrying')).rest).toBe('1 pipeline has a warning.');
  expect(verdictOf([]).rest).toBe('Nothing to watch yet.');
  expect(verdictOf(rows('healthy', 'healthy')).detail).toBe('');
});

test('nothing is called on time that has not synced', () => {
  const some = rows('healthy', 'healthy', 'running').map((row, n) => ({ ...row, lastSync: n === 0 ? null : {} }));
  expect(verdictOf(some).rest).toBe('2 of 3 pipelines have synced, on time.');
});

test('before the first sync has ended nothing is called on time', () => {
  const fresh = rows('running', 'healthy').map((row) => ({ ...row, lastSync: null }));
  expect(verdictOf(fresh).rest).toBe('No pipeline has synced yet.');
  expect(verdictOf(fresh).detail).toBe('2 wait for the first sync to end.');
});

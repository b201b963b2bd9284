import { expect, test } from 'vitest';
import { taskWords } from './task-words.ts';

test('a sync that did something else says what', () => {
  expect(taskWords(null)).toBeNull();
  expect(taskWords({ kind: 'refresh', keepHistory: true })).toBe('a refresh that keeps what was there');
  expect(taskWords({ kind: 'backfill', from: '2026-01-01', to: null })).toBe('a backfill from 2026-01-01 on');
  expect(taskWords({ kind: 'backfill', from: '1', to: '9' })).toBe('a backfill from 1 up to 9');
  expect(taskWords({ kind: 'replay' })).toContain('quarantine');
});

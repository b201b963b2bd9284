import { expect, test } from 'vitest';
import { checksText } from './connection-row.tsx';

const checks = { total: 11, pass: 11, warn: 0, fail: 0, error: 0, worst: null, suiteId: 's' };

test('checks that pass beside a load that is held are those of what was published', () => {
  expect(checksText(checks, 'healthy').text).toBe('11 of 11 pass');
  expect(checksText(checks, 'blocked').text).toBe('published: 11 of 11 pass');
  expect(checksText({ ...checks, pass: 10, fail: 1 }, 'blocked').text).toBe('1 of 11 fails');
});

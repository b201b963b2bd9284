import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { validateManifest } from '#lib/connections/manifests.ts';
import { largeManifest } from '../../bench/large-manifest.ts';
import { readApart, validateApart } from './manifest-thread.ts';

test('a large manifest is read as a small one is, while the process answers others', async () => {
  const wrong = largeManifest(200_000).replace('type: SimpleRetriever', 'type: SimpelRetriever');
  let isDone = false;
  const asked = validateApart(wrong).finally(() => {
    isDone = true;
  });
  let turns = 0;
  for (; !isDone; turns++) await nextTurn();
  expect(await asked).toEqual(validateManifest(wrong));
  expect((await asked).issues).toMatchObject([{ message: expect.stringMatching(/SimpelRetriever/) }]);
  expect(turns).toBeGreaterThan(10);
});

test('a text that the thread dies of is told as a problem of the text, and the next one is read again', async () => {
  const anchors = Array.from({ length: 30_000 }, (_, at) => `k${at}: &a${at} [${'x,'.repeat(20)}]`).join('\n');
  const [first, second] = await Promise.all([readApart(anchors), validateApart(largeManifest(40_000))]);
  expect(first).toEqual({
    issues: [{ message: expect.stringMatching(/takes too long/) }],
    compiled: null,
    hasTests: false,
  });
  expect(second.issues).toEqual([]);
});

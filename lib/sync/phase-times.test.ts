import { expect, test } from 'vitest';
import { PhaseTimes } from './phase-times.ts';

test('each wait counts once, for what was waited for, failures too', async () => {
  let now = 0;
  const times = new PhaseTimes(() => now);
  const takes = async (ms: number) => {
    now += ms;
  };
  async function* pages() {
    for (const ms of [10, 20]) {
      await takes(ms);
      yield ms;
    }
    await takes(5);
  }
  for await (const _ of times.each('extract', pages())) await times.of('stage', () => takes(3));
  await times.of('check', () => takes(7));
  const failing = times.of('publish', async () => {
    await takes(100);
    throw new Error('refused');
  });
  await expect(failing).rejects.toThrow('refused');
  expect(times.phases).toEqual({ extractMs: 35, stageMs: 6, checkMs: 7, publishMs: 100 });
});

test('who stops early lets the source end', async () => {
  let ended = false;
  async function* endless() {
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      ended = true;
    }
  }
  for await (const n of new PhaseTimes().each('extract', endless())) if (n === 2) break;
  expect(ended).toBe(true);
});

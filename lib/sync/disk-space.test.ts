import os from 'node:os';
import { expect, onTestFinished, test, vi } from 'vitest';
import { toFailure } from '#lib/errors.ts';
import { assertDiskSpace, watchDisk } from './disk-space.ts';

/** No disk of ours is as large. */
const FLOOR_MB = 1e12;

test('a disk below the floor is told as such, with what is left', async () => {
  await expect(assertDiskSpace(os.tmpdir(), 0)).resolves.toBeUndefined();
  await expect(assertDiskSpace(os.tmpdir(), FLOOR_MB)).rejects.toMatchObject({
    ...{ kind: 'config', code: 'disk_full' },
    message: expect.stringMatching(/^The worker’s disk is full: \d+ MB are left/),
  });
});

test('a sync that runs hears of it once', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const told: string[] = [];
  const full = new Promise<void>((resolve) => {
    onTestFinished(
      watchDisk(os.tmpdir(), FLOOR_MB, ({ code }) => {
        told.push(code);
        resolve();
      }),
    );
  });
  vi.advanceTimersByTime(5_000);
  await full;
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual(['disk_full']);
});

test('what the system and Postgres say of a full disk is no bug of ours', () => {
  for (const code of ['ENOSPC', 'EDQUOT', '53100'])
    expect(toFailure(Object.assign(new Error('no space left'), { code }))).toMatchObject({
      kind: 'config',
      code: 'disk_full',
      hint: expect.any(String),
    });
});

import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createChildPool } from './child-pool.ts';

const never = new AbortController().signal;
const MINUTE = 60_000;

function pool(options: { memoryMb?: number; graceMs?: number } = {}) {
  const children = createChildPool({
    ...{ memoryMb: 256, graceMs: 10_000, env: process.env, ...options },
    file: path.join(import.meta.dirname, 'fixtures/pool-child.ts'),
  });
  onTestFinished(() => children.close());
  const run = (
    task: string,
    {
      signal = never,
      deadlineMs = MINUTE,
      ...more
    }: { signal?: AbortSignal; deadlineMs?: number; memoryMb?: number } = {},
  ) => children.run('sync', task, { signal, deadlineMs, ...more });
  return { ...children, run };
}

describe('a task', () => {
  test('runs in a process of its own', async () => {
    const { run } = pool();
    const pids = new Set<string | undefined>();
    for (let i = 0; i < 3; i++) pids.add((await run('say pid'))?.message);
    expect(pids.size).toBe(3);
    expect(pids).not.toContain(String(process.pid));
  });

  test('may be followed by another in the same process, if that says it is fit', async () => {
    const { run } = pool();
    expect(await run('done, fit')).toBeNull();
    const [again, other] = await Promise.all([run('say pid'), run('say pid')]);
    expect(again?.message).not.toBe(other?.message);
    expect(await run('exit')).toMatchObject({ reason: 'crashed' });
    expect(await run('done, fit')).toBeNull();
    expect(await run('never end', { deadlineMs: 50 })).toMatchObject({ reason: 'deadline' });
  });

  test('several at once have several processes', async () => {
    const { run } = pool();
    const all = await Promise.all([run('say pid'), run('say pid'), run('say pid')]);
    expect(new Set(all.map((lost) => lost?.message)).size).toBe(3);
  });

  test('that is done is not lost', async () => {
    expect(await pool().run('done')).toBeNull();
  });

  test('that threw could not note its own end, so that is told', async () => {
    const lost = await pool().run('say pid');
    expect(lost).toEqual({ reason: 'crashed', message: expect.stringMatching(/^\d+$/) });
  });
});

describe('a process that dies is told as lost', () => {
  test.each([
    ['exit', 'crashed', 'Its process ended unexpectedly (3).'],
    ['throw', 'crashed', 'Its process ended unexpectedly (1).'],
    ['die', 'killed', 'Its process was ended by SIGKILL.'],
  ])('%s', async (task, reason, message) => {
    const { run } = pool();
    expect(await run(task)).toEqual({ reason, message });
    expect(await run('done')).toBeNull();
  });

  test('at the memory limit of its own task, which the next one does not have', async () => {
    const { run } = pool({ memoryMb: 64 });
    expect(await run('fill the heap', { memoryMb: 96 })).toMatchObject({
      message: 'It needed more than the 96 MB that one sync may use.',
    });
    expect(await run('done, fit', { memoryMb: 96 })).toBeNull();
    expect(await run('say limit')).toMatchObject({ message: '--max-old-space-size=48' });
    expect(await run('say limit', { memoryMb: 96 })).toMatchObject({ message: '--max-old-space-size=72' });
  });

  test('at its memory limit', async () => {
    const { run } = pool({ memoryMb: 64 });
    expect(await run('fill the heap')).toEqual({
      reason: 'memory',
      message: 'It needed more than the 64 MB that one sync may use.',
    });
  });

  test('at its deadline, even when it holds its event loop', async () => {
    const { run } = pool({ graceMs: 50 });
    const late = { reason: 'deadline', message: 'It did not finish before its deadline and was ended.' };
    expect(await run('never end', { deadlineMs: 50 })).toEqual(late);
    expect(await run('hold the loop', { deadlineMs: 50 })).toEqual(late);
  });
});

describe('a task that is cancelled', () => {
  test('is asked first, and may say how it ended', async () => {
    const stop = new AbortController();
    const running = pool().run('obey cancel', { signal: stop.signal });
    stop.abort();
    expect(await running).toMatchObject({ message: 'ended: cancelled' });
  });

  test('before it began is asked at once', async () => {
    expect(await pool().run('obey cancel', { signal: AbortSignal.abort() })).toMatchObject({
      message: 'ended: cancelled',
    });
  });

  test('at its deadline is asked too', async () => {
    expect(await pool().run('obey cancel', { deadlineMs: 50 })).toMatchObject({ message: 'ended: deadline' });
  });

  test.each(['never end', 'hold the loop'])('is killed after the grace: %s', async (task) => {
    const stop = new AbortController();
    const running = pool({ graceMs: 50 }).run(task, { signal: stop.signal });
    stop.abort();
    expect(await running).toEqual({ reason: 'killed', message: 'Its process was ended by SIGKILL.' });
  });
});

describe('a pool that closes', () => {
  test('waits for its children to hand over what they do', async () => {
    const { run, close } = pool();
    const running = run('obey SIGTERM');
    // The child listens once it has its task; a second task that is done shows that the first has come that far.
    await run('done');
    const closed = close().then(() => 'closed');
    const first = await Promise.race([running.then(() => 'handed over'), closed]);
    expect(first).toBe('handed over');
    expect(await closed).toBe('closed');
  });

  test('kills those that do not', async () => {
    const { run, close } = pool({ graceMs: 50 });
    const running = run('hold the loop');
    await close();
    expect(await running).toMatchObject({ reason: 'killed' });
  });

  test('takes no more work', async () => {
    const { run, close } = pool();
    await close();
    await expect(run('done')).rejects.toMatchObject({ kind: 'transient', code: 'closing' });
  });
});

import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { SyncLimits } from '#lib/sync/limits-of-sync.ts';
import { makeChildFolder } from './child-folders.ts';
import { createChildPool } from './child-pool.ts';

const never = new AbortController().signal;
const MINUTE = 60_000;

function pool({ memoryMb = 256, cpuCores = null as number | null, graceMs = MINUTE, env = process.env } = {}) {
  const usual = { memoryMb, cpuCores };
  const children = createChildPool({
    ...{ limits: usual, graceMs, env },
    file: path.join(import.meta.dirname, 'fixtures/pool-child.ts'),
  });
  onTestFinished(() => children.close());
  const run = (
    task: string,
    {
      signal = never,
      deadlineMs = MINUTE,
      ...more
    }: { signal?: AbortSignal; deadlineMs?: number } & Partial<SyncLimits> = {},
  ) => children.run('sync', task, { signal, deadlineMs, limits: { ...usual, ...more } });
  return { ...children, run };
}

const WAITING = { timeout: MINUTE, interval: 20 };

/** A child of a process that is stopped at this moment. */
function stoppedChild(parent: number): Promise<number> {
  return vi.waitFor(() => {
    const pids = readdirSync(`/proc/${parent}/task`).flatMap((thread) =>
      readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    const [pid] = pids.filter((one) => stateOf(one) === 'T');
    if (pid === undefined) throw new Error('none is stopped');
    return pid;
  }, WAITING);
}

/** The letter that Linux has for what a process does; `T` for one that is stopped. */
function stateOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state = ''] = stat.slice(stat.lastIndexOf(')') + 2);
    return state === 'Z' ? 'gone' : state;
  } catch {
    return 'gone';
  }
}

describe('a task', () => {
  test('runs in a process of its own', async () => {
    const { run } = pool();
    const pids = new Set<string | undefined>();
    for (let i = 0; i < 3; i++) pids.add((await run('say pid'))?.message);
    expect(pids.size).toBe(3);
    expect(pids).not.toContain(String(process.pid));
  });

  test('leaves nothing in the folder for temporary files, killed or not, nor does a worker that was killed', async () => {
    const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-pool-')));
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
    const { pid: gone } = spawnSync(process.execPath, ['-e', '']);
    const { path: own } = makeChildFolder();
    rmSync(own, { recursive: true });
    const lost = [gone, process.pid].map((pid) => `${own.replace(`-${process.pid}-`, `-${pid}-`)}-lost`);
    for (const one of lost) mkdirSync(one);
    const { run, close } = pool({ graceMs: 50 });
    expect(lost.filter((one) => existsSync(one))).toEqual([]);
    const files = () =>
      readdirSync(folder, { recursive: true }).filter((name) => path.basename(String(name)) === 'copy');
    const stop = new AbortController();
    const running = run('keep a file, and never end', { signal: stop.signal });
    await vi.waitFor(() => expect(files()).toHaveLength(1), WAITING);
    stop.abort();
    expect(await running).toMatchObject({ reason: 'killed' });
    await close();
    await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]), WAITING);
  });

  test('may be followed by another in the same process, if that says it is fit', async () => {
    const { run } = pool({ graceMs: 50 });
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
    expect(lost).toMatchObject({ reason: 'crashed', message: expect.stringMatching(/^\d+$/) });
  });
});

describe('a process keeps little of the memory that it gave back', () => {
  test.each([
    ['two arenas for all its threads', {}, '2'],
    ['as many as the operator says', { MALLOC_ARENA_MAX: '8' }, '8'],
  ])('%s', async (_name, own, arenas) => {
    const { run } = pool({ env: { ...process.env, ...own } });
    expect(await run('say arenas')).toMatchObject({ message: arenas });
  });
});

describe('a process that dies is told as lost', () => {
  test.each([
    ['exit', 'crashed', 'Its process ended unexpectedly (3).'],
    ['throw', 'crashed', 'Its process ended unexpectedly (1).'],
    ['die', 'killed', 'Its process was ended by SIGKILL.'],
  ])('%s', async (task, reason, message) => {
    const { run } = pool();
    expect(await run(task)).toMatchObject({ reason, message });
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
    expect(await run('fill the heap')).toMatchObject({
      reason: 'memory',
      message: 'It needed more than the 64 MB that one sync may use.',
    });
  });

  test.skipIf(process.platform !== 'linux')('at what it holds beside its heap', async () => {
    const { run } = pool({ memoryMb: 128 });
    const lost = await run('fill buffers');
    expect(lost).toMatchObject({ reason: 'memory', use: { limits: { memoryMb: 128, cpuCores: null } } });
    expect(lost?.message).toMatch(
      /^Its process held \d+ MB, and may hold 640 MB: the 128 MB that one sync may use, and 512/,
    );
    expect(lost?.use?.peakMemoryMb).toBeGreaterThan(640);
    expect(await run('done')).toBeNull();
  });

  test('at its deadline, even when it holds its event loop', async () => {
    const { run } = pool({ graceMs: 50 });
    const late = { reason: 'deadline', message: 'It did not finish before its deadline and was ended.' };
    expect(await run('never end', { deadlineMs: 50 })).toMatchObject(late);
    expect(await run('hold the loop', { deadlineMs: 50 })).toMatchObject(late);
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
    expect(await running).toMatchObject({ reason: 'killed', message: 'Its process was ended by SIGKILL.' });
  });
});

describe.skipIf(process.platform !== 'linux')('a task with a limit of CPU', () => {
  test('takes no more, with all its threads', async () => {
    const { run } = pool();
    const startedAt = performance.now();
    // So little that also a busy machine would give more.
    const lost = await run('burn a second of CPU in two threads', { cpuCores: 0.1 });
    const usedMs = Number(lost?.message);
    // What it may save up at first, and what two threads do between two looks of a busy machine, comes on top.
    expect(usedMs / (performance.now() - startedAt)).toBeLessThan(0.4);
    expect(usedMs).toBeGreaterThanOrEqual(1_000);
    expect(lost?.use).toMatchObject({ limits: { cpuCores: 0.1 } });
    expect(lost?.use?.cpuPausedMs).toBeGreaterThan(0);
  });

  test('is told how long it was paused', async () => {
    const { run } = pool();
    // So that the process has been loaded: its limit counts from the task on.
    await run('done, fit');
    expect(Number((await run('say the first pause', { cpuCores: 0.1 }))?.message)).toBeGreaterThan(0);
  });

  test('leaves the process as it was to the next task', async () => {
    const { run } = pool({ cpuCores: 0.1 });
    expect(await run('burn, done, fit')).toBeNull();
    expect(await run('done')).toBeNull();
  });

  test('is asked to end, and ends, in the middle of a pause', async () => {
    const { run } = pool({ cpuCores: 0.1 });
    const stop = new AbortController();
    const running = run('burn until cancelled', { signal: stop.signal });
    await stoppedChild(process.pid);
    stop.abort();
    expect(await running).toMatchObject({ message: 'ended: cancelled' });
  });

  test('hands over in the middle of a pause when its pool closes', async () => {
    const { run, close } = pool({ cpuCores: 0.1 });
    const running = run('burn until cancelled');
    await stoppedChild(process.pid);
    await close();
    expect(await running).toMatchObject({ message: 'ended: shutdown' });
  });

  test('does not outlive a parent that was killed in the middle of a pause', async () => {
    const parent = fork(path.join(import.meta.dirname, 'fixtures/pool-parent.ts'), { stdio: 'ignore' });
    await once(parent, 'message');
    const pid = await stoppedChild(parent.pid ?? 0);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(stateOf(pid)).toBe('gone'), WAITING);
  });
});

describe('a pool that closes', () => {
  test('waits for its children to hand over what they do', async () => {
    const { run, close } = pool();
    // The child is still loading when it is asked.
    const running = run('obey cancel');
    const closed = close().then(() => 'closed');
    const first = await Promise.race([running.then((lost) => lost?.message), closed]);
    expect(first).toBe('ended: shutdown');
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

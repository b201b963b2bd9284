import { expect, test } from 'vitest';
import { closeAttempt, openAttempt } from './attempt.ts';
import type { Attempt } from './attempt-store.ts';
import { type Lost, syncLost } from './child-lost.ts';
import { testService } from './fixtures/service.ts';
import { getSync, startSync } from './syncs.ts';

const MEMORY: Lost = { reason: 'memory', message: 'It needed more than the 512 MB that one sync may use.' };
const KILLED: Lost = { reason: 'killed', message: 'Its process was ended by SIGKILL.' };

async function given() {
  const service = await testService();
  const { syncId } = await startSync(service, service.workspaceId, service.connectionId, 'manual');
  const givenAt = service.clock();
  return {
    service,
    get: () => getSync(service, service.workspaceId, syncId),
    open: async (worker: string) =>
      (await openAttempt(service, syncId, worker, service.onFinished))?.attempt as Attempt,
    lose: (lost: Lost, workerId = 'w1') => syncLost(service, { syncId, lost, givenAt, workerId }, service.onFinished),
  };
}

test('a process that is lost in an attempt ends it', async () => {
  const { get, open, lose } = await given();
  await open('w1');
  await lose(KILLED);
  expect(await get()).toMatchObject({ status: 'incomplete', attempts: 1, failure: { code: 'process_lost' } });
});

test('what it took of the machine, and might have, stands with the attempt', async () => {
  const { get, open, lose } = await given();
  await open('w1');
  const use = { peakMemoryMb: 790, cpuMs: 4_000, cpuPausedMs: 1_200, limits: { memoryMb: 512, cpuCores: 0.5 } };
  await lose({ ...MEMORY, use });
  expect((await get()).attemptList).toMatchObject([
    {
      ...{ peakMemoryMb: 790, cpuMs: 4_000, cpuPausedMs: 1_200, peakCpuCores: null },
      ...{ memoryLimitMb: 512, cpuLimitCores: 0.5 },
    },
  ]);
});

test('one that was lost before it could begin is an attempt too: the sync does not wait for ever', async () => {
  const { get, lose } = await given();
  await lose(MEMORY);
  expect(await get()).toMatchObject({ status: 'failed', attempts: 1, failure: { code: 'memory_limit' } });
});

test('one that was lost after its attempt had ended changes nothing', async () => {
  const { service, get, open, lose } = await given();
  const attempt = await open('w1');
  service.move(1_000);
  const failure = { kind: 'transient', code: 'http_503', message: 'The shop is down.' } as const;
  await closeAttempt(service, attempt, { status: 'failed', failure, retry: true }, service.onFinished);
  await lose(KILLED);
  expect(await get()).toMatchObject({ status: 'incomplete', attempts: 1, failure: { code: 'http_503' } });
});

test('nor does one whose sync another worker has taken over', async () => {
  const { get, open, lose } = await given();
  await open('w1');
  await open('w2');
  await lose(KILLED);
  expect(await get()).toMatchObject({ status: 'running', attempts: 2 });
});

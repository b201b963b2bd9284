import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '#lib/log.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { createQueue, JOB_NAMES, type JobData, type Queue } from './queue.ts';

async function database() {
  const made = await testDatabase();
  const queues: Queue[] = [];
  // Before the database goes: finished handlers run last in, first out.
  onTestFinished(async () => void (await Promise.all(queues.map((queue) => queue.stop()))));
  const open = () => {
    const queue = createQueue({ databaseUrl: made.url, log: createLog('test', 'silent') });
    queues.push(queue);
    return queue;
  };
  return { ...made, open };
}

/** What a handler is given, and a wait for so many of them. */
function taken() {
  const jobs: JobData[] = [];
  const waiting = new Set<() => void>();
  return {
    jobs,
    handler: async (data: JobData) => {
      jobs.push(data);
      for (const look of waiting) look();
    },
    until: (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => void (jobs.length >= count && resolve());
        waiting.add(look);
        look();
      }),
  };
}

describe('a queue', () => {
  test('gives each job to one worker, once', async () => {
    const { open } = await database();
    const [sender, one, two] = [open(), open(), open()];
    const { jobs, handler, until } = taken();
    for (const queue of [one, two]) await queue.work('probe', { concurrency: 2 }, handler);
    await Promise.all(Array.from({ length: 20 }, (_, i) => sender.send('probe', { probeId: i })));
    await until(20);
    expect(jobs.map(({ probeId }) => Number(probeId)).toSorted((a, b) => a - b)).toEqual([...Array(20).keys()]);
  });

  test('takes a job of one id once', async () => {
    const { open, query } = await database();
    const queue = open();
    const id = randomUUID();
    for (let i = 0; i < 3; i++) await queue.send('sync', { syncId: 7 }, { id });
    expect(await query('select id, name, data from pgboss.job')).toEqual([{ id, name: 'sync', data: { syncId: 7 } }]);
  });

  test('keeps a job only if its transaction does', async () => {
    const { open, query, db } = await database();
    const queue = open();
    const send = (syncId: number, fail: boolean) =>
      db.transaction().execute(async (tx) => {
        await queue.send('sync', { syncId }, { tx });
        if (fail) throw new Error('rolled back');
      });
    await expect(send(1, true)).rejects.toThrow('rolled back');
    await send(2, false);
    expect(await query('select data from pgboss.job')).toEqual([{ data: { syncId: 2 } }]);
  });

  test('gives no job before its time', async () => {
    const { open, query } = await database();
    const queue = open();
    await queue.send('sync', { syncId: 1 }, { startAfterS: 3_600 });
    const { jobs, handler, until } = taken();
    await queue.work('sync', { concurrency: 1 }, handler);
    await queue.send('sync', { syncId: 2 });
    await until(1);
    expect(jobs).toEqual([{ syncId: 2 }]);
    const [row] = await query<{ waits: boolean }>(
      `select start_after > now() + interval '59 minutes' as waits from pgboss.job where data->>'syncId' = '1'`,
    );
    expect(row?.waits).toBe(true);
  });

  test('tries a job again whose handler threw', async () => {
    const { open } = await database();
    const queue = open();
    const { jobs, handler, until } = taken();
    await queue.work('sync', { concurrency: 1 }, async (data) => {
      await handler(data);
      if (jobs.length === 1) throw new Error('the worker ends');
    });
    await queue.send('sync', { syncId: 9 });
    await until(2);
    expect(jobs).toEqual([{ syncId: 9 }, { syncId: 9 }]);
  });

  test.each(JOB_NAMES)('gives a %s job whose worker died to another', async (name) => {
    const { open, query } = await database();
    const [dead, alive] = [open(), open()];
    const first = taken();
    await dead.work(name, { concurrency: 1 }, async (data) => {
      await first.handler(data);
      await new Promise(() => {});
    });
    await dead.send(name, { rowId: 5 });
    await first.until(1);
    await dead.stop();
    // As if the heartbeat had been silent for its time.
    await query(`update pgboss.job set heartbeat_on = now() - interval '1 hour' where name = '${name}'`);
    const second = taken();
    await alive.work(name, { concurrency: 1 }, second.handler);
    await second.until(1);
    expect(second.jobs).toEqual([{ rowId: 5 }]);
  });

  test('that an earlier version made without a heartbeat has one now', async () => {
    const { open, query } = await database();
    const before = open();
    await before.send('sync', { syncId: 1 });
    await before.stop();
    await query('update pgboss.queue set heartbeat_seconds = null');
    await open().send('checks', { runId: 1 });
    expect(await query(`select heartbeat_seconds from pgboss.job where name = 'checks'`)).toEqual([
      { heartbeat_seconds: 10 },
    ]);
    expect(await query('select name from pgboss.queue where heartbeat_seconds is null')).toEqual([]);
  });

  test('that was never used stops at once', async () => {
    const { open } = await database();
    await expect(open().stop()).resolves.toBeUndefined();
  });
});

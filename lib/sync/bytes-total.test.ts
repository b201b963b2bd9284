import { expect, test } from 'vitest';
import { createLog } from '#lib/log.ts';
import { openAttempt } from './attempt.ts';
import { stream } from './fixtures/fake-source.ts';
import { testService } from './fixtures/service.ts';
import { databaseRecorder } from './recorder.ts';
import { insertStreamRows, insertSync } from './store.ts';
import { getSync } from './syncs.ts';

test('what a sync will have read in the end is told where every stream’s source knows', async () => {
  const service = await testService();
  const { db, workspaceId, connectionId } = service;
  const of = ['orders', 'users'].map((name) => stream(name, 'full_refresh', 'append'));
  const syncId = (await insertSync(db, { workspaceId, connectionId, trigger: 'manual' })) ?? 0;
  const opened = await openAttempt(service, syncId, 'w', service.onFinished);
  if (!opened) throw new Error('no attempt was opened');
  await insertStreamRows(
    db,
    opened.attempt,
    of.map(({ configured }) => configured),
  );
  const options = { ...service, log: createLog('test', 'silent'), attempt: opened.attempt };
  const recorder = databaseRecorder(options);
  const [orders, users] = of;
  if (!orders || !users) throw new Error('no streams');
  recorder.expected(orders, 300);
  recorder.progress(orders, { read: 1, filtered: 0, quarantined: 0, written: 1, bytes: 120 }, 1);
  await recorder.close();
  const half = await getSync(service, workspaceId, syncId);
  expect(half).toMatchObject({ bytes: 120, bytesTotal: null });
  expect(half.streams.map(({ name, bytes, bytesTotal }) => [name, bytes, bytesTotal])).toEqual([
    ['orders', 120, 300],
    ['users', 0, null],
  ]);
  const later = databaseRecorder(options);
  later.expected(users, 50);
  await later.close();
  expect(await getSync(service, workspaceId, syncId)).toMatchObject({ bytes: 120, bytesTotal: 350 });
});

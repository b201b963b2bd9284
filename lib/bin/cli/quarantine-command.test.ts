import { expect, onTestFinished, test } from 'vitest';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { weir } from './fixtures/run-cli.ts';

const ROW = { table: 'orders', syncId: 3, page: 2, row: 7, code: 'key_null', reason: 'No key.', record: '{"id":null}' };

test('what was put aside is listed, loaded again and forgotten through the API', async () => {
  const api = await scriptedServer({
    '/api/weir/v1/connections': () => ({ body: [{ id: 'c1', name: 'Shop' }] }),
    '/api/weir/v1/connections/c1/quarantine': () => ({ body: { counts: [{ table: 'orders', rows: 1 }], rows: [ROW] } }),
    '/api/weir/v1/connections/c1/quarantine/replay': () => ({ status: 201, body: { syncId: 9 } }),
    '/api/weir/v1/connections/c1/quarantine/forget': () => ({ body: { forgotten: 2 } }),
  });
  onTestFinished(() => api.close());
  const to = ['--url', api.url, '--key', 'weir_k'];
  const listed = await weir('quarantine', 'list', 'Shop', ...to);
  expect(listed.stdout).toBe('orders  sync 3, page 2, row 7  key_null: No key.  {"id":null}\norders: 1\n');
  const replayed = await weir('quarantine', 'replay', 'Shop', '--stream', 'orders', ...to);
  expect(replayed.stdout).toBe('Sync 9 loads the quarantine of Shop again.\n');
  expect(api.requests.at(-1)).toMatchObject({ method: 'POST', body: '{"tables":["orders"]}' });
  const forgotten = await weir('quarantine', 'forget', 'Shop', '--stream', 'orders', ...to);
  expect(forgotten.stdout).toBe('2 rows of orders forgotten.\n');
  expect(api.requests.at(-1)).toMatchObject({ method: 'POST', body: '{"tables":["orders"]}' });
  expect(await weir('quarantine', 'forget', 'Shop', ...to)).toMatchObject({ code: 2 });
  expect(await weir('quarantine', 'list', 'Nowhere', ...to)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Shop'),
  });
  expect(await weir('quarantine', 'lst', 'Shop', ...to)).toMatchObject({ code: 2 });
});

test('a refresh and a backfill are syncs of a running Weir', async () => {
  const api = await scriptedServer({
    '/api/weir/v1/connections': () => ({ body: [{ id: 'c1', name: 'Shop' }] }),
    '/api/weir/v1/connections/c1/refresh': () => ({ status: 201, body: { syncId: 7 } }),
    '/api/weir/v1/connections/c1/backfill': () => ({ status: 201, body: { syncId: 8 } }),
  });
  onTestFinished(() => api.close());
  const to = ['--url', api.url, '--key', 'weir_k'];
  const refreshed = await weir('refresh', 'Shop', '--stream', 'orders', '--keep-history', ...to);
  expect(refreshed.stdout).toBe('Sync 7 refreshes orders of Shop.\n');
  expect(api.requests.at(-1)?.body).toBe('{"keepHistory":true,"streams":[{"name":"orders"}]}');
  const filled = await weir('backfill', 'c1', '--stream', 'orders', '--from', '2026-01-01', ...to);
  expect(filled.stdout).toBe('Sync 8 backfills orders of c1.\n');
  expect(api.requests.at(-1)?.body).toBe('{"stream":{"name":"orders"},"from":"2026-01-01","to":null}');
  expect(await weir('backfill', 'Shop', '--from', '2026-01-01', ...to)).toMatchObject({ code: 2 });
  expect(await weir('backfill', 'Shop', '--stream', 'orders', ...to)).toMatchObject({ code: 2 });
});

test('the counts of a sync are told, and a balance that is off ends with 1', async () => {
  const stream = { name: 'orders', status: 'published', read: 3, filtered: 1, quarantined: 1, written: 1 };
  const api = await scriptedServer({
    '/api/weir/v1/syncs/7': () => ({ body: { status: 'succeeded', streams: [stream] } }),
    '/api/weir/v1/syncs/8': () => ({ body: { status: 'succeeded', streams: [{ ...stream, written: 2 }] } }),
  });
  onTestFinished(() => api.close());
  const to = ['--url', api.url, '--key', 'weir_k'];
  expect((await weir('counts', '7', ...to)).stdout).toBe(
    'orders: 3 read = 1 filtered + 1 quarantined + 1 staged, published\nSync 7: succeeded.\n',
  );
  expect(await weir('counts', '8', ...to)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('3 read is not 1 filtered'),
  });
  expect(await weir('counts', 'last', ...to)).toMatchObject({ code: 2 });
});

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { scriptedServer } from '#tests/harness/scripted-server.ts';

const ROW = { table: 'orders', syncId: 3, page: 2, row: 7, code: 'key_null', reason: 'No key.', record: '{"id":null}' };

async function weir(...args: string[]) {
  const cli = path.resolve(import.meta.dirname, 'cli.ts');
  return promisify(execFile)(process.execPath, [cli, 'quarantine', ...args], {
    env: { ...process.env, NO_COLOR: '1' },
  });
}

test('what was put aside is listed and loaded again through the API', async () => {
  const api = await scriptedServer({
    '/api/weir/v1/connections': () => ({ body: [{ id: 'c1', name: 'Shop' }] }),
    '/api/weir/v1/connections/c1/quarantine': () => ({ body: { counts: [{ table: 'orders', rows: 1 }], rows: [ROW] } }),
    '/api/weir/v1/connections/c1/quarantine/replay': () => ({ status: 201, body: { syncId: 9 } }),
  });
  onTestFinished(() => api.close());
  const to = ['--url', api.url, '--key', 'weir_k'];
  const listed = await weir('list', 'Shop', ...to);
  expect(listed.stdout).toBe('orders  sync 3, page 2, row 7  key_null: No key.  {"id":null}\norders: 1\n');
  const replayed = await weir('replay', 'Shop', '--stream', 'orders', ...to);
  expect(replayed.stdout).toBe('Sync 9 loads the quarantine of Shop again.\n');
  expect(api.requests.at(-1)).toMatchObject({ method: 'POST', body: '{"tables":["orders"]}' });
  await expect(weir('list', 'Nowhere', ...to)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Shop'),
  });
  await expect(weir('lst', 'Shop', ...to)).rejects.toMatchObject({ code: 2 });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeBucket } from '#lib/destinations/s3/fixtures/bucket.ts';
import { goodOrders } from '#tests/harness/orders.ts';
import { workingShop } from '#tests/harness/working-shop.ts';

const SUITE = `dataset: orders
volume: {min_rows: 150}
uniqueness: {unique_columns: [email]}
gaps: {column: created_at, every: day}
sql: {query: "select * from {table} where id > 149", max_rows: 1}
jsonata: {holds: "id > 0"}
completeness: {column: channel, per: channel}`;

test('a bucket is read for the checks that need it when the API or the command line asks, and never else', async () => {
  const bucket = await makeBucket();
  const shop = await workingShop(bucket.config);
  const { ada, sync, give, suite, run, url } = shop;
  const created_at = (day: number) => `2026-01-${String((day % 28) + 1).padStart(2, '0')}T00:00:00Z`;
  const orders = goodOrders(1, 150).map((order) => ({ ...order, created_at: created_at(order.id) }));
  give(orders.slice(0, 75));
  expect(await sync()).toMatchObject({ status: 'succeeded' });
  give(orders.slice(75));
  expect(await sync()).toMatchObject({ status: 'succeeded' });

  const ran = await run(await suite(SUITE));
  expect(ran.run.bytesRead).toBeGreaterThan(1_000);
  expect(ran.results.map(({ outcome, message }) => `${outcome}: ${message}`).toSorted()).toEqual([
    'pass: 150 rows, limit at least 150 rows',
    'pass: channel is 100% filled, limit 100%',
    'pass: created_at has no row in 0 days, limit 0',
    'pass: email is repeated in 0 rows, limit 0',
    'pass: the expression does not hold in 0 rows, limit 0',
    'pass: the query gives 1 row, limit 1',
  ]);

  const { body } = await ada.send<{ secret: string }>('POST', '/api/weir/v1/api-keys', { name: 'ci', role: 'editor' });
  const weir = (...args: string[]) => command([...args, '--url', url, '--key', body.secret, '--json']);
  const [started, here] = await Promise.all([
    weir('checks', 'start', SUITE.slice(0, 60)),
    weir('checks', 'run', suiteFile(SUITE.replace('max_rows: 1', 'max_rows: 0')), '--destination', 'Lake'),
  ]);
  expect([started.code, JSON.parse(started.stdout)]).toMatchObject([0, { run: { pass: 6, fail: 0 } }]);
  expect([here.code, JSON.parse(here.stdout)]).toMatchObject([1, { passed: 5, failed: 1, notMeasured: 0 }]);
});

function suiteFile(text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'weir-checks-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'suite.yaml');
  writeFileSync(file, text);
  return file;
}

/** The service answers from this process, which must not wait for it. */
async function command(args: string[]): Promise<{ code: number; stdout: string }> {
  const cli = path.join(import.meta.dirname, '..', 'bin', 'cli', 'cli.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args]);
  let stdout = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  const [code] = await once(child, 'close');
  return { code: Number(code), stdout };
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { weir } from './fixtures/run-cli.ts';

function folder(): string {
  const made = mkdtempSync(path.join(os.tmpdir(), 'weir-checks-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function suiteFile(text: string): string {
  const file = path.join(folder(), 'suite.yaml');
  writeFileSync(file, text);
  return file;
}

test('one check is run by its name; a name that leads to none says which there are', async () => {
  const { url, query } = await testDatabase();
  await query('create table orders (id int); insert into orders values (1), (1)');
  const file = suiteFile(
    'dataset: orders\nvolume: {min_rows: 1, name: Enough orders}\nuniqueness: {unique_columns: [id]}',
  );
  const run = (check: string) => weir('checks', 'run', file, '--to', url, '--check', check);
  expect(await run('enough orders')).toMatchObject({
    code: 0,
    stdout: 'pass  Enough orders: 2 rows, limit at least 1 row\n',
  });
  expect((await run('uniqueness')).code).toBe(1);
  const { code, stderr } = await run('freshness');
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/No check is called freshness\..*Enough orders; orders: uniqueness, id\./s),
  ]);
});

test('a suite that is wrong is told with every line, and measured not at all', async () => {
  const file = suiteFile('dataset: t\nvolum: []\ncompleteness: {colum: a}');
  const { code, stderr } = await weir('checks', 'run', file, '--to', 'postgres://localhost/none');
  expect(code).toBe(2);
  expect(
    stderr
      .split('\n')
      .filter(Boolean)
      .map((line) => line.replace(`${file}:`, '')),
  ).toMatchObject([
    expect.stringMatching(/^2:1 volum is not known here\. Did you mean volume\?/),
    expect.stringMatching(/^3:1/),
    expect.stringMatching(/^3:16 colum is not known here/),
  ]);
});

test('Parquet files are measured where they lie', async () => {
  const at = folder();
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`copy (select i as id from range(10) t(i)) to '${at}/orders.parquet'`);
  connection.closeSync();
  instance.closeSync();
  const file = suiteFile('dataset: orders\nuniqueness: {unique_columns: [id]}\nvolume: {min_rows: 11}');
  const { code, stdout } = await weir('checks', 'run', file, '--parquet', at);
  expect([code, stdout]).toEqual([
    1,
    'pass  orders: uniqueness, id: id is repeated in 0 rows, limit 0\nFAIL  orders: volume, rows: 10 rows, limit at least 11 rows\n',
  ]);
});

test('a held load is decided of through the API', async () => {
  const api = await scriptedServer({ '*': () => ({ status: 201, body: { syncId: 18 } }) });
  onTestFinished(() => api.close());
  const said = await weir('loads', 'run-again', '17', '--url', api.url, '--key', 'weir_k', '--reason', 'mended');
  expect(said).toMatchObject({ code: 0, stdout: 'The load of sync 17 is discarded; sync 18 has started.\n' });
  expect(api.requests[0]).toMatchObject({ method: 'POST', path: '/api/weir/v1/syncs/17/run-again' });
  expect((await weir('loads', 'relase', '17', '--key', 'k')).code).toBe(2);
});

test('a suite of the service is started there, and waited for', async () => {
  const results = [
    { outcome: 'pass', title: 'orders: volume, rows', message: '12 rows' },
    { outcome: 'fail', title: 'orders: uniqueness, id', message: 'id is repeated in 1 row, limit 0' },
  ];
  const api = await scriptedServer({
    '/api/weir/v1/suites': () => ({ body: [{ id: 's1', name: 'orders' }] }),
    '/api/weir/v1/suites/s1/run': () => ({ status: 201, body: { runId: 7 } }),
    '/api/weir/v1/suites/s1/results': [
      { body: { run: { id: 7, finishedAt: null, failure: null }, results: [] } },
      { body: { run: { id: 7, finishedAt: '2026-01-01T00:00:00Z', failure: null }, results } },
    ],
  });
  onTestFinished(() => api.close());
  const { code, stdout } = await weir('checks', 'start', 'orders', '--url', api.url, '--key', 'weir_k');
  expect([code, stdout]).toEqual([
    1,
    'pass  orders: volume, rows: 12 rows\nFAIL  orders: uniqueness, id: id is repeated in 1 row, limit 0\n',
  ]);
  const none = await weir('checks', 'start', 'order', '--url', api.url, '--key', 'weir_k');
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('no suite named order. Suites: orders.') });
  await api.close();
  // Where nobody answers, no check fails.
  expect(await weir('checks', 'start', 'orders', '--url', api.url, '--key', 'weir_k')).toMatchObject({ code: 3 });
});

describe('the exit code, for Airflow and CI,', () => {
  const CLOSED = 'postgres://u:p@127.0.0.1:9/none';
  const parsed = (stdout: string) => JSON.parse(stdout) as { failure?: { code: string }; results?: object[] };

  test('is 0 when all pass or warn, 1 when one fails, 3 when one can’t be measured', async () => {
    const { url, query } = await testDatabase();
    await query("create table t (id int, email text); insert into t values (1, 'a@x.de'), (2, null)");
    const run = async (...checks: string[]) => {
      const file = suiteFile(['dataset: t', ...checks].join('\n'));
      const { code, stdout } = await weir('checks', 'run', file, '--to', url, '--json');
      return { code, ...(JSON.parse(stdout) as { results: object[] }) };
    };
    const [well, fails, unmeasured] = await Promise.all([
      run(
        'volume: {min_rows: 2}',
        'completeness: [{column: email, level: warn}, {column: email, threshold: 40, warn: {threshold: 99}}]',
      ),
      run('volume: {min_rows: 2}', 'completeness: {column: email, level: block}'),
      run('volume: [{min_rows: 3}, {table: nowhere, min_rows: 3}]', 'range: {column: email, min: 3}'),
    ]);
    expect(well).toMatchObject({ code: 0, passed: 1, warned: 2, failed: 0, notMeasured: 0 });
    expect(fails).toMatchObject({ code: 1, passed: 1, warned: 0, failed: 1, notMeasured: 0 });
    const samples = [{ id: 2, email: null }];
    expect(fails.results[1]).toMatchObject({ outcome: 'fail', message: 'email is 50% filled, limit 100%', samples });
    expect(unmeasured).toMatchObject({ code: 3, failed: 1, notMeasured: 2 });
  });

  test('is 2 for what was asked wrongly, and 3 where nobody answers, with the reason as JSON too', async () => {
    const file = suiteFile('dataset: t\nvolume: {min_rows: 1}');
    const run = (...args: string[]) => weir('checks', 'run', ...args, '--json');
    const wrong = await Promise.all([run(file), run(file, '--destination', 'Lake', '--url', 'http://127.0.0.1:9')]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2]);
    const unreachable = await Promise.all([
      run(file, '--to', CLOSED),
      run(file, '--destination', 'Lake', '--url', 'http://127.0.0.1:9', '--key', 'weir_k'),
    ]);
    for (const { code, stdout, stderr } of unreachable) {
      expect([code, stderr]).toEqual([3, expect.stringMatching(/\S/)]);
      expect(parsed(stdout).failure?.code).toMatch(/unreachable/);
    }
  });

  test('follows what a running Weir measures over one of its destinations', async () => {
    const result = { key: 'orders / volume / rows', title: 'orders: volume, rows', message: '12 rows', samples: [] };
    const api = await scriptedServer({
      '/api/weir/v1/destinations': () => ({ body: [{ id: 'd1', name: 'Lake' }] }),
      '/api/weir/v1/suites/try': [
        { body: { results: [{ ...result, outcome: 'pass' }], tookMs: 1 } },
        { body: { results: [{ ...result, outcome: 'fail' }], tookMs: 1 } },
        { status: 401, body: { error: { code: 'unauthorized', message: 'The key is not known.' } } },
      ],
    });
    onTestFinished(() => api.close());
    const file = suiteFile('dataset: orders\nvolume: {min_rows: 11}');
    const run = (name: string) =>
      weir('checks', 'run', file, '--destination', name, '--url', api.url, '--key', 'k', '--json');
    const first = await run('Lake');
    expect([first.code, JSON.parse(first.stdout)]).toMatchObject([0, { passed: 1, failed: 0 }]);
    expect((await run('Lake')).code).toBe(1);
    expect((await run('Lake')).code).toBe(3);
    const none = await run('Sea');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('Destinations: Lake.')]);
  });
});

import { expect, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import type { StagedLoad } from '#lib/destinations/destination.ts';
import { testDatabase } from '#tests/harness/database.ts';
import type { Asked } from './asked.ts';
import type { Engine } from './engine.ts';
import { configOf } from './fixtures/postgres-config.ts';
import { noFacts } from './fixtures/suite-of.ts';
import { measureLoad } from './measure-load.ts';
import { parseSuite } from './parse-suite.ts';
import { withPostgres } from './postgres/engine.ts';

function askedOf(id: string, text: string): Asked[] {
  const { suite } = parseSuite(text);
  if (!suite) throw new Error('the suite is wrong');
  return suite.checks.map((check) => ({ id, suite, check: { ...check, key: `${id} ${check.key}` }, facts: noFacts() }));
}

test('suites that look at one load share its scan, and each is told its own', async () => {
  const { url, query } = await testDatabase();
  await query('create table t (a int, b text); create table s (like t)');
  await query(`insert into t select i, 'x' from generate_series(1, 10) i; insert into s values (11, null)`);
  const { hostname, port } = new URL(url);
  const staged: StagedLoad = {
    load: { kind: 'postgres', schema: 'public', table: 's' },
    added: { kind: 'postgres', schema: 'public', table: 's' },
    removed: null,
    after: { kind: 'query', sql: 'select * from t union all select * from s' },
    table: { kind: 'postgres', schema: 'public', table: 't' },
    ...{ uniqueKey: null, tableOf: null, becomes: '2', tableRows: null, replaces: false },
  };
  const asked = [
    ...askedOf('one', 'dataset: t\nvolume: [{min_rows: 11, level: block}]\ncompleteness: [{column: b, level: block}]'),
    ...askedOf('two', 'dataset: t\nvolume: [{min_rows: 12, level: block}]\ncompleteness: [{column: a, level: block}]'),
  ];
  const statements: string[] = [];
  const guard = createGuard({ allowed: [{ host: hostname, port: Number(port) }] });
  const { results } = await withPostgres(configOf(url), { guard, signal: new AbortController().signal }, (engine) => {
    const watched: Engine = {
      ...engine,
      rows(sql) {
        if (/^select (count|sum)/.test(sql)) statements.push(sql);
        return engine.rows(sql);
      },
    };
    return measureLoad(watched, staged, asked, null);
  });
  expect(results.map(({ suiteId, outcome, message }) => `${suiteId}: ${outcome}: ${message}`).toSorted()).toEqual([
    'one: fail: b is 0% filled, limit 100%',
    'one: pass: 11 rows, limit at least 11 rows',
    'two: fail: 11 rows, limit at least 12 rows',
    'two: pass: a is 100% filled, limit 100%',
  ]);
  expect(results.every(({ key }) => key.startsWith('t / '))).toBe(true);
  // One scan of the load, and one of the table as it would be.
  expect(statements).toHaveLength(2);
});

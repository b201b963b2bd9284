import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import type { StagedLoad } from '#lib/destinations/destination.ts';
import { testDatabase } from '#tests/harness/database.ts';
import type { Engine } from './engine.ts';
import { configOf } from './fixtures/postgres-config.ts';
import { checksOf, noFacts } from './fixtures/suite-of.ts';
import { measureAfter } from './measure-after.ts';
import type { Measured } from './metric.ts';
import { withPostgres } from './postgres/engine.ts';

const CHECKS = checksOf(`dataset: t
volume: [{min_rows: 1}, {min_rows: 1, where: "b = 'x'"}]
completeness: [{column: a, scope: table}, {column: b, rule: not_empty, scope: table}]
uniqueness: [{unique_columns: [a]}, {unique_columns: [a, b]}, {unique_columns: [b], where: "a > 0"}]
freshness: [{max_age_hours: 1, column: at}]
range: [{column: a, min: 0, scope: table}]
length: [{column: b, max: 1, scope: table}]
distribution:
  - {column: a, expected_mean_range: [0, 1], expected_stddev_range: [0, 1], expected_sum_range: [0, 1], expected_min: 0, expected_max: 9}
  - {column: a, expected_median_range: [0, 1], expected_p95_range: [-1, 3]}
categories: [{column: b}]
gaps: [{column: at, every: month}, {column: at, every: hour, where: "a > 0"}]
jsonata: [{holds: "a > 0"}, {holds: "b = 'x'", where: "a is not null"}]`);

const facts = () => noFacts();

const record = fc.record({
  id: fc.integer({ min: 1, max: 6 }),
  a: fc.option(fc.integer({ min: -3, max: 4 })),
  b: fc.option(fc.constantFrom('', 'x', 'yy')),
  at: fc.option(fc.integer({ min: 0, max: 5 })),
});

/** A table and a stage beside it, as the destination would show them: newer rows of the same id replace older ones. */
async function tables() {
  const { url, query } = await testDatabase();
  await query('create table t (id int, a numeric, b text, at timestamptz); create table s (like t)');
  const { hostname, port } = new URL(url);
  const guard = createGuard({ allowed: [{ host: hostname, port: Number(port) }] });
  const insert = (into: string, rows: readonly object[]) =>
    query(
      `insert into ${into} select id, a, b, timestamptz 'epoch' + at * interval '1 day' from json_to_recordset($1) as r (id int, a numeric, b text, at int)`,
      [JSON.stringify(rows)],
    );
  const sql = (text: string) => ({ kind: 'query' as const, sql: text });
  const staged = (dedup: boolean): StagedLoad => ({
    load: { kind: 'postgres', schema: 'public', table: 's' },
    table: { kind: 'postgres', schema: 'public', table: 't' },
    added: sql('select * from s'),
    removed: dedup ? sql('select * from t where id in (select id from s)') : null,
    after: sql(`select * from t ${dedup ? 'where id not in (select id from s)' : ''} union all select * from s`),
    uniqueKey: null,
    tableOf: '7',
    becomes: '8',
    tableRows: null,
    replaces: false,
  });
  const inEngine = <T>(work: (engine: Engine) => Promise<T>) =>
    withPostgres(configOf(url), { guard, signal: new AbortController().signal }, work);
  return { query, insert, staged, inEngine };
}

/** Between two values a percentile may lie near zero, where half a percent of them is more than of itself. */
const LEAST = 0.04;
type Row = typeof record extends fc.Arbitrary<infer Value> ? Value : never;
/** Values that vary before the load and are equal after it. */
const EQUAL_AT_LAST: [Row[], Row[]] = [
  [
    { id: 1, a: -1, b: null, at: null },
    { id: 4, a: 0, b: null, at: null },
  ],
  [{ id: 4, a: -1, b: null, at: null }],
];

describe('what a table will hold', () => {
  test.each([
    ['appended to', false],
    ['merged into', true],
  ])('when %s: merging stored states equals measuring the whole', async (_name, dedup) => {
    const { query, insert, staged, inEngine } = await tables();
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(record, { maxLength: 8, selector: ({ id }) => (dedup ? id : {}) }),
        fc.uniqueArray(record, { maxLength: 5, selector: ({ id }) => (dedup ? id : {}) }),
        async (table, load) => {
          await query('truncate t; truncate s');
          await insert('t', table);
          const before = { ...staged(dedup), after: { kind: 'postgres' as const, schema: 'public', table: 't' } };
          const { states } = await inEngine((engine) => measureAfter(engine, before, CHECKS, { facts, known: null }));
          await insert('s', load);
          const measured = async (known: { publish: string; states: NonNullable<typeof states> } | null) => {
            const { measured } = await inEngine((engine) =>
              measureAfter(engine, staged(dedup), CHECKS, { facts, known }),
            );
            return new Map(
              [...measured.measurements].map(([key, value]) => [
                key,
                'value' in value ? rounded(value.value) : sorted(value),
              ]),
            );
          };
          const whole = await measured(null);
          const merged = await measured({ publish: '7', states: states ?? {} });
          for (const [key, value] of [...whole].filter(([key]) => !/sketch|periods/.test(key))) {
            const near = /"quantile"/.test(key) ? Math.abs(Number(value)) / 199 + 1e-9 : 0;
            if (near === 0 || value === null) expect(merged.get(key), key).toEqual(value);
            else expect(Math.abs(Number(merged.get(key)) - Number(value)), key).toBeLessThanOrEqual(near + LEAST);
          }
        },
      ),
      { numRuns: 40, examples: [EQUAL_AT_LAST] },
    );
  });

  test('a small load looks at the rows that come and go, and not at the whole table', async () => {
    const { insert, staged, inEngine } = await tables();
    await insert('t', [{ id: 1, a: 1, b: 'x', at: 1 }]);
    await insert('s', [{ id: 2, a: 2, b: 'y', at: 2 }]);
    const checks = CHECKS.filter(({ title }) => !/minimum|maximum|newest/.test(title) && !/freshness/.test(title));
    const looking = (known: Parameters<typeof measureAfter>[3]['known']) =>
      inEngine(async (engine) => {
        const statements: string[] = [];
        const watched: Engine = {
          ...engine,
          rows(sql) {
            statements.push(sql);
            return engine.rows(sql);
          },
        };
        const { states } = await measureAfter(watched, staged(true), checks, { facts, known });
        return { states, whole: statements.filter((sql) => sql.includes('union all')) };
      });
    const first = await looking(null);
    expect(first.whole.length).toBeGreaterThan(0);
    expect((await looking({ publish: '7', states: first.states ?? {} })).whole).toEqual([]);
    // Another sync has written since: what was stored says nothing of the table any more.
    expect((await looking({ publish: '6', states: first.states ?? {} })).whole).toEqual(first.whole);
  });
});

function sorted(measured: Measured): unknown {
  return 'counts' in measured ? [...measured.counts].toSorted() : measured;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1e9) / 1e9 + 0;
}

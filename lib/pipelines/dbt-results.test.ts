import { expect, test } from 'vitest';
import { readRunResults } from './dbt-results.ts';
import { runResults } from './fixtures/run-results.ts';

test('models and tests are counted; what was skipped did not run', () => {
  expect(readRunResults(runResults())).toEqual({
    invocationId: 'inv-2026-07-01T06:12:00.123456Z',
    generatedAt: new Date('2026-07-01T06:12:00.123Z'),
    elapsedS: 12.5,
    status: 'success',
    modelsRun: 3,
    modelsFailed: 0,
    testsPassed: 3,
    testsFailed: 0,
    testsWarned: 1,
    problems: [{ name: 'accepted_range_age', status: 'warn', message: 'Got 1 result, configured to warn if != 0' }],
  });
  expect(readRunResults(runResults({ failing: true }))).toMatchObject({
    status: 'error',
    ...{ modelsRun: 2, modelsFailed: 1, testsPassed: 2, testsFailed: 1 },
    problems: [
      { name: 'features_users', status: 'error', message: 'Database Error no such column' },
      { name: 'unique_stg_users_id', status: 'fail', message: 'Got 3 results' },
      { name: 'accepted_range_age', status: 'warn' },
    ],
  });
});

test.each([[null], [[]], ['x'], [{}], [{ results: [] }], [{ metadata: { generated_at: 'then' }, results: {} }]])(
  '%j is no such file, and says so',
  (value) => {
    expect(() => readRunResults(value)).toThrow('This is no run_results.json of dbt.');
  },
);

import { defineConfig } from 'vitest/config';

/** The suites over the whole system: the production build in a real browser, and faults. One at a time. */
export default defineConfig({
  test: {
    root: '.',
    include: ['tests/{start,browser,faults}/**/*.test.ts'],
    globalSetup: ['tests/harness/build-setup.ts', 'tests/harness/postgres-setup.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    bail: 1,
    // A file of faults of which none is in the sample holds no test here; `npm run faults` counts that all are tried.
    passWithNoTests: true,
  },
});

import { defineConfig } from 'vitest/config';

/** The catalogue of faults, whole, one file after the other: each starts a service of its own. */
export default defineConfig({
  test: {
    root: '.',
    include: ['tests/faults/**/*.test.ts'],
    globalSetup: ['tests/harness/build-setup.ts', 'tests/harness/postgres-setup.ts'],
    reporters: ['./tests/faults/line-reporter.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

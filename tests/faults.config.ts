import { defineConfig } from 'vitest/config';

/** The catalogue of faults, whole. Each file starts a service of its own; its entries run beside each other where they can. */
export default defineConfig({
  test: {
    root: '.',
    include: ['tests/faults/**/*.test.ts'],
    globalSetup: ['tests/harness/build-setup.ts', 'tests/harness/postgres-setup.ts'],
    reporters: ['./tests/faults/line-reporter.ts'],
    // One of them does little but wait.
    maxWorkers: 3,
    maxConcurrency: 8,
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});

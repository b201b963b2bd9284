import path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{lib,quality,app,manifests,bench}/**/*.test.{ts,tsx}', 'tests/*.test.ts'],
    globalSetup: ['tests/harness/postgres-setup.ts'],
    setupFiles: ['tests/harness/seed.ts'],
    // Processes that tests start from the sources are compiled once: that is most of what their starts take.
    env: { NODE_COMPILE_CACHE: path.resolve('node_modules/.cache/compiled-for-tests') },
    // Much of a test's time is its database's, which other tests can use.
    maxWorkers: '100%',
    // Against what never ends: how fast the product is, no test measures by these.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
});

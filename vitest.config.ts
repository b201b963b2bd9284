import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{lib,quality,app,manifests,bench}/**/*.test.{ts,tsx}', 'tests/*.test.ts'],
    globalSetup: ['tests/harness/postgres-setup.ts'],
    setupFiles: ['tests/harness/seed.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

import { defineConfig } from 'vitest/config';

/** All that speaks S3, against the server that `WEIR_TEST_S3` names. */
export default defineConfig({
  test: {
    root: '.',
    include: [
      'tests/s3/*.test.ts',
      'lib/destinations/s3/**/*.test.ts',
      'lib/destinations/straight-resume.test.ts',
      'lib/extract/files/providers/s3.test.ts',
      'lib/extract/files/providers/s3-objects.test.ts',
      'lib/sync/straight-path-s3.test.ts',
      'lib/bin/gate-bucket.test.ts',
      'quality/duckdb/bucket.test.ts',
    ],
    globalSetup: ['tests/harness/postgres-setup.ts'],
    setupFiles: ['tests/harness/seed.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import { WeirError } from '#lib/errors.ts';
import type { Db } from './connect.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../prisma-free-migrations');

/** Brings the database to this version's tables; returns the names of what ran. Safe to call from several processes. */
export async function migrate(db: Db): Promise<string[]> {
  const migrator = new Migrator({ db, provider: migrationsIn(FOLDER) });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new WeirError({
      kind: 'bug',
      code: 'migration_failed',
      message: `Migration ${failed ?? ''} failed: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'Nothing was changed by it. An older Weir on a newer database is not supported.',
      cause: error,
    });
  }
  return (results ?? []).map((result) => result.migrationName);
}

function migrationsIn(folder: string): MigrationProvider {
  return {
    async getMigrations() {
      const files = readdirSync(folder).filter((file) => /^\d{4}_\w+\.ts$/.test(file));
      const loaded = await Promise.all(
        files.map(
          async (file) => [path.basename(file, '.ts'), (await import(path.join(folder, file))) as Migration] as const,
        ),
      );
      return Object.fromEntries(loaded);
    },
  };
}

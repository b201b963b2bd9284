import { readdirSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import { WeirError } from '#lib/errors.ts';
import type { Db } from './connect.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../prisma-free-migrations');

/** Brings the database to this version's tables; returns the names of what ran. Safe to call from several processes. */
export async function migrate(db: Db): Promise<string[]> {
  const { unknown } = await migrationGap(db);
  if (unknown.length > 0) throw newerDatabase(unknown);
  const migrator = new Migrator({ db, provider: migrationsIn(FOLDER) });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new WeirError({
      kind: 'bug',
      code: 'migration_failed',
      message: `Migration ${failed ?? ''} failed: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'Nothing was changed by it.',
      cause: error,
    });
  }
  return (results ?? []).map((result) => result.migrationName);
}

function newerDatabase(unknown: readonly string[]): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'newer_database',
    message: `The database is of a newer Weir: it has ${unknown.join(', ')}.`,
    hint: 'Nothing was changed. Bring this machine to the same version, or restore the back-up of before the upgrade.',
  });
}

/** What this version has and the database has not, and the other way round. Changes nothing. */
export async function migrationGap(db: Db): Promise<{ missing: string[]; unknown: string[] }> {
  const known = namesIn(FOLDER);
  const { rows: made } = await sql<{ there: boolean }>`
    select to_regclass('public.kysely_migration') is not null as there
  `.execute(db);
  const done = made[0]?.there
    ? (await sql<{ name: string }>`select name from public.kysely_migration`.execute(db)).rows.map(({ name }) => name)
    : [];
  return {
    missing: known.filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !known.includes(name)),
  };
}

function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}_\w+\.ts$/.test(file))
    .map((file) => path.basename(file, '.ts'))
    .toSorted();
}

function migrationsIn(folder: string): MigrationProvider {
  return {
    async getMigrations() {
      const loaded = await Promise.all(
        namesIn(folder).map(
          async (name) => [name, (await import(path.join(folder, `${name}.ts`))) as Migration] as const,
        ),
      );
      return Object.fromEntries(loaded);
    },
  };
}

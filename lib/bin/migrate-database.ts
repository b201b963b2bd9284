import { connectDatabase } from '#lib/db/connect.ts';
import { migrate } from '#lib/db/migrate.ts';

/** Brings the database to this version's tables and says what was done; several at once wait for each other. */
export async function migrateDatabase(databaseUrl: string, say: (line: string) => void): Promise<string[]> {
  const db = connectDatabase(databaseUrl, { maxConnections: 1, name: 'weir migrate' });
  try {
    const names = await migrate(db);
    if (names.length > 0) say(`Migrated the database: ${names.join(', ')}`);
    return names;
  } finally {
    await db.destroy();
  }
}

import { sql } from 'kysely';
import { answerAad } from '#lib/access/idempotency.ts';
import { channelAad } from '#lib/alerts/channels.ts';
import { consentAad } from '#lib/connections/consents/consents.ts';
import { destinationAad } from '#lib/connections/destinations.ts';
import { mappersAad } from '#lib/connections/mapper-secrets.ts';
import { sourceAad } from '#lib/connections/sources.ts';
import type { Db } from '#lib/db/connect.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { createSecrets, type SecretKeys, sealedPrefix } from '#lib/secrets.ts';
import { probeAad } from '#lib/sync/probes.ts';

/** Rows that are read, sealed anew and written before the next ones are asked for. */
const BATCH_ROWS = 100;

type RotatingKeys = SecretKeys & { readonly previous: string };

/** Where sealed texts stand, and what binds them to their row. */
interface Place {
  readonly table: string;
  readonly column: string;
  readonly key: readonly string[];
  readonly aad: (row: Readonly<Record<string, string>>) => string;
}

const byId = (table: string, column: string, aad: (id: string) => string): Place => ({
  ...{ table, column, key: ['id'] },
  aad: ({ id = '' }) => aad(id),
});

const PLACES: readonly Place[] = [
  byId('source', 'config', sourceAad),
  byId('destination', 'config', destinationAad),
  byId('channel', 'config', channelAad),
  {
    ...{
      table: 'connection_stream',
      column: 'configured',
      key: ['workspace_id', 'connection_id', 'namespace', 'name'],
    },
    aad: ({ workspace_id = '' }) => mappersAad(workspace_id),
  },
  byId('oauth_consent', 'sealed', consentAad),
  byId('probe', 'input', probeAad),
  {
    ...{ table: 'idempotent_answer', column: 'sealed', key: ['workspace_id', 'key'] },
    aad: ({ workspace_id = '', key = '' }) => answerAad(workspace_id, key),
  },
];

export interface Rotated {
  readonly rows: number;
  /** Rows whose secrets the old key does not open either, as `table id`. */
  readonly unreadable: readonly string[];
}

/**
 * Seals with the current key whatever is sealed with the one before it, a batch at a time. Each row is written by itself and only as
 * it was read, so that the service may work meanwhile and an interrupted rotation is run again.
 * @param change turns an opened text into another on the way; in a config that is the JSON of the secret
 */
export async function rotateSecrets(
  db: Db,
  keys: RotatingKeys,
  change: (text: string) => string = (text) => text,
): Promise<Rotated> {
  const reseal = resealing(keys, change);
  let rows = 0;
  const unreadable: string[] = [];
  for (const place of PLACES) {
    let passedOver = 0;
    for (;;) {
      const batch = await sealedRows(db, place, sealedPrefix(keys.previous), passedOver);
      if (batch.length === 0) break;
      for (const row of batch) {
        const next = reseal(JSON.parse(row.value) as JsonValue, place.aad(row.key));
        if (next === null) {
          passedOver += 1;
          unreadable.push(`${place.table} ${Object.values(row.key).join(' ')}`);
        } else rows += await writeRow(db, place, row, next);
      }
    }
  }
  return { rows, unreadable };
}

/** Rows that hold something which was sealed with this key, by table; every column of every table is looked through. */
export async function sealedWith(db: Db, key: string): Promise<Record<string, number>> {
  const { rows: columns } = await sql<{ table: string; column: string }>`
    select c.table_name as "table", c.column_name as "column"
    from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type in ('text', 'jsonb', 'json')`.execute(
    db,
  );
  const counts: Record<string, number> = {};
  for (const { table, column } of columns) {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from ${sql.id(table)} where position(${sealedPrefix(key)} in ${sql.id(column)}::text) > 0`.execute(
      db,
    );
    const count = rows[0]?.count ?? 0;
    if (count > 0) counts[table] = (counts[table] ?? 0) + count;
  }
  return counts;
}

/** A value with its sealed texts sealed anew; null where one does not open. */
function resealing({ current, previous }: RotatingKeys, change: (text: string) => string) {
  const secrets = createSecrets(() => ({ current, previous }));
  const prefix = sealedPrefix(previous);
  const renewed = (sealed: string, aad: string) => secrets.seal(change(secrets.open(sealed, aad)), aad);
  const map = (value: JsonValue, aad: string): JsonValue => {
    if (typeof value === 'string') return value.startsWith(prefix) ? renewed(value, aad) : value;
    if (Array.isArray(value)) return value.map((item) => map(item, aad));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value as JsonObject).map(([key, item]) => [key, map(item, aad)]));
  };
  return (value: JsonValue, aad: string): JsonValue | null => {
    try {
      return map(value, aad);
    } catch {
      return null;
    }
  };
}

interface SealedRow {
  readonly key: Readonly<Record<string, string>>;
  /** The column's value as JSON text, and as it stands. */
  readonly value: string;
  readonly stored: string;
}

async function sealedRows(db: Db, place: Place, prefix: string, offset: number): Promise<SealedRow[]> {
  const column = sql.id(place.column);
  const keys = sql.join(place.key.map((name) => sql`${sql.lit(name)}, ${sql.id(name)}::text`));
  const { rows } = await sql<SealedRow>`
    select jsonb_build_object(${keys}) as key, to_json(${column})::text as value, ${column}::text as stored
    from ${sql.id(place.table)}
    where position(${prefix} in ${column}::text) > 0
    order by ${sql.join(place.key.map((name) => sql.id(name)))}
    limit ${BATCH_ROWS} offset ${offset}`.execute(db);
  return rows;
}

/** Only over what was read: a row that was saved meanwhile is left for the next batch. */
async function writeRow(db: Db, place: Place, row: SealedRow, next: JsonValue): Promise<number> {
  const column = sql.id(place.column);
  const value = typeof next === 'string' ? next : JSON.stringify(next);
  const matches = place.key.map((name) => sql`${sql.id(name)}::text = ${row.key[name]}`);
  const { numAffectedRows } = await sql`
    update ${sql.id(place.table)} set ${column} = ${value}
    where ${sql.join(matches, sql` and `)} and ${column}::text = ${row.stored}`.execute(db);
  return Number(numAffectedRows ?? 0);
}

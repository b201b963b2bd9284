import { createHash } from 'node:crypto';
import type { Column } from '#lib/records/index.ts';
import { quote, quoteTable, type TableRef } from './identifier.ts';
import { type Queryable, type RelationRow, saveRelation } from './store.ts';

/** What the index is to be over, and what goes with rows that it has no room for. */
export interface WantedKey {
  /** Null for none. */
  readonly key: readonly string[] | null;
  readonly columns: readonly Column[];
  /** ORDER BY of the rows of one key. */
  readonly newest: string;
  /** The table may hold the same key several times: the newest row of each stays. */
  readonly mayRepeat: boolean;
  /** The column that names a row's record. */
  readonly recordId: string;
  /** Tables whose rows belong to rows of this one, by the column that names the record. */
  readonly children: readonly { readonly table: TableRef; readonly recordId: string }[];
}

/**
 * Keeps one unique index of ours on the table, over the stream's key; without a key, none. Gives how many rows lack a key that is new
 * here: no later row of theirs will find them.
 */
export async function fitKeyIndex(db: Queryable, relation: RelationRow, wanted: WantedKey): Promise<number> {
  const { key } = wanted;
  const isKept = relation.key === null || (await isIndexThere(db, relation));
  const same = isKept && JSON.stringify(relation.key) === JSON.stringify(key);
  if (!same && relation.key !== null)
    await db.query(`drop index if exists ${quote(relation.schema)}.${indexName(relation)}`);
  let keyless = 0;
  if (key !== null && !same) {
    if (wanted.mayRepeat) {
      await deleteOlder(db, relation, key, wanted);
      keyless = await countKeyless(db, relation, key);
    }
    await db.query(
      `create unique index ${indexName(relation)} on ${quoteTable(relation)} (${key.map(quote).join(', ')})`,
    );
  }
  const isKnown = relation.created && JSON.stringify(relation.columns) === JSON.stringify(wanted.columns);
  if (!same || !isKnown) await saveRelation(db, relation, wanted);
  return keyless;
}

async function deleteOlder(
  db: Queryable,
  table: TableRef,
  key: readonly string[],
  { newest, recordId, children }: WantedKey,
): Promise<void> {
  const gone = `delete from ${quoteTable(table)} t using (
      select ctid, row_number() over (partition by ${key.map(quote).join(', ')} order by ${newest}) as place
      from ${quoteTable(table)} where ${key.map((name) => `${quote(name)} is not null`).join(' and ')}
    ) d where t.ctid = d.ctid and d.place > 1 returning t.${recordId} as id`;
  const withThem = children.map(
    (child, index) =>
      `, gone_${index} as (delete from ${quoteTable(child.table)} c using gone g where c.${child.recordId} = g.id)`,
  );
  await db.query(`with gone as (${gone}) ${withThem.join('')} select count(*) from gone`);
}

async function countKeyless(db: Queryable, table: TableRef, key: readonly string[]): Promise<number> {
  const lacks = key.map((name) => `${quote(name)} is null`).join(' or ');
  const { rows } = await db.query(`select count(*)::float8 as keyless from ${quoteTable(table)} where ${lacks}`);
  return (rows[0] as { keyless: number }).keyless;
}

/** Somebody may have dropped it, or the column that it was over. */
async function isIndexThere(db: Queryable, relation: RelationRow): Promise<boolean> {
  const { rows } = await db.query('select to_regclass($1) is not null as there', [
    `${quote(relation.schema)}.${indexName(relation)}`,
  ]);
  return (rows[0] as { there: boolean }).there;
}

function indexName({ schema, table }: TableRef): string {
  return quote(`weir_key_${createHash('sha256').update(`${schema}\u0000${table}`).digest('hex').slice(0, 16)}`);
}

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
  const there = relation.key === null ? [] : await findIndexes(db, relation);
  const others = there.filter(({ columns, isValid }) => !isValid || JSON.stringify(columns) !== JSON.stringify(key));
  const same = key === null ? there.length === 0 : others.length < there.length;
  for (const { name } of others) await db.query(`drop index ${quote(relation.schema)}.${quote(name)}`);
  let keyless = 0;
  if (key !== null && !same) {
    if (wanted.mayRepeat) {
      await deleteOlder(db, relation, key, wanted);
      keyless = await countKeyless(db, relation, key);
    }
    await db.query(
      `create unique index ${await indexName(db, relation)} on ${quoteTable(relation)} (${key.map(quote).join(', ')})`,
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
      select tableoid, ctid, row_number() over (partition by ${key.map(quote).join(', ')} order by ${newest}) as place
      from ${quoteTable(table)} where ${key.map((name) => `${quote(name)} is not null`).join(' and ')}
    ) d where t.ctid = d.ctid and t.tableoid = d.tableoid and d.place > 1 returning t.${recordId} as id`;
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

const INDEX_PREFIX = 'weir_key_';

interface OurIndex {
  readonly name: string;
  readonly columns: readonly string[];
  readonly isValid: boolean;
}

/**
 * Somebody may have dropped it, or the column that it was over, renamed that, or put the table with it out of the way; or have left one
 * behind that was being made again.
 */
async function findIndexes(db: Queryable, table: TableRef): Promise<OurIndex[]> {
  const { rows } = await db.query(
    `select c.relname as name, i.indisvalid as "isValid", array(
       select a.attname::text from unnest(i.indkey) with ordinality as k (number, place)
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number order by k.place) as columns
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indrelid = $1::regclass and starts_with(c.relname, '${INDEX_PREFIX}')`,
    [quoteTable(table)],
  );
  return rows as OurIndex[];
}

/** One that is nobody's: a table that was renamed keeps the name of its index. */
async function indexName(db: Queryable, table: TableRef): Promise<string> {
  const { rows } = await db.query('select $1::regclass::oid::text as id', [quoteTable(table)]);
  const { id } = rows[0] as { id: string };
  const identity = [table.schema, table.table, id].join('\u0000');
  return quote(`${INDEX_PREFIX}${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`);
}

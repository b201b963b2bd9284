import { tableName } from '#lib/records/index.ts';
import type { TableRef } from './identifier.ts';
import {
  findRelation,
  insertRelation,
  type Queryable,
  type RelationRow,
  type StreamRef,
  takenTables,
} from './store.ts';

type RelationRef = Pick<StreamRef, 'namespace' | 'name'>;

/** The relation by its name; at first a table name that no other has, as near to `wanted` as can be. */
export async function ensureRelation(db: Queryable, ref: RelationRef, wanted: string): Promise<RelationRow> {
  const known = await findRelation(db, ref);
  if (known) return known;
  const schema = tableName(ref.namespace, new Set());
  const table: TableRef = { schema, table: tableName(wanted, await takenTables(db, schema)) };
  await insertRelation(db, ref, table);
  const relation = await findRelation(db, ref);
  if (relation === null) throw new Error('a relation that was just inserted is missing');
  return relation;
}

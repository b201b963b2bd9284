import { WeirError } from '#lib/errors.ts';
import { schemaName, tableName } from '#lib/records/index.ts';
import type { TableRef } from './identifier.ts';
import {
  findRelation,
  insertRelation,
  type Queryable,
  type RelationRow,
  type StreamRef,
  takenTables,
} from './store.ts';

/** Other connections that give the same name away in the same moment. */
const MOST_RACES = 20;

type RelationRef = Pick<StreamRef, 'namespace' | 'name'>;

/** The relation by its name; at first a table name that no other has, as near to `wanted` as can be. */
export async function ensureRelation(db: Queryable, ref: RelationRef, wanted: string): Promise<RelationRow> {
  const schema = schemaName(ref.namespace);
  for (let tries = MOST_RACES; tries > 0; tries--) {
    const known = await findRelation(db, ref);
    if (known) return known;
    const table: TableRef = { schema, table: tableName(wanted, await takenTables(db, schema)) };
    await insertRelation(db, ref, table);
  }
  throw new WeirError({
    kind: 'transient',
    code: 'names_taken',
    message: `Others take every name that the table of ${ref.name} could have, as fast as it is looked for.`,
    hint: 'Fewer connections that are new at the same time help.',
  });
}

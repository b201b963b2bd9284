import type { TableShape } from '#lib/records/index.ts';
import type { Relation, StagedLoad } from '../destination.ts';
import { castTo, quote, quoteTable, sqlType, type TableRef } from './identifier.ts';
import type { TableKind } from './layouts/index.ts';
import { keyNames, newestFirst, orderOf, stagedKey } from './newest.ts';
import { ownRelation, type StageParts } from './stage-parts.ts';
import { findRelation, type RelationRow, soleWriter, tableColumns } from './store.ts';
import { changesOf, mergeColumns } from './table.ts';

/**
 * What a stage would make of its table, as queries: the same rows that publishing would leave, put in and take out. The
 * stage is analyzed first, so that the planner knows how small it is beside the table.
 */
export async function stagedLoad(parts: StageParts, stage: TableRef, shape: TableShape): Promise<StagedLoad> {
  const { pool, ref, target } = parts;
  await pool.query(`analyze ${quoteTable(stage)}`);
  const relation = await findRelation(pool, ownRelation(parts));
  const isThere = relation?.created === true && (await tableColumns(pool, relation)) !== null;
  const load: Relation = { kind: 'postgres', ...stage };
  const replaces = !isThere || target.destinationSyncMode.startsWith('overwrite');
  const select = selects(shape, isThere ? relation : null, parts.layout.kind);
  const dedup = target.destinationSyncMode.endsWith('_dedup');
  const winners = dedup ? newestOf(select.staged, stage, shape) : `${select.staged} from ${quoteTable(stage)}`;
  const table: Relation | null = isThere ? { kind: 'postgres', schema: relation.schema, table: relation.table } : null;
  const uniqueKey =
    dedup && !shape.key.includes(-1) ? shape.key.map((index) => shape.columns[index]?.name ?? '') : null;
  const shared = {
    ...{ load, table, uniqueKey, replaces, becomes: String(parts.attempt.syncId), tableRows: null },
    schemaChanges: isThere ? changesOf(relation.columns, mergeColumns(relation.columns, shape.columns)) : [],
  };
  if (replaces) {
    const after = query(winners);
    const removed = isThere ? query(select.table) : null;
    return { ...shared, added: after, removed, after, tableOf: null };
  }
  const writer = await soleWriter(pool, ref);
  const tableOf = writer === null ? null : String(writer);
  if (!dedup) {
    const after = query(`${select.table} union all ${winners}`);
    return { ...shared, added: query(winners), removed: null, after, tableOf };
  }
  const { added, removed, after } = merged(select, winners, shape);
  return { ...shared, added: query(added), removed: query(removed), after: query(after), tableOf };
}

interface Selects {
  /** `select …` of the stage's columns as the table will have them, without FROM. */
  readonly staged: string;
  /** The whole statement over the table; empty without one. */
  readonly table: string;
}

/** Both sides of the union have the same columns in the same types: those the table will have. */
function selects(shape: TableShape, relation: RelationRow | null, kind: TableKind): Selects {
  const before = relation?.columns ?? [];
  const columns = mergeColumns(before, shape.columns);
  const inTable = kind.meta.map(({ name }) => name);
  const inStage = kind.meta.map(({ name, from }) => (name === from ? name : `${from} as ${name}`));
  const of = (have: readonly { name: string; type: (typeof columns)[number]['type'] }[], meta: readonly string[]) => {
    const types = new Map(have.map(({ name, type }) => [name, type]));
    const data = columns.map(({ name, type }) => {
      const own = types.get(name);
      return own === undefined
        ? `null::${sqlType(type)} as ${quote(name)}`
        : `${castTo(name, own, type)} as ${quote(name)}`;
    });
    return `select ${[...data, ...meta].join(', ')}`;
  };
  return {
    staged: of(shape.columns, inStage),
    table: relation ? `${of(before, inTable)} from ${quoteTable(relation)}` : '',
  };
}

function newestOf(select: string, stage: TableRef, shape: TableShape): string {
  const key = stagedKey(shape);
  if (key === '') return `${select} from ${quoteTable(stage)} where false`;
  const order = `${key}, ${newestFirst(shape, quoteTable(stage))}`;
  return `select * from (${select.replace(/^select/, `select distinct on (${key})`)} from ${quoteTable(stage)} order by ${order}) as newest`;
}

/** An older record that arrives late does not replace a newer one: it is not added, and takes nothing out. */
function merged({ table }: Selects, winners: string, shape: TableShape) {
  const same = keyNames(shape)
    .map((name) => `t.${name} = w.${name}`)
    .join(' and ');
  const cursor = orderOf(shape);
  const wins = cursor ? `coalesce(${cursor.notOlder('w', 't')}, false)` : 'true';
  const added = `select w.* from (${winners}) as w where not exists (select from (${table}) as t where ${same} and not (${wins}))`;
  const kept = `select t.* from (${table}) as t where not exists (select from (${winners}) as w where ${same} and ${wins})`;
  const removed = `select t.* from (${winners}) as w join (${table}) as t on ${same} where ${wins}`;
  return { added, removed, after: `${kept} union all ${added}` };
}

function query(sql: string): Relation {
  return { kind: 'query', sql };
}

import type { StreamState } from '#lib/catalog.ts';
import { parseJson, stringifyJson } from '#lib/json.ts';
import type { Column } from '#lib/records/index.ts';
import type { AttemptRef, Counts, Published } from '../destination.ts';
import { quote, type TableRef } from './identifier.ts';
import { postgresCode } from './postgres-errors.ts';

/** A pool, or a client inside a transaction. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>;
}

/** Identifies a stream of a connection at the destination: namespace and table as the connection names them. */
export interface StreamRef {
  readonly connectionId: string;
  readonly namespace: string;
  readonly name: string;
}

/** A table that Weir loads, by the name that connections give it, and its columns. */
export interface RelationRow extends TableRef {
  readonly columns: readonly Column[];
  /** Key columns of the unique index that Weir keeps on it; null without one. */
  readonly key: readonly string[] | null;
  /** False until Weir has created it. */
  readonly created: boolean;
  /** Whether a table of that name was there when the row was read. */
  readonly isThere: boolean;
  /** By somebody who made the table anew. */
  readonly isPartitioned: boolean;
  /** Somebody has put something else in the table's place, such as a view. */
  readonly isOther: boolean;
}

export const OWN_SCHEMA = '_weir';
/** Rises when the tables below change; a schema of an older version is brought up to it. */
const OWN_VERSION = 9;
const CREATE_LOCK = 7_301_964_551;
/**
 * In the order in which quarantined rows came from the source, whatever has put them aside since. Versions before had no instants or no
 * numbers, and their workers may still be at it.
 */
export const AS_THEY_CAME = 'coalesce(emitted_at, at), coalesce(came, seq), id';

/**
 * In a statement of its own: its commit waits for no disk. A crash of the server may take back the last moment's, but never what came
 * before a publish, and it empties the stages anyway.
 */
export const LAZILY = `(select set_config('synchronous_commit', 'off', true)) lazily`;

/** Everything of ours that is not data, in one schema. Inside a transaction; safe to run by several at once. */
export async function createOwnTables(db: Queryable): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(${CREATE_LOCK})`);
  await ensureSchema(db, OWN_SCHEMA);
  await db.query(`
    create table if not exists _weir.fence (
      connection_id text primary key,
      fence bigint not null, sync_id bigint not null, attempt int not null,
      begun_at timestamptz not null default now()
    );
    create table if not exists _weir.relation (
      namespace text not null, name text not null,
      table_schema text not null, table_name text not null,
      columns json not null, key json, created boolean not null default false,
      primary key (namespace, name), unique (table_schema, table_name)
    );
    create table if not exists _weir.stream (
      connection_id text not null, namespace text not null, name text not null,
      state json, generation bigint not null, complete boolean not null, counts json not null,
      sync_id bigint not null, attempt int not null, publish_id uuid not null, published json not null,
      published_at timestamptz not null default now(),
      primary key (connection_id, namespace, name)
    );
    create table if not exists _weir.stage (
      connection_id text not null, namespace text not null, name text not null,
      sync_id bigint not null, fence bigint not null, stage_table text not null, columns json not null,
      saved boolean not null default false, state json, counts json not null,
      open_slices int[] not null default '{}', next_slice int not null default 0,
      last_seq bigint not null default 0, staged bigint not null default 0, had_table boolean not null,
      saved_at timestamptz not null default now(),
      primary key (connection_id, namespace, name)
    );
    create table if not exists _weir.quarantine (
      id bigint generated always as identity primary key,
      connection_id text not null, namespace text not null, name text not null,
      sync_id bigint not null, slice_id int not null, seq bigint not null,
      slice text not null, page int not null, row int not null,
      code text not null, reason text not null, record text not null,
      at timestamptz not null default now()
    );
    create index if not exists quarantine_stream on _weir.quarantine (connection_id, namespace, name, sync_id);
    alter table _weir.stage add column if not exists sides json not null default '[]';
    alter table _weir.stage add column if not exists replaced boolean not null default false;
    alter table _weir.quarantine add column if not exists published boolean not null default true;
    alter table _weir.quarantine add column if not exists emitted_at timestamptz;
    alter table _weir.quarantine add column if not exists again boolean not null default false;
    alter table _weir.quarantine add column if not exists came bigint;
    drop index if exists _weir.quarantine_order, _weir.quarantine_came;
    create index if not exists quarantine_as_it_came on _weir.quarantine (connection_id, namespace, name, ${AS_THEY_CAME});
    create table if not exists _weir.version (version int not null);
    truncate _weir.version;
    insert into _weir.version values (${OWN_VERSION})`);
}

/**
 * Inside a transaction; safe to run by several at once: `create schema if not exists` fails where another makes it at that moment, and
 * asks for the right to create one even where it is there already.
 */
export async function ensureSchema(db: Queryable, schema: string): Promise<void> {
  if (await hasSchema(db, schema)) return;
  await db.query(`select pg_advisory_xact_lock(hashtextextended($1, ${CREATE_LOCK}))`, [schema]);
  if (!(await hasSchema(db, schema))) await db.query(`create schema ${quote(schema)}`);
}

async function hasSchema(db: Queryable, schema: string): Promise<boolean> {
  const { rowCount } = await db.query('select 1 from pg_namespace where nspname = $1', [schema]);
  return Boolean(rowCount);
}

/** Whether our schema is there as this version of Weir needs it. */
export async function hasOwnTables(db: Queryable): Promise<boolean> {
  const there = await db.query('select to_regclass($1) is not null as there', [`${OWN_SCHEMA}.version`]);
  if (!(there.rows[0] as { there: boolean }).there) return false;
  const { rows } = await db.query('select version from _weir.version');
  return (rows[0] as { version: number } | undefined)?.version === OWN_VERSION;
}

/**
 * Writes the attempt's fence unless a newer one stands there; says whether it did. Null when our schema is not there as this
 * version of Weir needs it.
 */
export async function raiseFence(db: Queryable, attempt: AttemptRef): Promise<boolean | null> {
  try {
    const { rows } = await db.query(
      `with version as (select from _weir.version, ${LAZILY} where version = ${OWN_VERSION}),
       raised as (
         insert into _weir.fence as f (connection_id, fence, sync_id, attempt)
         select $1, $2::bigint, $3::bigint, $4::int from version
         on conflict (connection_id) do update
           set fence = excluded.fence, sync_id = excluded.sync_id, attempt = excluded.attempt, begun_at = now()
           where f.fence <= excluded.fence
         returning 1
       )
       select exists (select from version) as known, exists (select from raised) as raised`,
      [attempt.connectionId, attempt.fence, attempt.syncId, attempt.attempt],
    );
    const { known, raised } = rows[0] as { known: boolean; raised: boolean };
    return known ? raised : null;
  } catch (error) {
    if (MISSING.has(postgresCode(error))) return null;
    throw error;
  }
}

/** No such table, no such schema. */
const MISSING = new Set(['42P01', '3F000']);

/** Locks the connection's fence until the transaction ends, and gives it. */
export async function lockFence(db: Queryable, connectionId: string): Promise<number | null> {
  const { rows } = await db.query('select fence from _weir.fence where connection_id = $1 for update', [connectionId]);
  const [row] = rows as { fence: string }[];
  return row ? Number(row.fence) : null;
}

/** `lock` keeps other connections that load the same table waiting until the transaction ends. */
export async function findRelation(
  db: Queryable,
  { namespace, name }: Pick<StreamRef, 'namespace' | 'name'>,
  lock: 'lock' | 'look' = 'look',
): Promise<RelationRow | null> {
  const { rows } = await db.query(
    `select ${RELATION} from _weir.relation r where namespace = $1 and name = $2 ${lock === 'lock' ? 'for update' : ''}`,
    [namespace, name],
  );
  const [row] = rows as RelationText[];
  return row ? readRelation(row) : null;
}

const RELATION = `r.table_schema as schema, r.table_name as table, r.columns::text as columns, r.key::text as key, r.created,
  (select c.relkind::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = r.table_schema and c.relname = r.table_name) as kind`;

type RelationText = TableRef & { columns: string; key: string | null; created: boolean; kind: string | null };

function readRelation({ schema, table, columns, key, created, kind }: RelationText): RelationRow {
  return {
    ...{ schema, table, created, isThere: kind !== null, isPartitioned: kind === 'p' },
    isOther: kind !== null && kind !== 'r' && kind !== 'p',
    ...{ columns: JSON.parse(columns), key: key === null ? null : JSON.parse(key) },
  };
}

/** The relations beside a stream's own, by the beginning of their names. */
export async function relationNames(db: Queryable, namespace: string, beginning: string): Promise<string[]> {
  const { rows } = await db.query('select name from _weir.relation where namespace = $1 and starts_with(name, $2)', [
    namespace,
    beginning,
  ]);
  return (rows as { name: string }[]).map((row) => row.name);
}

/** Names of the tables that are given away in a schema, in lower case. */
export async function takenTables(db: Queryable, schema: string): Promise<Set<string>> {
  const { rows } = await db.query('select lower(table_name) as name from _weir.relation where table_schema = $1', [
    schema,
  ]);
  return new Set((rows as { name: string }[]).map((row) => row.name));
}

/** Does nothing where either the relation or the table is there already: somebody was faster. */
export async function insertRelation(
  db: Queryable,
  stream: Pick<StreamRef, 'namespace' | 'name'>,
  table: TableRef,
): Promise<void> {
  await db.query(
    `insert into _weir.relation (namespace, name, table_schema, table_name, columns) values ($1, $2, $3, $4, '[]')
     on conflict do nothing`,
    [stream.namespace, stream.name, table.schema, table.table],
  );
}

export async function saveRelation(
  db: Queryable,
  table: TableRef,
  relation: { columns: readonly Column[]; key: readonly string[] | null },
): Promise<void> {
  await db.query(
    'update _weir.relation set columns = $3, key = $4, created = true where table_schema = $1 and table_name = $2',
    [table.schema, table.table, JSON.stringify(relation.columns), relation.key && JSON.stringify(relation.key)],
  );
}

/** Type of each column by name, as the database spells it, and whether it takes no values; null when there is no such table. */
export async function tableColumns(db: Queryable, { schema, table }: TableRef): Promise<Map<string, string> | null> {
  const { rows } = await db.query(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod)
         || case when a.attgenerated <> '' or a.attidentity = 'a' then ' generated always' else '' end as type
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where n.nspname = $1 and c.relname = $2`,
    [schema, table],
  );
  if (rows.length === 0) return null;
  return new Map((rows as { name: string; type: string }[]).map((row) => [row.name, row.type]));
}

/** What a stream last published. */
export interface StreamRow {
  readonly state: StreamState | null;
  readonly generation: number;
  /** The sync had nothing more to publish. */
  readonly complete: boolean;
  readonly counts: Counts;
  readonly syncId: number;
  readonly publishId: string;
  readonly published: Published;
}

export async function findStream(db: Queryable, stream: StreamRef): Promise<StreamRow | null> {
  const { rows } = await db.query(
    `select ${STREAM} from _weir.stream s where connection_id = $1 and namespace = $2 and name = $3`,
    [stream.connectionId, stream.namespace, stream.name],
  );
  const [row] = rows as StreamText[];
  return row ? readStream(row) : null;
}

/** What a stream last published, and the table that it published to. */
export async function findPublished(
  db: Queryable,
  stream: StreamRef,
  relation: Pick<StreamRef, 'namespace' | 'name'>,
): Promise<{ stream: StreamRow; relation: RelationRow | null } | null> {
  const { rows } = await db.query(
    `select ${STREAM}, ${RELATION}
     from _weir.stream s left join _weir.relation r on r.namespace = $4 and r.name = $5
     where s.connection_id = $1 and s.namespace = $2 and s.name = $3`,
    [stream.connectionId, stream.namespace, stream.name, relation.namespace, relation.name],
  );
  const [row] = rows as (StreamText & (RelationText | { schema: null }))[];
  if (!row) return null;
  return { stream: readStream(row), relation: row.schema === null ? null : readRelation(row) };
}

const STREAM = `s.state::text as state, s.generation, s.complete, s.counts::text as counts, s.sync_id, s.publish_id,
  s.published::text as published`;

type StreamText = Record<'generation' | 'counts' | 'sync_id' | 'publish_id' | 'published', string> & {
  state: string | null;
  complete: boolean;
};

function readStream(row: StreamText): StreamRow {
  return {
    state: readState(row.state),
    generation: Number(row.generation),
    complete: row.complete,
    counts: JSON.parse(row.counts),
    syncId: Number(row.sync_id),
    publishId: row.publish_id,
    published: JSON.parse(row.published),
  };
}

/**
 * `alone`: an overwrite replaces what other connections had put there, and their states no longer describe the table, nor do the stages
 * of those that are just adding to it. One that is complete has no stage any more.
 */
export async function saveStream(
  db: Queryable,
  stream: StreamRef,
  save: Omit<StreamRow, 'syncId'> & { attempt: AttemptRef; alone: boolean },
): Promise<void> {
  await db.query(
    `with others as (
       delete from _weir.stream where $12 and namespace = $2 and name = $3 and connection_id <> $1
     ), staged as (
       update _weir.stage set replaced = true where $12 and namespace = $2 and name = $3 and connection_id <> $1
     ), stage as (
       delete from _weir.stage where $6 and connection_id = $1 and namespace = $2 and name = $3
     )
     insert into _weir.stream
       (connection_id, namespace, name, state, generation, complete, counts, sync_id, attempt, publish_id, published)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (connection_id, namespace, name) do update set
       state = excluded.state, generation = excluded.generation, complete = excluded.complete, counts = excluded.counts,
       sync_id = excluded.sync_id, attempt = excluded.attempt, publish_id = excluded.publish_id,
       published = excluded.published, published_at = now()`,
    [
      stream.connectionId,
      stream.namespace,
      stream.name,
      save.state && stringifyJson(save.state),
      save.generation,
      save.complete,
      JSON.stringify(save.counts),
      save.attempt.syncId,
      save.attempt.attempt,
      save.publishId,
      JSON.stringify(save.published),
      save.alone,
    ],
  );
}

/** The sync that published the stream's table last, if no other connection loads it; null otherwise. */
export async function soleWriter(db: Queryable, { namespace, name, connectionId }: StreamRef): Promise<number | null> {
  const { rows } = await db.query(
    'select connection_id, sync_id, complete from _weir.stream where namespace = $1 and name = $2',
    [namespace, name],
  );
  const [only, ...others] = rows as { connection_id: string; sync_id: string; complete: boolean }[];
  if (!only || others.length > 0 || only.connection_id !== connectionId || !only.complete) return null;
  return Number(only.sync_id);
}

/** A state's text with its numbers digit for digit. */
export function readState(text: string | null): StreamState | null {
  return text === null ? null : (parseJson(text) as StreamState);
}

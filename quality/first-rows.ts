import type { Db } from '#lib/db/connect.ts';
import { workspaceGuard } from '#lib/db/workspace-guard.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { usableConfig } from '#lib/secrets.ts';
import type { Engine, TableColumn } from './engine.ts';
import { inDestination, type MeasureContext } from './in-destination.ts';
import { parseSuite } from './parse-suite.ts';
import { type Personal, personalNames, shownColumns, shownRow } from './shown-row.ts';

const ROWS = 20;
/** Somebody looks on, and a load must not wait for them. */
const STATEMENT_MS = 10_000;
/** Of a bucket one file is fetched, the newest; a larger one is for other tools. */
const FILE_BYTES = 64 * 1024 * 1024;

/** A stream as its connection has it. */
export interface StreamName {
  readonly connectionId: string;
  readonly namespace: string;
  readonly name: string;
}

/** Some rows of a stream's table as people may see them. */
export interface FirstRows {
  readonly columns: readonly (TableColumn & { readonly personal: boolean })[];
  /** At most twenty, in no order; personal values are masked, long ones cut. */
  readonly rows: readonly JsonObject[];
  /** The table holds more. */
  readonly more: boolean;
}

type FirstRowsContext = Omit<MeasureContext, 'onRead'>;

/**
 * Reads some rows of what a stream has published, in a transaction that can write nothing.
 * @throws WeirError `not_published`, `table_missing`, `rows_slow`, `file_too_large`, and when the destination can't be reached
 */
export async function firstRows(
  c: FirstRowsContext,
  workspaceId: string,
  stream: StreamName,
  signal: AbortSignal,
): Promise<FirstRows> {
  const {
    destinationId,
    destinationType,
    config: sealed,
    names,
    files,
  } = await publishedStream(c.db, workspaceId, stream);
  const config = usableConfig(c.secrets, sealed, `destination:${destinationId}`);
  const guard = await workspaceGuard(c, workspaceId);
  const personal = await personalColumns(c.db, workspaceId, destinationId, names);
  const shown = await inDestination(
    { ...c, onRead: () => undefined },
    { destinationId, destinationType, connectionId: stream.connectionId, newestFile: { mostBytes: FILE_BYTES } },
    { config, guard, signal, statementTimeoutMs: STATEMENT_MS },
    (engine) => readRows(engine, names[0] ?? stream.name, personal),
  );
  return { ...shown, more: shown.more || files > 1 };
}

async function readRows(engine: Engine, table: string, personal: Personal): Promise<FirstRows> {
  try {
    const relation = await engine.find(table);
    const columns = shownColumns(await engine.columnsOf(relation));
    const isPersonal = personalNames(personal);
    const names = columns.map(({ name }) => engine.dialect.quote(name)).join(', ') || '1';
    const rows = await engine.rows(`select ${names} from ${engine.dialect.source(relation)} limit ${ROWS + 1}`);
    return {
      columns: columns.map((column) => ({ ...column, personal: isPersonal(column.name) })),
      rows: rows.slice(0, ROWS).map((row) => shownRow(row, personal)),
      more: rows.length > ROWS,
    };
  } catch (error) {
    if (error instanceof WeirError) throw error;
    const failure = engine.failureOf(error);
    throw new WeirError({ ...failure, ...(failure.code === 'statement_timeout' && SLOW), cause: error });
  }
}

const SLOW = {
  ...{ code: 'rows_slow', message: `The destination gave no rows within ${STATEMENT_MS / 1000} s.` },
  hint: 'It may be busy, or a load holds the table: try again, or look with one of the lines to copy.',
};

/** The stream's newest publish, and what its table is called, the surest name first. */
async function publishedStream(db: Db, workspaceId: string, { connectionId, namespace, name }: StreamName) {
  const row = await db
    .selectFrom('sync_stream as stream')
    .innerJoin('syncs', 'syncs.id', 'stream.sync_id')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .innerJoin('destination', 'destination.id', 'connection.destination_id')
    .select(['destination.id as destinationId', 'destination.type as destinationType', 'destination.config'])
    .select(['connection.prefix', 'stream.relation'])
    .where('stream.workspace_id', '=', workspaceId)
    .where('connection.id', '=', connectionId)
    .where('stream.namespace', '=', namespace)
    .where('stream.name', '=', name)
    .where('stream.published_at', 'is not', null)
    .orderBy('stream.published_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) throw notPublished(name);
  const { schema, table, files } = row.relation ?? {};
  const plain = `${row.prefix}${name}`;
  const names =
    typeof table === 'string'
      ? [`${schema}.${table}`, table]
      : [...(namespace ? [`${namespace}.${plain}`] : []), plain];
  // Of a bucket's files, only one is looked into.
  return { ...row, names: [...names, plain, name], files: Array.isArray(files) ? files.length : 1 };
}

/** What the suites that check the table say of its columns: where one says personal, it is. */
async function personalColumns(
  db: Db,
  workspaceId: string,
  destinationId: string,
  names: readonly string[],
): Promise<Personal> {
  const suites = await db
    .selectFrom('suite')
    .select('text')
    .where('workspace_id', '=', workspaceId)
    .where('destination_id', '=', destinationId)
    .execute();
  const rules = suites
    .map(({ text }) => parseSuite(text).readable)
    .filter((suite) => suite?.checks.some(({ table }) => names.includes(table)))
    .flatMap((suite) => suite?.samples ?? []);
  return { personal: rules.flatMap((rule) => rule.personal), plain: rules.flatMap((rule) => rule.plain) };
}

function notPublished(stream: string): WeirError {
  return new WeirError({
    ...{ kind: 'config', code: 'not_published', message: `${stream} has published no rows yet.` },
    hint: 'Sync its connection first, or look why its last sync failed.',
    where: { stream },
  });
}

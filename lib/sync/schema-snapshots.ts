import type { ConfiguredStream } from '#lib/catalog.ts';
import type { Db } from '#lib/db/connect.ts';
import type { SchemaColumn } from '#lib/db/schema.ts';
import type { Attempt } from './attempt-store.ts';

/** Of a wider table only so many are kept: pages show no more. */
const MOST_COLUMNS = 2_000;

/** Keeps the columns that a stream has now, if they are others than before. */
export async function saveSchema(
  db: Db,
  { workspaceId, connectionId, syncId }: Attempt,
  { stream, destinationSyncMode }: ConfiguredStream,
  published: readonly SchemaColumn[],
): Promise<void> {
  const of = { connection_id: connectionId, namespace: stream.namespace ?? '', stream: stream.name };
  const last = await db
    .selectFrom('stream_schema')
    .select('columns')
    .where((eb) => eb.and(of))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const columns = nextColumns(last?.columns ?? [], published, destinationSyncMode.startsWith('overwrite'));
  if (columns.length === 0 || (last && isSame(last.columns, columns))) return;
  await db
    .insertInto('stream_schema')
    .values({ ...of, workspace_id: workspaceId, sync_id: syncId, columns: JSON.stringify(columns) })
    .execute();
}

/** What is replaced has the new columns only; what is added to keeps the old ones too. */
export function nextColumns(
  before: readonly SchemaColumn[],
  published: readonly SchemaColumn[],
  isReplaced: boolean,
): SchemaColumn[] {
  if (isReplaced) return published.slice(0, MOST_COLUMNS);
  const all = new Map([...before, ...published].map((column) => [column.name, column]));
  return [...all.values()].slice(0, MOST_COLUMNS);
}

/** The order of columns says nothing. */
function isSame(before: readonly SchemaColumn[], after: readonly SchemaColumn[]): boolean {
  const types = new Map(before.map(({ name, type }) => [name, type]));
  return before.length === after.length && after.every(({ name, type }) => types.get(name) === type);
}

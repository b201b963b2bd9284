import { randomUUID } from 'node:crypto';
import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { maskConfig, type Secrets } from '#lib/secrets.ts';
import { latestVersion } from './connectors.ts';
import { inUse, isStillReferenced, nameIssues, notFound, refuseIssues, withFreeName } from './refusals.ts';
import { checkedAndSealed } from './sealed-config.ts';

export interface SourceSummary {
  readonly id: string;
  readonly name: string;
  readonly connector: { readonly id: string; readonly name: string };
  readonly connections: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface Source extends Omit<SourceSummary, 'connections'> {
  /** Secrets masked. */
  readonly config: JsonObject;
  readonly spec: JsonObject;
  readonly connections: readonly { id: string; name: string }[];
}

type SourceContext = { readonly db: Db; readonly secrets: Secrets };

export async function listSources({ db }: { db: Db }, workspaceId: string): Promise<SourceSummary[]> {
  const rows = await selectSources(db, workspaceId)
    .select((row) =>
      row
        .selectFrom('connection')
        .whereRef('connection.source_id', '=', 'source.id')
        .select((count) => count.fn.countAll<number>().as('n'))
        .as('connections'),
    )
    .orderBy('source.name')
    .execute();
  return rows.map(({ connectorId, connectorName, connections, ...row }) => ({
    ...row,
    connector: { id: connectorId, name: connectorName },
    connections: connections ?? 0,
  }));
}

/** One source as answers show it: secrets masked. */
export async function getSource({ db }: { db: Db }, workspaceId: string, id: string): Promise<Source> {
  const row = await selectSources(db, workspaceId)
    .select('source.config')
    .where('source.id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound('source');
  const [spec, connections] = await Promise.all([specOf(db, workspaceId, row.connectorId), connectionsOf(db, id)]);
  const { connectorId, connectorName, config, ...rest } = row;
  return {
    ...rest,
    connector: { id: connectorId, name: connectorName },
    config: maskConfig(spec, config),
    spec,
    connections,
  };
}

/** @throws WeirError `invalid_input` with every problem of the config by field */
export async function createSource(
  { db, secrets }: SourceContext,
  workspaceId: string,
  input: { name: string; connectorId: string; config: JsonObject },
  /** What masks in the config stand for, open: what a consent filled. */
  filled: JsonObject | null = null,
): Promise<{ id: string }> {
  refuseIssues('The source was not made.', nameIssues(input.name));
  const id = randomUUID();
  const spec = await specOf(db, workspaceId, input.connectorId);
  const config = checkedAndSealed(secrets, { spec, aad: sourceAad(id), stored: filled, sent: input.config });
  await withFreeName('source', input.name, () =>
    db
      .insertInto('source')
      .values({
        id,
        workspace_id: workspaceId,
        connector_id: input.connectorId,
        name: input.name.trim(),
        config: JSON.stringify(config),
      })
      .execute(),
  );
  return { id };
}

/** Changes name or config. A secret that comes back masked stays as it is. */
export async function updateSource(
  { db, secrets }: SourceContext,
  workspaceId: string,
  id: string,
  change: { name?: string; config?: JsonObject },
  filled: JsonObject | null = null,
): Promise<void> {
  const stored = await findStored(db, workspaceId, id);
  const name = change.name ?? stored.name;
  refuseIssues('The source was not saved.', nameIssues(name));
  const config =
    change.config === undefined
      ? stored.config
      : checkedAndSealed(secrets, {
          spec: await specOf(db, workspaceId, stored.connector_id),
          aad: sourceAad(id),
          stored: filled ?? stored.config,
          sent: change.config,
        });
  await withFreeName('source', name, () =>
    db
      .updateTable('source')
      .set({ name: name.trim(), config: JSON.stringify(config), updated_at: new Date() })
      .where('id', '=', id)
      .execute(),
  );
}

/** @throws WeirError `in_use`, which names the connections */
export async function deleteSource({ db }: { db: Db }, workspaceId: string, id: string): Promise<void> {
  await findStored(db, workspaceId, id);
  const names = (await connectionsOf(db, id)).map(({ name }) => name);
  if (names.length > 0) throw inUse('source', names.length > 1 ? 'the connections' : 'the connection', names);
  try {
    await db.deleteFrom('source').where('workspace_id', '=', workspaceId).where('id', '=', id).execute();
  } catch (error) {
    throw isStillReferenced(error) ? inUse('source', 'a connection', ['made a moment ago']) : error;
  }
}

/** Binds a source's secrets to its row. */
export function sourceAad(id: string): string {
  return `source:${id}`;
}

/** What the row holds, secrets sealed. */
export async function findStored(db: Db, workspaceId: string, id: string) {
  const row = await db
    .selectFrom('source')
    .select(['id', 'name', 'connector_id', 'config'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound('source');
  return row;
}

async function specOf(db: Db, workspaceId: string, connectorId: string): Promise<JsonObject> {
  const version = await latestVersion({ db }, workspaceId, connectorId);
  if (version) return version.spec;
  throw new WeirError({
    kind: 'config',
    code: 'no_version',
    message: 'This connector has no version yet.',
    hint: 'Save a version of its manifest first.',
    issues: [{ path: 'connectorId', message: 'Save a version of this connector first.' }],
  });
}

function selectSources(db: Db, workspaceId: string) {
  return db
    .selectFrom('source')
    .innerJoin('connector', 'connector.id', 'source.connector_id')
    .select([
      'source.id',
      'source.name',
      'source.created_at as createdAt',
      'source.updated_at as updatedAt',
      'connector.id as connectorId',
      'connector.name as connectorName',
    ])
    .where('source.workspace_id', '=', workspaceId);
}

function connectionsOf(db: Db, sourceId: string) {
  return db.selectFrom('connection').select(['id', 'name']).where('source_id', '=', sourceId).orderBy('name').execute();
}

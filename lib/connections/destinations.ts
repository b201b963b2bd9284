import { randomUUID } from 'node:crypto';
import type { Db } from '#lib/db/connect.ts';
import type { DestinationKind } from '#lib/destinations/destination.ts';
import { destinationKinds } from '#lib/destinations/kinds.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { maskConfig, type Secrets } from '#lib/secrets.ts';
import { inUse, isStillReferenced, nameIssues, notFound, refuseIssues, withFreeName } from './refusals.ts';
import { checkedAndSealed } from './sealed-config.ts';

export interface DestinationSummary {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly connections: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface StoredDestination extends Omit<DestinationSummary, 'connections'> {
  /** Secrets masked. */
  readonly config: JsonObject;
  readonly spec: JsonObject;
  readonly connections: readonly { id: string; name: string }[];
}

type DestinationContext = { readonly db: Db; readonly secrets: Secrets };

export async function listDestinations({ db }: { db: Db }, workspaceId: string): Promise<DestinationSummary[]> {
  const rows = await db
    .selectFrom('destination')
    .select(['id', 'name', 'type', 'created_at as createdAt', 'updated_at as updatedAt'])
    .select((row) =>
      row
        .selectFrom('connection')
        .whereRef('connection.destination_id', '=', 'destination.id')
        .select((count) => count.fn.countAll<number>().as('n'))
        .as('connections'),
    )
    .where('workspace_id', '=', workspaceId)
    .orderBy('name')
    .execute();
  return rows.map((row) => ({ ...row, connections: row.connections ?? 0 }));
}

/** One destination as answers show it: secrets masked. */
export async function getDestination({ db }: { db: Db }, workspaceId: string, id: string): Promise<StoredDestination> {
  const { created_at, updated_at, ...row } = await findStoredDestination(db, workspaceId, id);
  const { spec } = destinationKind(row.type);
  return {
    ...row,
    createdAt: created_at,
    updatedAt: updated_at,
    config: maskConfig(spec, row.config),
    spec,
    connections: await connectionsTo(db, id),
  };
}

/** @throws WeirError `invalid_input` with every problem of the config by field */
export async function createDestination(
  { db, secrets }: DestinationContext,
  workspaceId: string,
  input: { name: string; type: string; config: JsonObject },
): Promise<{ id: string }> {
  refuseIssues('The destination was not made.', nameIssues(input.name));
  const id = randomUUID();
  const { spec } = destinationKind(input.type);
  const config = checkedAndSealed(secrets, { spec, aad: destinationAad(id), stored: null, sent: input.config });
  await withFreeName('destination', input.name, () =>
    db
      .insertInto('destination')
      .values({
        id,
        workspace_id: workspaceId,
        type: input.type,
        name: input.name.trim(),
        config: JSON.stringify(config),
      })
      .execute(),
  );
  return { id };
}

/** Changes name or config. A secret that comes back masked stays as it is, unless it would go to another host. */
export async function updateDestination(
  { db, secrets }: DestinationContext,
  workspaceId: string,
  id: string,
  change: { name?: string; config?: JsonObject },
): Promise<void> {
  const stored = await findStoredDestination(db, workspaceId, id);
  const name = change.name ?? stored.name;
  refuseIssues('The destination was not saved.', nameIssues(name));
  const config =
    change.config === undefined
      ? stored.config
      : checkedAndSealed(secrets, {
          spec: destinationKind(stored.type).spec,
          aad: destinationAad(id),
          stored: sameAddress(stored.config, change.config) ? stored.config : null,
          sent: change.config,
        });
  await withFreeName('destination', name, () =>
    db
      .updateTable('destination')
      .set({ name: name.trim(), config: JSON.stringify(config), updated_at: new Date() })
      .where('id', '=', id)
      .execute(),
  );
}

/** @throws WeirError `in_use`, which names the connections */
export async function deleteDestination({ db }: { db: Db }, workspaceId: string, id: string): Promise<void> {
  await findStoredDestination(db, workspaceId, id);
  const names = (await connectionsTo(db, id)).map(({ name }) => name);
  if (names.length > 0) throw inUse('destination', names.length > 1 ? 'the connections' : 'the connection', names);
  try {
    await db.deleteFrom('destination').where('workspace_id', '=', workspaceId).where('id', '=', id).execute();
  } catch (error) {
    throw isStillReferenced(error) ? inUse('destination', 'a connection', ['made a moment ago']) : error;
  }
}

/** @throws WeirError `invalid_input` for a type that Weir does not know */
export function destinationKind(type: string): DestinationKind {
  const kind = destinationKinds.find((known) => known.type === type);
  if (kind) return kind;
  const known = destinationKinds.map((each) => each.type).join(', ');
  throw new WeirError({
    kind: 'config',
    code: 'invalid_input',
    message: `There is no kind of destination named ${type}.`,
    issues: [{ path: 'type', message: `One of: ${known}.` }],
  });
}

/** Binds a destination's secrets to its row. */
export function destinationAad(id: string): string {
  return `destination:${id}`;
}

/** What the row holds, secrets sealed. */
export async function findStoredDestination(db: Db, workspaceId: string, id: string) {
  const row = await db
    .selectFrom('destination')
    .select(['id', 'name', 'type', 'config', 'created_at', 'updated_at'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound('destination');
  return row;
}

/** Stored secrets go nowhere but where they were entered for: a changed host asks for them again. */
export function sameAddress(stored: JsonObject, sent: JsonObject): boolean {
  return ['host', 'port', 'endpoint'].every((field) => (stored[field] ?? null) === (sent[field] ?? null));
}

function connectionsTo(db: Db, destinationId: string) {
  return db
    .selectFrom('connection')
    .select(['id', 'name'])
    .where('destination_id', '=', destinationId)
    .orderBy('name')
    .execute();
}

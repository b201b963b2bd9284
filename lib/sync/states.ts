import { sql } from 'kysely';
import type { StreamName, StreamState } from '#lib/catalog.ts';
import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import { parseJson, stringifyJson } from '#lib/json.ts';
import type { NextState } from './order.ts';
import { ACTIVE } from './store.ts';

/** Where each stream of a connection stands; streams without a state are left out. */
export async function connectionStates(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
): Promise<NextState[]> {
  const { rows } = await sql<StreamName & { state: string | null }>`
    select cs.namespace, cs.name, case when n.connection_id is null then s.state else n.state end as state
    from connection_stream cs
    left join next_state n using (connection_id, namespace, name)
    left join lateral (
      select ss.state from sync_stream ss join syncs on syncs.id = ss.sync_id
      where syncs.connection_id = cs.connection_id and ss.namespace = cs.namespace and ss.name = cs.name
        and (ss.published_at is not null or ss.state is not null)
      order by ss.sync_id desc limit 1
    ) s on true
    where cs.workspace_id = ${workspaceId} and cs.connection_id = ${connectionId}
    order by cs.position`.execute(db);
  return rows.map((row) => ({ ...row, state: readState(row.state) })).filter(({ state }) => state !== null);
}

/** The next sync begins from these states. @throws WeirError `sync_running`: a sync writes states of its own */
export async function setStates(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
  change: { states: readonly NextState[]; by: string },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const active = await tx
      .selectFrom('syncs')
      .select('id')
      .where('connection_id', '=', connectionId)
      .where('status', 'in', ACTIVE)
      .executeTakeFirst();
    if (active) throw stateInUse(active.id);
    await insertNextStates(tx, { workspaceId, connectionId }, change);
  });
}

async function insertNextStates(
  db: Db,
  { workspaceId, connectionId }: { workspaceId: string; connectionId: string },
  { states, by }: { states: readonly NextState[]; by: string },
): Promise<void> {
  if (states.length === 0) return;
  await db
    .insertInto('next_state')
    .values(
      states.map(({ namespace, name, state }) => ({
        ...{ connection_id: connectionId, workspace_id: workspaceId, namespace, name, set_by: by },
        state: state && stringifyJson(state),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['connection_id', 'namespace', 'name']).doUpdateSet((row) => ({
        state: row.ref('excluded.state'),
        set_by: row.ref('excluded.set_by'),
        set_at: new Date(),
      })),
    )
    .execute();
}

export async function nextStates(db: Db, connectionId: string): Promise<NextState[]> {
  const rows = await db
    .selectFrom('next_state')
    .select(['namespace', 'name', 'state'])
    .where('connection_id', '=', connectionId)
    .execute();
  return rows.map((row) => ({ ...row, state: readState(row.state) }));
}

function readState(text: string | null): StreamState | null {
  return text === null ? null : (parseJson(text) as StreamState);
}

function stateInUse(syncId: number): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'state_in_use',
    message: `Sync ${syncId} of this connection is running and writes its states.`,
    hint: 'Wait until it has ended, or cancel it.',
  });
}

import type { Db } from '#lib/db/connect.ts';
import type { StreamTask } from '#lib/db/schema.ts';
import { workspaceGuard } from '#lib/db/workspace-guard.ts';
import type { Destination, QuarantineCount, QuarantineEntry, QuarantineStore } from '#lib/destinations/destination.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import { WeirError } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { usableConfig } from '#lib/secrets.ts';
import { notFound } from './refusals.ts';
import { openDestination, placed, type ResolveContext } from './resolve.ts';
import { configuredStreams, connectionRow } from './store.ts';
import type { SyncStream } from './sync-stream.ts';
import { startSync } from './syncs.ts';

const MOST_LISTED = 200;
const LOOK_DEADLINE_MS = 20_000;

export interface Quarantine {
  readonly counts: readonly QuarantineCount[];
  readonly rows: readonly QuarantineEntry[];
}

export interface QuarantineQuery {
  readonly table?: string;
  readonly syncId?: number;
  readonly before?: number;
  readonly limit?: number;
}

/** What the connection's destination holds in quarantine, newest first. @throws WeirError `not_found`, `no_quarantine` */
export function listQuarantine(
  c: ResolveContext,
  workspaceId: string,
  connectionId: string,
  { limit = 50, ...query }: QuarantineQuery = {},
): Promise<Quarantine> {
  return inQuarantine(c, workspaceId, connectionId, async (store) => {
    const filter = { connectionId, limit: Math.min(limit, MOST_LISTED), ...query };
    const [counts, rows] = await Promise.all([store.counts(connectionId), store.list(filter)]);
    return { counts, rows };
  });
}

/** Forgets rows for good: these, or all of these tables. Gives how many there were. */
export function forgetQuarantined(
  c: ResolveContext,
  workspaceId: string,
  connectionId: string,
  { ids, tables }: { readonly ids?: readonly number[]; readonly tables?: readonly string[] },
): Promise<number> {
  return inQuarantine(c, workspaceId, connectionId, async (store) => {
    const named = ids ? await store.remove(connectionId, ids) : 0;
    return named + (tables ? await store.clear(connectionId, tables) : 0);
  });
}

/**
 * Starts a sync that loads what is in quarantine once more; rows that still don't fit stay there. Tables are named as the
 * quarantine names them; all of them when absent.
 */
export async function replayQuarantine(
  c: ResolveContext & { queue: Queue },
  workspaceId: string,
  connectionId: string,
  tables: readonly string[] | undefined,
): Promise<{ syncId: number }> {
  const full = await inQuarantine(c, workspaceId, connectionId, async (store, home) => {
    const counts = await store.counts(connectionId);
    const wanted = counts.filter(({ table }) => tables?.includes(table) ?? true);
    return ({ namespace, table }: SyncStream) =>
      wanted.some((one) => one.table === table && one.namespace === (namespace || home));
  });
  const streams = (await placedStreams(c.db, connectionId)).filter(full);
  if (streams.length === 0) throw nothingThere();
  return startTask(c, workspaceId, connectionId, {
    task: { kind: 'replay' },
    streams: streams.map(({ configured: { stream } }) => ({ name: stream.name, namespace: stream.namespace ?? '' })),
  });
}

/** A sync that does something in place of the usual with some streams, or with all. */
export function startTask(
  c: { db: Db; queue: Queue },
  workspaceId: string,
  connectionId: string,
  { task, streams }: { task: StreamTask; streams?: readonly { name: string; namespace: string }[] },
): Promise<{ syncId: number }> {
  const kind = task.kind === 'refresh' ? 'refresh' : 'sync';
  return startSync(c, workspaceId, connectionId, 'manual', { kind, onlyStreams: streams ?? null, task });
}

async function placedStreams(db: Db, connectionId: string) {
  const [row, streams] = await Promise.all([connectionRow(db, connectionId), configuredStreams(db, connectionId)]);
  if (!row) throw notFound('connection');
  return streams.map(({ configured }) => placed(configured, row));
}

async function inQuarantine<T>(
  c: ResolveContext,
  workspaceId: string,
  connectionId: string,
  work: (store: QuarantineStore, defaultNamespace: string) => Promise<T>,
): Promise<T> {
  const row = await connectionRow(c.db, connectionId);
  if (!row || row.workspace_id !== workspaceId) throw notFound('connection');
  const kind = destinationKind(row.destination_type);
  if (!kind.keepsQuarantine) throw noQuarantine(row.destination_type);
  const config = usableConfig(c.secrets, row.destination_config, `destination:${row.destination_id}`);
  const destination: Destination = openDestination(
    c,
    await workspaceGuard(c, workspaceId),
    AbortSignal.timeout(LOOK_DEADLINE_MS),
    { type: row.destination_type, config },
  );
  try {
    if (!destination.quarantine) throw noQuarantine(row.destination_type);
    return await work(destination.quarantine, kind.defaultNamespace(config));
  } finally {
    await destination.close();
  }
}

function noQuarantine(type: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'no_quarantine',
    message: `A destination of type ${type} keeps no quarantine.`,
    hint: 'Values that do not fit become NULL there, with a note in the row.',
  });
}

function nothingThere(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'quarantine_empty',
    message: 'There is nothing in quarantine to load.',
    hint: 'Rows that were put aside for streams that the connection no longer takes, or loads into another table or schema by now, stay where they are.',
  });
}

import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { FLAPPING, type Outcome } from './life.ts';

/** What happened to an incident, for its timeline. */
export type EventKind =
  | 'opened'
  | 'worse'
  | 'explained'
  | 'flapping'
  | 'told'
  | 'acknowledged'
  | 'snoozed'
  | 'recovered'
  | 'resolved';

export interface NewEvent {
  readonly incidentId: number;
  readonly workspaceId: string;
  readonly at: Date;
  readonly kind: EventKind;
  readonly actor?: string;
  readonly message: string;
}

export async function insertEvents(tx: Db, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ incidentId, workspaceId, at, kind, actor = null, message }) => ({
    incident_id: incidentId,
    workspace_id: workspaceId,
    at,
    kind,
    actor,
    message,
  }));
  await tx.insertInto('incident_event').values(rows).execute();
}

/** Oldest first. */
export function eventsOf(db: Db, workspaceId: string, incidentId: number) {
  return db
    .selectFrom('incident_event')
    .select(['id', 'at', 'kind', 'actor', 'message'])
    .where('workspace_id', '=', workspaceId)
    .where('incident_id', '=', incidentId)
    .orderBy('id')
    .limit(200)
    .execute();
}

/** What a check said last, newest first, the run that ends now among it. */
export async function recentOutcomes(tx: Db, suiteId: string, key: string, limit: number): Promise<Outcome[]> {
  const rows = await tx
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .select('result.outcome')
    .where('result.suite_id', '=', suiteId)
    .where('result.key', '=', key)
    .where('run.trigger', 'not in', ['gate', 'backfill'])
    .orderBy('result.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ outcome }) => outcome);
}

/** Of these causes, those with an open incident, and whether it flaps. */
export async function openCauses(
  tx: Db,
  workspaceId: string,
  causes: readonly string[],
): Promise<Map<string, { isFlapping: boolean }>> {
  if (causes.length === 0) return new Map();
  const rows = await tx
    .selectFrom('incident')
    .select(['cause', 'flapping'])
    .where('workspace_id', '=', workspaceId)
    .where('cause', 'in', [...causes])
    .where('status', '<>', 'resolved')
    .execute();
  return new Map(rows.map(({ cause, flapping }) => [cause, { isFlapping: flapping }]));
}

/** Closes the open incidents of a suite's checks that it has no more, and gives them: nothing will ever say that they pass. */
export async function closeUndeclared(
  tx: Db,
  of: { workspaceId: string; suiteId: string; declared: readonly string[]; at: Date },
): Promise<number[]> {
  const { workspaceId, suiteId, declared, at } = of;
  const closed = await tx
    .updateTable('incident')
    .set({ status: 'resolved', resolved_at: at, resolution: 'recovered' })
    .where('workspace_id', '=', workspaceId)
    .where('suite_id', '=', suiteId)
    .where('status', '<>', 'resolved')
    .where('check_key', 'is not', null)
    .where(({ not, eb }) => not(eb('check_key', 'in', [...declared, ''])))
    .returning('id')
    .execute();
  const event = { workspaceId, at, kind: 'recovered' as const, message: 'Its check is no longer declared.' };
  await insertEvents(
    tx,
    closed.map(({ id }) => ({ incidentId: id, ...event })),
  );
  return closed.map(({ id }) => id);
}

/** Notes that a cause opens again and again, when it does. */
export async function noteFlapping(
  tx: Db,
  incident: { id: number; workspaceId: string; cause: string; at: Date },
): Promise<boolean> {
  const { id, workspaceId, cause, at } = incident;
  const since = new Date(at.getTime() - FLAPPING.hours * 3_600_000);
  const { count } = await tx
    .selectFrom('incident')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('workspace_id', '=', workspaceId)
    .where('cause', '=', cause)
    .where('opened_at', '>=', since)
    .executeTakeFirstOrThrow();
  if (Number(count) < FLAPPING.openings) return false;
  await tx.updateTable('incident').set({ flapping: true }).where('id', '=', id).execute();
  return true;
}

export interface Explanation {
  readonly text: string;
  readonly syncId: number | null;
  /** When it happened, where that says something. */
  readonly at: Date | null;
  /** It is an incident of its own, which people have been told of. */
  readonly isTold: boolean;
}

interface Explained {
  readonly connectionId: string;
  readonly syncId: number | null;
  readonly at: Date;
}

const EXPLAINS_HOURS = 24;

/** What went wrong on the way of the data: the connection's open incident, or a change of its schema that came with the load. */
export async function findExplanation(tx: Db, explained: Explained): Promise<Explanation | null> {
  const failed = await tx
    .selectFrom('incident')
    .select(['id', 'title', 'sync_id as syncId', sql<boolean>`told_at is not null`.as('isTold')])
    .where('cause', '=', `sync:${explained.connectionId}`)
    .where('status', '<>', 'resolved')
    .executeTakeFirst();
  if (failed) {
    const { id, title, syncId, isTold } = failed;
    return { text: `INC-${id}: ${title}`, syncId, at: null, isTold };
  }
  return findSchemaChange(tx, explained);
}

/** The newest change of the connection's schema that came with the load, or in the day before. */
export async function findSchemaChange(tx: Db, { connectionId, syncId, at }: Explained): Promise<Explanation | null> {
  const change = await tx
    .selectFrom('schema_change')
    .select(['stream', 'change', 'field', 'detail', 'sync_id as syncId', 'at'])
    .where('connection_id', '=', connectionId)
    .where('at', '>=', new Date(at.getTime() - EXPLAINS_HOURS * 3_600_000))
    .$if(syncId !== null, (query) =>
      query.where((or) => or.or([or('sync_id', '=', syncId), or('sync_id', 'is', null)])),
    )
    .orderBy('id', 'desc')
    .executeTakeFirst();
  if (!change) return null;
  const what = [change.change.replaceAll('_', ' '), change.field, change.detail].filter(Boolean).join(', ');
  return { text: `Schema change in ${change.stream}: ${what}`, syncId: change.syncId, at: change.at, isTold: false };
}

export async function saveExplanation(tx: Db, incidentId: number, { text, syncId }: Explanation): Promise<void> {
  await tx
    .updateTable('incident')
    .set({ explanation: text, explained_by_sync: syncId })
    .where('id', '=', incidentId)
    .execute();
}

/** Incidents of the same cause before this one, newest first. */
export function similarIncidents(db: Db, workspaceId: string, { id, cause }: { id: number; cause: string }) {
  return db
    .selectFrom('incident')
    .select(['id', 'title', 'opened_at as openedAt', 'resolved_at as resolvedAt', 'resolution'])
    .where('workspace_id', '=', workspaceId)
    .where('cause', '=', cause)
    .where('id', '<', id)
    .orderBy('id', 'desc')
    .limit(5)
    .execute();
}

/** Ends the snoozes of these incidents that are over, and gives which are still quiet. */
export async function quietIncidents(tx: Db, ids: readonly number[], at: Date): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await tx
    .selectFrom('incident')
    .select('id')
    .where('id', 'in', [...ids])
    .where('snoozed_until', '>', at)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** A snooze that is over is taken off; true for one that was. */
export async function endSnooze(tx: Db, id: number, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('incident')
    .set({ snoozed_until: null })
    .where('id', '=', id)
    .where('snoozed_until', '<=', at)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Takes it up, puts it off or closes it; false when there is no such open incident. */
export async function changeOpenIncident(
  db: Db,
  workspaceId: string,
  id: number,
  change: {
    status?: 'acknowledged' | 'resolved';
    acknowledged_by?: string;
    snoozed_until?: Date;
    resolved_at?: Date;
    resolved_by?: string;
    resolution?: 'fixed' | 'expected' | 'false_alarm' | 'other';
    resolution_note?: string | null;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('incident')
    .set(change)
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('status', '<>', sql.lit('resolved'))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { tellChange } from './incident-changed.ts';
import { changeOpenIncident, eventsOf, insertEvents, similarIncidents } from './incident-store.ts';
import { stampIn, zoneOf } from './zone.ts';

/** One thing that is wrong, however often it was seen. */
export interface Incident {
  readonly id: number;
  readonly severity: 'warning' | 'critical';
  readonly status: 'open' | 'acknowledged' | 'resolved';
  readonly title: string;
  readonly detail: string | null;
  /** Equal for what counts as the same: `sync:<connection>`, `check:<suite>:<key>`. */
  readonly cause: string;
  readonly subjectKind: 'connection' | 'check';
  readonly connectionId: string | null;
  readonly connectionName: string | null;
  readonly suiteId: string | null;
  readonly suiteName: string | null;
  readonly seen: number;
  readonly openedAt: Date;
  readonly lastSeenAt: Date;
  readonly resolvedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly syncId: number | null;
  /** Opened three times in a day: it closes after three passes in a row only. */
  readonly flapping: boolean;
  readonly snoozedUntil: Date | null;
  readonly resolution: Resolution | 'recovered' | null;
  readonly resolutionNote: string | null;
  readonly resolvedBy: string | null;
  /** The check that failed, within its suite. */
  readonly checkKey: string | null;
  /** What probably caused it, and the sync behind that. */
  readonly explanation: string | null;
  readonly explainedBySync: number | null;
}

/** Why somebody closed it. `expected` and `false_alarm` teach anomaly checks. */
export const RESOLUTIONS = ['fixed', 'expected', 'false_alarm', 'other'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

export interface IncidentDetail extends Incident {
  /** Oldest first. */
  readonly events: readonly {
    readonly id: number;
    readonly at: Date;
    readonly kind: string;
    readonly actor: string | null;
    readonly message: string;
  }[];
  /** Earlier ones of the same cause, newest first. */
  readonly similar: readonly {
    readonly id: number;
    readonly title: string;
    readonly openedAt: Date;
    readonly resolvedAt: Date | null;
    readonly resolution: string | null;
  }[];
}

const LIMIT = 200;

interface IncidentFilter {
  readonly status?: 'open' | 'all';
  readonly limit?: number;
  /** Of a suite's checks, and of the connection whose loads they hold back. */
  readonly of?: { readonly suiteId: string; readonly connectionId: string | null };
}

/** Unresolved and critical ones first, then the newest. */
export async function listIncidents(
  { db }: { db: Db },
  workspaceId: string,
  { status = 'all', limit = LIMIT, of }: IncidentFilter = {},
): Promise<Incident[]> {
  return incidentRows(db, workspaceId)
    .$if(of !== undefined, (query) =>
      query.where(({ or, eb }) =>
        or([eb('suite_id', '=', of?.suiteId ?? ''), eb('incident.connection_id', '=', of?.connectionId ?? null)]),
      ),
    )
    .$if(status === 'open', (query) => query.where('incident.status', '<>', 'resolved'))
    .orderBy(sql`incident.status = 'resolved'`)
    .orderBy(sql`severity = 'critical' and incident.status <> 'resolved'`, 'desc')
    .orderBy('last_seen_at', 'desc')
    .limit(Math.min(Math.max(1, limit), LIMIT))
    .execute();
}

/** One with its timeline. @throws WeirError `not_found` */
export async function getIncident({ db }: { db: Db }, workspaceId: string, id: number): Promise<IncidentDetail> {
  const incident = await incidentRows(db, workspaceId).where('incident.id', '=', id).executeTakeFirst();
  if (!incident) throw notFound();
  const [events, similar] = await Promise.all([
    eventsOf(db, workspaceId, id),
    similarIncidents(db, workspaceId, incident),
  ]);
  return { ...incident, events, similar };
}

function incidentRows(db: Db, workspaceId: string) {
  return db
    .selectFrom('incident')
    .leftJoin('connection', 'connection.id', 'incident.connection_id')
    .leftJoin('suite', 'suite.id', 'incident.suite_id')
    .select(['incident.id', 'severity', 'incident.status', 'title', 'detail', 'cause', 'seen'])
    .select(['subject_kind as subjectKind', 'incident.connection_id as connectionId', 'suite_id as suiteId'])
    .select(['connection.name as connectionName', 'suite.name as suiteName', 'sync_id as syncId'])
    .select(['opened_at as openedAt', 'last_seen_at as lastSeenAt', 'resolved_at as resolvedAt'])
    .select(['acknowledged_by as acknowledgedBy', 'flapping', 'snoozed_until as snoozedUntil', 'resolution'])
    .select(['resolution_note as resolutionNote', 'resolved_by as resolvedBy', 'check_key as checkKey'])
    .select(['explanation', 'explained_by_sync as explainedBySync'])
    .where('incident.workspace_id', '=', workspaceId);
}

/** How many are not resolved. */
export async function countOpenIncidents({ db }: { db: Db }, workspaceId: string): Promise<number> {
  const { count } = await db
    .selectFrom('incident')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('workspace_id', '=', workspaceId)
    .where('status', '<>', 'resolved')
    .executeTakeFirstOrThrow();
  return count;
}

interface ChangeContext {
  readonly db: Db;
  readonly clock: () => Date;
  readonly queue: Pick<Queue, 'send'>;
}

/** Says that somebody is on it. @throws WeirError `not_found` for one that is resolved or of another workspace */
export async function acknowledgeIncident(
  c: ChangeContext,
  workspaceId: string,
  id: number,
  by: string,
  note?: string,
): Promise<void> {
  const change = { status: 'acknowledged', acknowledged_by: by } as const;
  await changeIncident(c, workspaceId, id, {
    change,
    kind: 'acknowledged',
    by,
    message: note?.trim() || 'Acknowledged.',
  });
}

/** Tells nothing more of it until a time; then once more, if it is still there. @throws WeirError `not_found`, `invalid_input` */
export async function snoozeIncident(
  c: ChangeContext,
  workspaceId: string,
  id: number,
  by: string,
  until: Date,
): Promise<void> {
  const inMs = until.getTime() - c.clock().getTime();
  if (!(inMs > 0 && inMs <= SNOOZE_MOST_MS)) throw badSnooze();
  const message = `Snoozed until ${stampIn(until, await zoneOf(c.db, workspaceId))}.`;
  await changeIncident(c, workspaceId, id, { change: { snoozed_until: until }, kind: 'snoozed', by, message });
}

/** Closes it by hand, and says why. It opens again, as a new one, if its cause is seen again. @throws WeirError `not_found` */
export async function resolveIncident(
  c: ChangeContext,
  workspaceId: string,
  id: number,
  by: string,
  { reason = 'fixed', note }: { reason?: Resolution; note?: string } = {},
): Promise<void> {
  const resolution_note = note?.trim() || null;
  const change = {
    status: 'resolved',
    resolved_at: c.clock(),
    resolved_by: by,
    resolution: reason,
    resolution_note,
  } as const;
  const message = [`Resolved: ${WORDS[reason]}.`, resolution_note].filter(Boolean).join(' ');
  await changeIncident(c, workspaceId, id, { change, kind: 'resolved', by, message });
}

const WORDS: Record<Resolution, string> = {
  fixed: 'fixed',
  expected: 'it was expected',
  false_alarm: 'a false alarm',
  other: 'another reason',
};
const SNOOZE_MOST_MS = 30 * 86_400_000;

interface Changed {
  readonly change: Parameters<typeof changeOpenIncident>[3];
  readonly kind: 'acknowledged' | 'snoozed' | 'resolved';
  readonly by: string;
  readonly message: string;
}

async function changeIncident(
  c: ChangeContext,
  workspaceId: string,
  id: number,
  { change, kind, by, message }: Changed,
): Promise<void> {
  await c.db.transaction().execute(async (tx) => {
    if (!(await changeOpenIncident(tx, workspaceId, id, change))) throw notFound();
    await insertEvents(tx, [{ incidentId: id, workspaceId, at: c.clock(), kind, actor: by, message }]);
    await tellChange(tx, c, { workspaceId, incidentIds: [id], reply: `${by}: ${message}` });
  });
}

function badSnooze(): WeirError {
  const message = 'An incident is snoozed until a time in the next 30 days.';
  return new WeirError({ kind: 'config', code: 'invalid_input', message, issues: [{ path: 'until', message }] });
}

function notFound(): WeirError {
  const message = 'There is no such open incident.';
  return new WeirError({ kind: 'config', code: 'not_found', message, hint: 'It may have been resolved already.' });
}

import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import { closeIncident } from './store.ts';

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
}

const LIMIT = 200;

/** Unresolved and critical ones first, then the newest. */
export async function listIncidents(
  { db }: { db: Db },
  workspaceId: string,
  { status = 'all', limit = LIMIT }: { status?: 'open' | 'all'; limit?: number } = {},
): Promise<Incident[]> {
  return db
    .selectFrom('incident')
    .leftJoin('connection', 'connection.id', 'incident.connection_id')
    .leftJoin('suite', 'suite.id', 'incident.suite_id')
    .select(['incident.id', 'severity', 'incident.status', 'title', 'detail', 'cause', 'seen'])
    .select(['subject_kind as subjectKind', 'incident.connection_id as connectionId', 'suite_id as suiteId'])
    .select(['connection.name as connectionName', 'suite.name as suiteName', 'sync_id as syncId'])
    .select(['opened_at as openedAt', 'last_seen_at as lastSeenAt', 'resolved_at as resolvedAt'])
    .select('acknowledged_by as acknowledgedBy')
    .where('incident.workspace_id', '=', workspaceId)
    .$if(status === 'open', (query) => query.where('incident.status', '<>', 'resolved'))
    .orderBy(sql`incident.status = 'resolved'`)
    .orderBy(sql`severity = 'critical' and incident.status <> 'resolved'`, 'desc')
    .orderBy('last_seen_at', 'desc')
    .limit(Math.min(Math.max(1, limit), LIMIT))
    .execute();
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

/** Says that somebody is on it. @throws WeirError `not_found` for one that is resolved or of another workspace */
export async function acknowledgeIncident(
  { db }: { db: Db },
  workspaceId: string,
  id: number,
  by: string,
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('incident')
    .set({ status: 'acknowledged', acknowledged_by: by })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('status', '<>', 'resolved')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw notFound();
}

/** Closes it by hand. It opens again, as a new one, if its cause is seen again. @throws WeirError `not_found` */
export async function resolveIncident(
  { db, clock = () => new Date() }: { db: Db; clock?: () => Date },
  workspaceId: string,
  id: number,
  by: string,
  reason?: string,
): Promise<void> {
  const note = `Resolved by ${by}${reason ? `: ${reason}` : ''}.`;
  if (!(await closeIncident(db, workspaceId, id, clock(), note))) throw notFound();
}

function notFound(): WeirError {
  const message = 'There is no such open incident.';
  return new WeirError({ kind: 'config', code: 'not_found', message, hint: 'It may have been resolved already.' });
}

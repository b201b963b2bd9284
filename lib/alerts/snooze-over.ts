import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Event } from './events.ts';
import { endSnooze, insertEvents } from './incident-store.ts';
import { spanText } from './message.ts';
import { enqueue } from './outbox.ts';
import { ownersOfChecks } from './routing-store.ts';
import { type NotifyContext, pageLink } from './tell.ts';

/** Of incidents whose snooze ends at once. */
const MOST_AT_ONCE = 200;

/**
 * Tells once more of what is still open when its snooze is over, whether or not anything has looked at its cause since: a
 * load that is held makes no new sync.
 */
export async function tellSnoozesOver(c: NotifyContext & { readonly db: Db }): Promise<void> {
  for (const id of await snoozesOver(c.db, c.clock()))
    await c.db.transaction().execute((tx) => tellStillOpen(tx, c, id));
}

async function tellStillOpen(tx: Db, c: NotifyContext, id: number): Promise<void> {
  const at = c.clock();
  if (!(await endSnooze(tx, id, at))) return;
  const incident = await openIncident(tx, id);
  // What nobody was told of is told, or not, by whatever sees it next.
  if (!incident?.told) return;
  const { workspaceId, connectionId, syncId, suiteId, checkKey, severity, title, detail, seen, openedAt } = incident;
  const message = 'Its snooze is over, and it is still open.';
  await insertEvents(tx, [{ incidentId: id, workspaceId, at, kind: 'told', message }]);
  const owners = suiteId && checkKey ? await ownersOfChecks(tx, suiteId, [checkKey]) : [];
  const telling = { level: severity, owners, incidentIds: [id] };
  const still = {
    state: severity === 'critical' ? ('failed' as const) : ('warned' as const),
    headline: `Still open: ${title}`,
    lines: [
      `What happened: it opened ${spanText(openedAt, at)} ago, was seen ${seen}×, and its snooze is over.`,
      ...(detail ? [detail] : []),
    ],
    link: pageLink(c, `/incidents/${id}`, `Open INC-${id}`),
    footer: `INC-${id}, ${severity}.`,
  };
  await enqueue(tx, c, { workspaceId, connectionId, syncId }, eventOf(incident), still, telling);
}

/** As it was first told. */
function eventOf({ cause, severity, failureCode }: OpenIncident): Event {
  if (cause.startsWith('late:')) return 'sync_late';
  if (cause.startsWith('step:')) return 'step_failed';
  if (cause.startsWith('sync:')) return failureCode === 'load_held' ? 'load_held' : 'sync_failed';
  return severity === 'critical' ? 'check_failed' : 'check_warned';
}

type OpenIncident = NonNullable<Awaited<ReturnType<typeof openIncident>>>;

function openIncident(tx: Db, id: number) {
  return tx
    .selectFrom('incident')
    .leftJoin('syncs', 'syncs.id', 'incident.sync_id')
    .select(['incident.workspace_id as workspaceId', 'incident.connection_id as connectionId', 'cause', 'severity'])
    .select(['sync_id as syncId', 'suite_id as suiteId', 'check_key as checkKey', 'title', 'detail', 'seen'])
    .select(['opened_at as openedAt', sql<boolean>`told_at is not null`.as('told')])
    .select(sql<string | null>`syncs.failure->>'code'`.as('failureCode'))
    .where('incident.id', '=', id)
    .where('incident.status', '<>', sql.lit('resolved'))
    .executeTakeFirst();
}

async function snoozesOver(db: Db, at: Date): Promise<number[]> {
  const rows = await db
    .selectFrom('incident')
    .select('id')
    .where('status', '<>', sql.lit('resolved'))
    .where('snoozed_until', '<=', at)
    .orderBy('id')
    .limit(MOST_AT_ONCE)
    .execute();
  return rows.map(({ id }) => id);
}

import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { tellChange } from './incident-changed.ts';
import { findExplanation, insertEvents, saveExplanation } from './incident-store.ts';
import { type Message, spanText } from './message.ts';
import { enqueue } from './outbox.ts';
import { markTold, seeIncident } from './store.ts';
import { isToTell, type NotifyContext, pageLink, recover, recovery, TOLD_ONCE } from './tell.ts';
import { stampIn, zoneOf } from './zone.ts';

/** A connection that is late, as far as alerts need to know it. */
export interface Late {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly name: string;
  readonly dataAsOf: Date | null;
  /** How far past its target; null where only a due time was missed. */
  readonly overMinutes: number | null;
  readonly targetMinutes: number | null;
  readonly missedDue: Date | null;
  readonly catchingUp: boolean;
}

/**
 * Opens an incident for each connection that is late, and resolves those of connections that are not any longer. What an
 * open incident of the same connection explains has been told with it. Several of one source or destination are one message.
 */
export async function onLate(c: NotifyContext & { readonly db: Db }, late: readonly Late[]): Promise<void> {
  const open = await openLate(c.db);
  const fresh = late.filter(
    ({ connectionId, catchingUp }) => !catchingUp && (open.get(connectionId)?.isUnexplained ?? true),
  );
  for (const each of fresh) await c.db.transaction().execute((tx) => tellLate(tx, c, each));
  const gone = [...open].filter(([id]) => !late.some(({ connectionId }) => connectionId === id));
  for (const [connectionId, { workspaceId }] of gone)
    await c.db.transaction().execute((tx) => tellOnTime(tx, c, { workspaceId, connectionId }));
}

async function tellLate(tx: Db, c: NotifyContext, late: Late): Promise<void> {
  const { workspaceId, connectionId, name } = late;
  const at = c.clock();
  const cause = `late:${connectionId}`;
  const zone = await zoneOf(tx, workspaceId);
  const title = `${name} is late: ${reasonOf(late, at, zone)}`;
  const detail = detailOf(late, zone);
  const severity = 'critical' as const;
  const seen = await seeIncident(tx, {
    ...{ workspaceId, cause, severity, title, detail, connectionId, suiteId: null, syncId: null, at },
  });
  if (!(await isToTell(tx, { ...seen, workspaceId, cause, severity, title, at }))) return;
  const explanation = await findExplanation(tx, { connectionId, syncId: null, at });
  if (explanation?.isTold) {
    await saveExplanation(tx, seen.id, explanation);
    await insertEvents(tx, [{ incidentId: seen.id, workspaceId, at, kind: 'explained', message: explanation.text }]);
    return;
  }
  await markTold(tx, [seen.id], at);
  const message: Message = {
    state: 'failed',
    headline: `Late: ${title}`,
    lines: [
      `What happened: ${detail}`,
      'What to do: look whether its sync runs, waits for a worker or takes longer than its schedule allows.',
    ],
    link: pageLink(c, `/connections/${connectionId}`, `Open ${name}`),
    footer: `INC-${seen.id}, critical. ${TOLD_ONCE}`,
  };
  // A worker that was away makes many late at once: they are one message.
  const group = { key: `late:${workspaceId}`, entry: title, many: 'Late: {n} connections' };
  const telling = { incidentIds: [seen.id], group: (await hasOthers(tx, workspaceId, connectionId)) ? group : null };
  await enqueue(tx, c, { workspaceId, connectionId, syncId: null }, 'sync_late', message, telling);
}

/** Paused, or given another target: there is nothing to be late for. A sync that succeeds resolves it with its own words. */
async function tellOnTime(
  tx: Db,
  c: NotifyContext,
  { workspaceId, connectionId }: { workspaceId: string; connectionId: string },
): Promise<void> {
  const at = c.clock();
  const told = (await recover(tx, workspaceId, [`late:${connectionId}`], at)).filter((incident) => incident.told);
  const connection = await tx
    .selectFrom('connection')
    .select(['name', 'status'])
    .where('id', '=', connectionId)
    .executeTakeFirst();
  if (told.length === 0) return;
  const incidentIds = told.map(({ id }) => id);
  if (connection?.status !== 'active') return tellChange(tx, c, { workspaceId, incidentIds, reply: null });
  const { name } = connection;
  const link = pageLink(c, `/connections/${connectionId}`, `Open ${name}`);
  const message = recovery(told, `${name} is on time again`, 'Its data is within its target.', link, at);
  const telling = { level: 'critical', incidentIds } as const;
  await enqueue(tx, c, { workspaceId, connectionId, syncId: null }, 'recovered', message, telling);
}

function reasonOf({ overMinutes, targetMinutes, missedDue }: Late, at: Date, zone: string): string {
  if (overMinutes === null || targetMinutes === null)
    return `its due time of ${stamp(missedDue, zone)} was skipped, the sync before it had not ended`;
  const over = spanText(new Date(at.getTime() - overMinutes * 60_000), at);
  return `${over} past its target of ${spanText(new Date(0), new Date(targetMinutes * 60_000))}`;
}

function detailOf({ dataAsOf, overMinutes, missedDue }: Late, zone: string): string {
  if (overMinutes === null)
    return `The due time of ${stamp(missedDue, zone)} was skipped: the sync before it had not ended.`;
  return dataAsOf === null ? 'It has not succeeded yet.' : `Its data is as of ${stamp(dataAsOf, zone)}.`;
}

function stamp(at: Date | null, zone: string): string {
  return at === null ? 'an unknown time' : stampIn(at, zone);
}

interface OpenLate {
  readonly workspaceId: string;
  /** Nobody was told of it, and what was told in its place is over. */
  readonly isUnexplained: boolean;
}

/** Connections with an open incident of being late. */
async function openLate(db: Db): Promise<Map<string, OpenLate>> {
  const { rows } = await sql<OpenLate & { connectionId: string }>`
    select late.connection_id as "connectionId", late.workspace_id as "workspaceId",
      late.told_at is null and late.snoozed_until is null and not exists (
        select from incident failed where failed.workspace_id = late.workspace_id
          and failed.cause = 'sync:' || late.connection_id and failed.status <> 'resolved' and failed.told_at is not null
      ) as "isUnexplained"
    from incident late
    where late.cause like 'late:%' and late.status <> 'resolved' and late.connection_id is not null`.execute(db);
  return new Map(rows.map(({ connectionId, ...open }) => [connectionId, open]));
}

async function hasOthers(tx: Db, workspaceId: string, connectionId: string): Promise<boolean> {
  const other = await tx
    .selectFrom('connection')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '<>', connectionId)
    .where('status', '=', 'active')
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { SyncKind, SyncStatus } from '#lib/db/schema.ts';
import type { Env } from '#lib/env.ts';
import type { Failure } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { Secrets } from '#lib/secrets.ts';
import { endSnooze, insertEvents, noteFlapping, quietIncidents } from './incident-store.ts';
import { FLAPPING } from './life.ts';
import { type Message, spanText } from './message.ts';
import { type OpenIncident, recoverIncidents } from './store.ts';

// What everything that is told has in common: when it is news, how it recovers, and where it leads.

export interface NotifyContext {
  readonly secrets: Secrets;
  readonly queue: Pick<Queue, 'send'>;
  readonly clock: () => Date;
  readonly env: Pick<Env, 'publicUrl'>;
}

export interface SyncFinished {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly syncId: number;
  readonly kind?: SyncKind;
  readonly status: SyncStatus;
  readonly failure: Failure | null;
}

export const LISTED = 5;
export const TOLD_ONCE = 'Told once; repeats are counted until it recovers.';

interface Sighted {
  readonly id: number;
  readonly told: boolean;
  readonly was: 'warning' | 'critical' | null;
  readonly workspaceId: string;
  readonly cause: string;
  readonly severity: 'warning' | 'critical';
  readonly title: string;
  readonly at: Date;
}

/** Told when it opens, when a warning turns critical, and once more when a snooze is over and it is still there. */
export async function isNews(tx: Db, sighted: Sighted): Promise<boolean> {
  const { id, was, workspaceId, severity, title, at } = sighted;
  const event = { incidentId: id, workspaceId, at };
  if (was === null) {
    await insertEvents(tx, [{ ...event, kind: 'opened', message: title }]);
    if (await noteFlapping(tx, sighted))
      await insertEvents(tx, [
        { ...event, kind: 'flapping', message: `Opened ${FLAPPING.openings} times in ${FLAPPING.hours} hours.` },
      ]);
    return true;
  }
  const isWorse = was === 'warning' && severity === 'critical';
  if (isWorse) await insertEvents(tx, [{ ...event, kind: 'worse', message: title }]);
  const quiet = await quietIncidents(tx, [id], at);
  return !quiet.has(id) && ((await endSnooze(tx, id, at)) || isWorse);
}

/** News, or what nobody has been told of yet, as something else explained it; not while it is snoozed. */
export async function isToTell(tx: Db, sighted: Sighted): Promise<boolean> {
  if (await isNews(tx, sighted)) return true;
  const { id, told, at } = sighted;
  return !told && !(await quietIncidents(tx, [id], at)).has(id);
}

export async function recover(
  tx: Db,
  workspaceId: string,
  causes: readonly string[],
  at: Date,
): Promise<OpenIncident[]> {
  const recovered = await recoverIncidents(tx, workspaceId, causes, at);
  await insertEvents(
    tx,
    recovered.map(({ id, openedAt }) => ({
      incidentId: id,
      workspaceId,
      at,
      kind: 'recovered' as const,
      message: `Its cause is gone, after ${spanText(openedAt, at)}.`,
    })),
  );
  return recovered;
}

export function recovery(
  incidents: readonly OpenIncident[],
  headline: string,
  line: string,
  link: Message['link'],
  at: Date,
): Message {
  const oldest = incidents.reduce((a, b) => (a.openedAt <= b.openedAt ? a : b), incidents[0] as OpenIncident);
  const seen = incidents.reduce((sum, incident) => sum + incident.seen, 0);
  return {
    state: 'recovered',
    headline: `Resolved after ${spanText(oldest.openedAt, at)}: ${headline}`,
    lines: [line],
    link,
    footer: `${incidents
      .map(({ id }) => `INC-${id}`)
      .slice(0, LISTED)
      .join(', ')}, was ${oldest.severity}, seen ${seen}×`,
  };
}

export function listed(titles: readonly string[]): string {
  const more = titles.length - LISTED;
  return titles.slice(0, LISTED).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

export async function nameOf(tx: Db, connectionId: string): Promise<string> {
  const row = await tx.selectFrom('connection').select('name').where('id', '=', connectionId).executeTakeFirst();
  return row?.name ?? 'A deleted connection';
}

export interface Next {
  /** When the connection syncs next by itself. */
  readonly due: Date | null;
  /** Whether another connection's success starts it. */
  readonly follows: boolean;
  /** Whether this sync was one like all others, and not asked for once, as a replay is. */
  readonly isUsual: boolean;
}

/** What of a connection comes after one of its syncs. */
export async function nextOf(
  tx: Db,
  { connectionId, syncId }: Pick<SyncFinished, 'connectionId' | 'syncId'>,
): Promise<Next> {
  const { rows } = await sql<Next>`
    select c.next_due as due, c.after_connection_id is not null and c.status = 'active' as follows,
      not exists (select from syncs where id = ${syncId} and (kind in ('clear', 'reset') or task is not null)) as "isUsual"
    from connection c where c.id = ${connectionId}`.execute(tx);
  return rows[0] ?? { due: null, follows: false, isUsual: true };
}

export function pageLink({ env }: Pick<NotifyContext, 'env'>, path: string, text: string): Message['link'] {
  return env.publicUrl ? { text, url: `${env.publicUrl}${path}` } : null;
}

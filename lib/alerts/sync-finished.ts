import type { Db } from '#lib/db/connect.ts';
import type { Failure, Where } from '#lib/errors.ts';
import { disableIfHopeless, forgetWarning } from './auto-disable.ts';
import { causesEnded, causesOf } from './ended-causes.ts';
import type { Event } from './events.ts';
import { causeLine, heldLoad, keysLine, ownerLine, sharedLine, trendLine } from './evidence.ts';
import { groupOf } from './group.ts';
import { tellChange } from './incident-changed.ts';
import { findSchemaChange, insertEvents, saveExplanation } from './incident-store.ts';
import { masked, masking } from './mask.ts';
import type { Message } from './message.ts';
import { enqueue, type Group, routeFor } from './outbox.ts';
import { routedConnection } from './routing-store.ts';
import { tellSchemaChanges } from './schema-changed.ts';
import { isNoteworthy, markTold, type OpenIncident, seeIncident } from './store.ts';
import {
  isToTell,
  type NotifyContext,
  nameOf,
  nextOf,
  pageLink,
  recover,
  recovery,
  type SyncFinished,
  TOLD_ONCE,
} from './tell.ts';
import { stampIn, zoneOf } from './zone.ts';

/**
 * Opens, counts or resolves the connection's incident and enqueues what people are to be told, in the transaction that
 * ends the sync. Cancelled and skipped syncs say nothing about the connection.
 */
export async function onSyncFinished(tx: Db, c: NotifyContext, sync: SyncFinished): Promise<void> {
  const { connectionId, syncId, kind = 'sync', status, failure } = sync;
  // Whoever empties tables has not read the source: what was wrong with it still is.
  if (status === 'succeeded' && (kind === 'clear' || kind === 'reset')) return;
  // Most syncs end well, as the one before did.
  if (status === 'succeeded' && !(await isNoteworthy(tx, sync, causesOf(sync)))) return;
  const name = await nameOf(tx, connectionId);
  const link = pageLink(c, `/jobs/${syncId}`, `Open sync ${syncId}`);
  if (status === 'succeeded') await onSucceeded(tx, c, sync, name, link);
  if (status === 'succeeded' || status === 'partial') await tellSchemaChanges(tx, c, sync, name);
  // Whoever discarded a load knows of it, and its incident stays open until a sync publishes again.
  if ((status === 'failed' || status === 'partial') && failure?.code !== 'load_discarded')
    await onFailed(tx, c, sync, name, link);
}

async function onSucceeded(
  tx: Db,
  c: NotifyContext,
  sync: SyncFinished,
  name: string,
  link: Message['link'],
): Promise<void> {
  const { workspaceId, connectionId, syncId } = sync;
  const at = c.clock();
  const ended = await causesEnded(tx, sync);
  if (ended.length > 0) await forgetWarning(tx, connectionId);
  const told = (await recover(tx, workspaceId, ended, at)).filter((incident) => incident.told);
  const published = `Sync ${syncId} published its data.`;
  if (told.length > 0)
    await enqueue(tx, c, sync, 'recovered', recovery(told, `${name} synced again`, published, link, at), {
      level: 'critical',
      incidentIds: told.map(({ id }) => id),
      group: recoveredGroup(told, name),
    });
  await enqueue(tx, c, sync, 'sync_succeeded', {
    state: 'recovered',
    headline: `Synced: ${name}`,
    lines: [published],
    link,
    footer: '',
  });
}

/** Connections that were told as one recover as one. */
function recoveredGroup(told: readonly OpenIncident[], name: string): Group | null {
  const key = told.find(({ groupKey }) => groupKey !== null)?.groupKey;
  return key ? { key, entry: `${name} synced again`, many: 'Resolved: {n} connections sync again' } : null;
}

async function onFailed(
  tx: Db,
  c: NotifyContext,
  sync: SyncFinished,
  name: string,
  link: Message['link'],
): Promise<void> {
  const { workspaceId, connectionId, syncId, status } = sync;
  const at = c.clock();
  const mask = await masking(tx, c.secrets, { connectionId });
  const failure = masked(sync.failure ?? NO_REASON, mask);
  const { message, hint, where } = failure;
  const place = mask(placeText(where));
  const [event, word, happened] = wordsOf(sync);
  const title = `${name}: ${message}`;
  const group = event === 'sync_failed' ? await groupOf(tx, connectionId, failure) : null;
  const seen = await seeIncident(tx, {
    ...{
      workspaceId,
      cause: `sync:${connectionId}`,
      severity: 'critical',
      title,
      connectionId,
      suiteId: null,
      syncId,
      at,
    },
    detail: mask([`Sync ${syncId}${placeText(where)}.`, hint].filter(Boolean).join(' ')),
    groupKey: group?.key ?? null,
  });
  const toTell = await isToTell(tx, {
    ...seen,
    ...{ workspaceId, cause: `sync:${connectionId}`, severity: 'critical', title, at },
  });
  if (toTell && (await isEnough(tx, c, sync, event, seen))) {
    await markTold(tx, [seen.id], at);
    const often = status === 'partial' ? 'published only some streams' : 'failed';
    const told: Message = {
      state: 'failed',
      headline: `${word}: ${title}`,
      lines: [
        `What happened: sync ${syncId} ${happened ?? often}${place}. Readers keep what was published before.`,
        ...(event === 'load_held' ? await whyHeld(tx, sync, seen.id, at) : []).map(mask),
        ...(hint ? [`What to do: ${hint}`] : []),
        ...(failure.kind === 'transient' ? [`What comes next: ${await nextText(tx, sync)}`] : []),
        ...ownerLine((await routedConnection(tx, workspaceId, connectionId))?.owners ?? []),
      ],
      link,
      footer: `INC-${seen.id}, critical. ${TOLD_ONCE}`,
    };
    await enqueue(tx, c, sync, event, told, { incidentIds: [seen.id], group: group && { ...group, entry: title } });
  } else if (seen.told) await tellChange(tx, c, { workspaceId, incidentIds: [seen.id], reply: null });
  await disableIfHopeless(tx, c, sync, { name, message });
}

/** What probably made its rows fail, kept with the incident, and the keys of the first. */
async function whyHeld(
  tx: Db,
  { workspaceId, connectionId, syncId }: SyncFinished,
  incidentId: number,
  at: Date,
): Promise<string[]> {
  const cause = await findSchemaChange(tx, { connectionId, syncId, at });
  if (cause) {
    await saveExplanation(tx, incidentId, cause);
    await insertEvents(tx, [{ incidentId, workspaceId, at, kind: 'explained', message: cause.text }]);
  }
  const { rows, check, failing } = await heldLoad(tx, syncId);
  return [
    ...(rows > 0 ? [`Held back: ${rows.toLocaleString('en-US')} rows.`] : []),
    ...causeLine(cause, at),
    ...(await sharedLine(tx, connectionId, failing)),
    ...(check ? await trendLine(tx, check) : []),
    ...(await keysLine(tx, connectionId, failing)),
  ];
}

/** Who tries again what time may mend. */
async function nextText(tx: Db, sync: SyncFinished): Promise<string> {
  const { workspaceId } = sync;
  const { due, follows, isUsual } = await nextOf(tx, sync);
  if (!isUsual) return 'no other sync does the same: ask for it again.';
  if (follows) return 'it is tried again after the next success of the connection that it follows.';
  if (due === null) return 'no sync is due, so it is tried again when somebody starts one.';
  return `the sync that is due at ${stampIn(due, await zoneOf(tx, workspaceId))} tries again.`;
}

/** A rule may wait for so many failures in a row before it tells of them. */
async function isEnough(
  tx: Db,
  c: NotifyContext,
  sync: SyncFinished,
  event: Event,
  { told, seen }: { told: boolean; seen: number },
): Promise<boolean> {
  return told || seen >= ((await routeFor(tx, c, sync, event)).rule?.failuresInARow ?? 1);
}

/** The event, its word in the headline, and what the sync did where that is not simply to fail. */
function wordsOf({ failure }: SyncFinished): [Event, string, string?] {
  if (failure?.code === 'load_held') return ['load_held', 'Load held', 'holds its load back'];
  if (failure?.code === 'schema_changed') return ['connection_disabled', 'Disabled', 'disabled its connection'];
  return ['sync_failed', 'Sync failed'];
}

const NO_REASON: Failure = { kind: 'bug', code: 'unknown', message: 'No reason was given.' };

/** ` in stream orders, page 3`, or nothing. */
function placeText({ stream, page, row }: Where = {}): string {
  const place = [stream && `stream ${stream}`, page && `page ${page}`, row && `row ${row}`].filter(Boolean);
  return place.length > 0 ? ` in ${place.join(', ')}` : '';
}

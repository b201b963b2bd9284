import type { Db } from '#lib/db/connect.ts';
import { enqueue, send } from './outbox.ts';
import { markTold, seeIncident } from './store.ts';
import {
  isNews,
  type NotifyContext,
  nameOf,
  pageLink,
  recover,
  recovery,
  type SyncFinished,
  TOLD_ONCE,
} from './tell.ts';

/** How something after a sync ended: a command, a run of dbt, a training. */
export interface StepFinished {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly syncId: number | null;
  /** Equal for what counts as the same: `command dbt_features`. */
  readonly step: string;
  /** One sentence; null when it succeeded. */
  readonly failure: string | null;
  /** What else helps, a line each. */
  readonly lines: readonly string[];
}

/** Opens, counts or resolves the incident of a step, and tells of it. */
export async function onStepFinished(tx: Db, c: NotifyContext, finished: StepFinished): Promise<void> {
  const { workspaceId, connectionId, syncId, step, failure, lines } = finished;
  const at = c.clock();
  const cause = `step:${connectionId}:${step}`;
  const name = await nameOf(tx, connectionId);
  const link = pageLink(c, `/connections/${connectionId}/automation`, `Open ${name}`);
  if (failure === null) {
    const told = (await recover(tx, workspaceId, [cause], at)).filter((incident) => incident.told);
    const telling = { level: 'critical', incidentIds: told.map(({ id }) => id) } as const;
    const message = () => recovery(told, `${step} of ${name} works again`, 'It succeeded.', link, at);
    if (told.length > 0) await enqueue(tx, c, finished, 'recovered', message(), telling);
    return;
  }
  const title = `${name}: ${failure}`;
  const severity = 'critical' as const;
  const sighting = { workspaceId, cause, severity, title, connectionId, suiteId: null, syncId, at };
  const seen = await seeIncident(tx, { ...sighting, detail: lines.join('\n') });
  if (!(await isNews(tx, { ...seen, ...sighting }))) return;
  await markTold(tx, [seen.id], at);
  const message = {
    state: 'failed',
    headline: `Step failed: ${title}`,
    lines: [`What happened: the data was published${syncId ? ` by sync ${syncId}` : ''}, and ${failure}`, ...lines],
    link,
    footer: `INC-${seen.id}, critical. ${TOLD_ONCE}`,
  } as const;
  await enqueue(tx, c, finished, 'step_failed', message, { incidentIds: [seen.id] });
}

/** Tells these channels of a sync that published, whatever rules and their own lists say: the connection names them. */
export async function tellAfterSync(
  tx: Db,
  c: NotifyContext,
  sync: SyncFinished,
  channelIds: readonly string[],
): Promise<void> {
  if (channelIds.length === 0) return;
  const channels = await tx
    .selectFrom('channel')
    .select(['id', 'type', 'config'])
    .where('workspace_id', '=', sync.workspaceId)
    .where('enabled', '=', true)
    .where('id', 'in', [...channelIds])
    .execute();
  const name = await nameOf(tx, sync.connectionId);
  const message = {
    state: 'recovered',
    headline: `Synced: ${name}`,
    lines: [`Sync ${sync.syncId} published its data.`],
    link: pageLink(c, `/jobs/${sync.syncId}`, `Open sync ${sync.syncId}`),
    footer: '',
  } as const;
  for (const channel of channels)
    await send(tx, c, { ...sync, channel, event: 'sync_succeeded', message, incidentIds: [], bucket: null });
}

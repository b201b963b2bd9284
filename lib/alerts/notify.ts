import type { Db } from '#lib/db/connect.ts';
import type { SyncStatus } from '#lib/db/schema.ts';
import type { Env } from '#lib/env.ts';
import type { Failure, Where } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { Secrets } from '#lib/secrets.ts';
import {
  endSnooze,
  findExplanation,
  insertEvents,
  noteFlapping,
  openCauses,
  quietIncidents,
  recentOutcomes,
  saveExplanation,
} from './incident-store.ts';
import { type AlertRule, AT_ONCE, closes, FLAPPING, looksBack, opens } from './life.ts';
import { masked, masking } from './mask.ts';
import { type Message, spanText } from './message.ts';
import { enqueue } from './outbox.ts';
import { type OpenIncident, recoverIncidents, seeIncident } from './store.ts';

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
  readonly status: SyncStatus;
  readonly failure: Failure | null;
}

/** A finished run of checks, as far as alerts need to know it. */
export interface ChecksFinished {
  readonly workspaceId: string;
  readonly suiteId: string;
  readonly suiteName: string;
  readonly connectionId: string | null;
  readonly destinationId: string;
  readonly syncId: number | null;
  readonly failure: Failure | null;
  /** By check: when its incident opens and closes, where that is not at once. */
  readonly alertRules?: Readonly<Record<string, AlertRule>>;
  readonly results: readonly {
    readonly key: string;
    readonly table: string;
    readonly outcome: 'pass' | 'warn' | 'fail' | 'error';
    readonly message: string;
  }[];
}

const LISTED = 5;

/**
 * Opens, counts or resolves the connection's incident and enqueues what people are to be told, in the transaction that
 * ends the sync. Cancelled and skipped syncs say nothing about the connection.
 */
export async function onSyncFinished(tx: Db, c: NotifyContext, sync: SyncFinished): Promise<void> {
  const { workspaceId, connectionId, syncId, status, failure } = sync;
  const cause = `sync:${connectionId}`;
  const at = c.clock();
  const name = await nameOf(tx, connectionId);
  const link = pageLink(c, `/jobs/${syncId}`, `Open sync ${syncId}`);
  if (status === 'succeeded') {
    const [recovered] = await recover(tx, workspaceId, [cause], at);
    if (recovered)
      await enqueue(
        tx,
        c,
        sync,
        'recovered',
        recovery([recovered], `${name} synced again`, `Sync ${syncId} published its data.`, link, at),
      );
    await enqueue(tx, c, sync, 'sync_succeeded', {
      state: 'recovered',
      headline: `Synced: ${name}`,
      lines: [`Sync ${syncId} published its data.`],
      link,
      footer: '',
    });
  }
  // Whoever discarded a load knows of it, and its incident stays open until a sync publishes again.
  if ((status !== 'failed' && status !== 'partial') || failure?.code === 'load_discarded') return;
  const mask = await masking(tx, c.secrets, { connectionId });
  const { message, hint, where } = masked(failure ?? NO_REASON, mask);
  const title = `${name}: ${message}`;
  const detail = mask([`Sync ${syncId}${placeText(where)}.`, hint].filter(Boolean).join(' '));
  const seen = await seeIncident(tx, {
    workspaceId,
    cause,
    severity: 'critical',
    title,
    detail,
    connectionId,
    suiteId: null,
    syncId,
    at,
  });
  if (!(await isNews(tx, { ...seen, workspaceId, cause, severity: 'critical', title, at }))) return;
  const held = failure?.code === 'load_held';
  const happened = held
    ? `sync ${syncId} holds its load back`
    : `sync ${syncId} ${status === 'partial' ? 'published only some streams' : 'failed'}`;
  await enqueue(tx, c, sync, 'sync_failed', {
    state: 'failed',
    headline: `${held ? 'Load held' : 'Sync failed'}: ${title}`,
    lines: [
      `What happened: ${happened}${mask(placeText(where))}. Readers keep what was published before.`,
      ...(hint ? [`What to do: ${hint}`] : []),
    ],
    link,
    footer: `INC-${seen.id}, critical. Told once; repeats are counted until it recovers.`,
  });
}

const NO_REASON: Failure = { kind: 'bug', code: 'unknown', message: 'No reason was given.' };

/** ` in stream orders, page 3`, or nothing. */
function placeText({ stream, page, row }: Where = {}): string {
  const place = [stream && `stream ${stream}`, page && `page ${page}`, row && `row ${row}`].filter(Boolean);
  return place.length > 0 ? ` in ${place.join(', ')}` : '';
}

/**
 * The same for a run of checks: one incident per check, and one message for all that newly fail, one for all that
 * recovered. A check that could not be measured neither recovers nor stays silent.
 */
export async function onChecksFinished(tx: Db, c: NotifyContext, run: ChecksFinished): Promise<void> {
  const { workspaceId, suiteId } = run;
  const at = c.clock();
  const mask = await masking(tx, c.secrets, run);
  const runCause = `checks:${suiteId}`;
  const link = pageLink(c, `/quality/${suiteId}`, `Open ${run.suiteName}`);
  if (run.failure) return onRunFailed(tx, c, run, masked(run.failure, mask), link);

  const fresh: Fresh[] = [];
  const open = await openCauses(
    tx,
    workspaceId,
    run.results.map(({ key }) => `check:${suiteId}:${key}`),
  );
  for (const { key, table, outcome, message } of run.results.filter((result) => result.outcome !== 'pass')) {
    const cause = `check:${suiteId}:${key}`;
    if (!open.has(cause) && outcome !== 'error' && !(await isEnough(tx, run, key))) continue;
    const severity = outcome === 'warn' ? 'warning' : 'critical';
    const title = mask(outcome === 'error' ? `${table}: not measured. ${message}` : `${table}, ${message}`);
    const seen = await seeIncident(tx, {
      ...subject(run),
      cause,
      checkKey: key,
      severity,
      title,
      detail: `Suite ${run.suiteName}.`,
      at,
    });
    const isNew = await isNews(tx, { ...seen, workspaceId, cause, severity, title, at });
    // What a failed sync explains has been told with it.
    if (isNew && !(await isExplained(tx, run, seen.id, at))) fresh.push({ id: seen.id, severity, title });
  }
  await tellFresh(tx, c, run, fresh, link);

  const passed: string[] = [];
  for (const { key, outcome } of run.results) {
    const was = open.get(`check:${suiteId}:${key}`);
    if (was && outcome === 'pass' && (await isOver(tx, run, key, was.isFlapping)))
      passed.push(`check:${suiteId}:${key}`);
  }
  const recovered = await recover(tx, workspaceId, [runCause, ...passed], at);
  const now = new Map(
    run.results.map(({ key, table, message }) => [`check:${suiteId}:${key}`, mask(`${table}, ${message}`)]),
  );
  const critical = recovered.filter(({ severity }) => severity === 'critical');
  if (critical.length === 0) return;
  const [first] = critical;
  const headline =
    critical.length === 1 && first
      ? (now.get(first.cause) ?? `${run.suiteName} could be checked again`)
      : `${critical.length} checks of ${run.suiteName} pass again`;
  const list =
    critical.length === 1
      ? `Was: ${first?.title ?? ''}`
      : listed(critical.map(({ cause, title }) => now.get(cause) ?? title));
  await enqueue(tx, c, run, 'recovered', recovery(critical, headline, list, link, at));
}

interface Sighted {
  readonly id: number;
  readonly was: 'warning' | 'critical' | null;
  readonly workspaceId: string;
  readonly cause: string;
  readonly severity: 'warning' | 'critical';
  readonly title: string;
  readonly at: Date;
}

/** Told when it opens, when a warning turns critical, and once more when a snooze is over and it is still there. */
async function isNews(tx: Db, sighted: Sighted): Promise<boolean> {
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

function ruleOf({ alertRules = {} }: ChecksFinished, key: string): AlertRule {
  return alertRules[key] ?? AT_ONCE;
}

async function isEnough(tx: Db, run: ChecksFinished, key: string): Promise<boolean> {
  const rule = ruleOf(run, key);
  return rule.breaches <= 1 || opens(await recentOutcomes(tx, run.suiteId, key, looksBack(rule)), rule);
}

async function isOver(tx: Db, run: ChecksFinished, key: string, isFlapping: boolean): Promise<boolean> {
  const rule = ruleOf(run, key);
  if (rule.passes <= 1 && !isFlapping) return true;
  return closes(await recentOutcomes(tx, run.suiteId, key, looksBack(rule)), rule, isFlapping);
}

/** Links what probably caused it; true when people have been told of that. */
async function isExplained(tx: Db, run: ChecksFinished, incidentId: number, at: Date): Promise<boolean> {
  const { connectionId, workspaceId, syncId } = run;
  const explanation = connectionId && (await findExplanation(tx, { connectionId, syncId, at }));
  if (!explanation) return false;
  await saveExplanation(tx, incidentId, explanation);
  await insertEvents(tx, [{ incidentId, workspaceId, at, kind: 'explained', message: explanation.text }]);
  return explanation.isTold;
}

async function recover(tx: Db, workspaceId: string, causes: readonly string[], at: Date): Promise<OpenIncident[]> {
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

interface Fresh {
  readonly id: number;
  readonly severity: 'warning' | 'critical';
  readonly title: string;
}

async function tellFresh(
  tx: Db,
  c: NotifyContext,
  run: ChecksFinished,
  fresh: readonly Fresh[],
  link: Message['link'],
): Promise<void> {
  for (const severity of ['critical', 'warning'] as const) {
    const these = fresh.filter((each) => each.severity === severity);
    const [first] = these;
    if (!first) continue;
    const word = severity === 'critical' ? 'Failing' : 'Warning';
    await enqueue(tx, c, run, severity === 'critical' ? 'check_failed' : 'check_warned', {
      state: severity === 'critical' ? 'failed' : 'warned',
      headline:
        these.length === 1
          ? `${word}: ${first.title}`
          : `${word}: ${these.length} checks of ${run.suiteName}, first ${first.title}`,
      lines: [
        ...(these.length > 1
          ? [`What happened: ${listed(these.map(({ title }) => title))}`]
          : [
              `What happened: a check of suite ${run.suiteName} failed${run.syncId ? ` after sync ${run.syncId}` : ''}.`,
            ]),
        'What to do: look at the rows behind it, then mend the source or the limit and run the checks again.',
      ],
      link,
      footer: `${these
        .map(({ id }) => `INC-${id}`)
        .slice(0, LISTED)
        .join(', ')}, ${severity}. Told once; repeats are counted until it recovers.`,
    });
  }
}

async function onRunFailed(
  tx: Db,
  c: NotifyContext,
  run: ChecksFinished,
  { message, hint }: Failure,
  link: Message['link'],
): Promise<void> {
  const title = `${run.suiteName} could not be checked: ${message}`;
  const seen = await seeIncident(tx, {
    ...subject(run),
    cause: `checks:${run.suiteId}`,
    severity: 'critical',
    title,
    detail: hint ?? '',
    at: c.clock(),
  });
  const cause = `checks:${run.suiteId}`;
  const news = { ...seen, workspaceId: run.workspaceId, cause, severity: 'critical' as const, title, at: c.clock() };
  if (!(await isNews(tx, news))) return;
  await enqueue(tx, c, run, 'check_failed', {
    state: 'failed',
    headline: `Not checked: ${title}`,
    lines: [`What happened: ${message}`, ...(hint ? [`What to do: ${hint}`] : [])],
    link,
    footer: `INC-${seen.id}, critical. Told once; repeats are counted until it recovers.`,
  });
}

function subject({ workspaceId, connectionId, suiteId, syncId }: ChecksFinished) {
  return { workspaceId, connectionId, suiteId, syncId };
}

function recovery(
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

function listed(titles: readonly string[]): string {
  const more = titles.length - LISTED;
  return titles.slice(0, LISTED).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

async function nameOf(tx: Db, connectionId: string): Promise<string> {
  const row = await tx.selectFrom('connection').select('name').where('id', '=', connectionId).executeTakeFirst();
  return row?.name ?? 'A deleted connection';
}

function pageLink({ env }: NotifyContext, path: string, text: string): Message['link'] {
  return env.publicUrl ? { text, url: `${env.publicUrl}${path}` } : null;
}

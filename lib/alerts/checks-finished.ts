import type { Db } from '#lib/db/connect.ts';
import type { Failure } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { causeLine, keysLine, ownerLine, sharedLine, trendLine } from './evidence.ts';
import { tellChange } from './incident-changed.ts';
import {
  closeUndeclared,
  type Explanation,
  findExplanation,
  insertEvents,
  openCauses,
  recentOutcomes,
  saveExplanation,
} from './incident-store.ts';
import { type AlertRule, AT_ONCE, closes, looksBack, opens } from './life.ts';
import { masked, masking } from './mask.ts';
import type { Message } from './message.ts';
import { enqueue } from './outbox.ts';
import { ownersOfChecks } from './routing-store.ts';
import { markTold, type SeenIncident, seeIncident } from './store.ts';
import {
  isNews,
  isToTell,
  LISTED,
  listed,
  type NotifyContext,
  pageLink,
  recover,
  recovery,
  TOLD_ONCE,
} from './tell.ts';

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
  /** Keys of all checks that the suite still has; null where that is not known. */
  readonly declared?: readonly string[] | null;
  readonly results: readonly {
    readonly key: string;
    readonly table: string;
    readonly outcome: 'pass' | 'warn' | 'fail' | 'error';
    readonly message: string;
    /** Rows that fail it, masked. */
    readonly samples?: readonly JsonObject[];
  }[];
}

/**
 * Opens, counts or resolves one incident per check of a run, and enqueues one message for all that newly fail, one for all
 * that recovered. A check that could not be measured neither recovers nor stays silent.
 */
export async function onChecksFinished(tx: Db, c: NotifyContext, run: ChecksFinished): Promise<void> {
  const { workspaceId, suiteId } = run;
  const at = c.clock();
  const mask = await masking(tx, c.secrets, run);
  const link = pageLink(c, `/quality/${suiteId}`, `Open ${run.suiteName}`);
  if (run.failure) return onRunFailed(tx, c, run, masked(run.failure, mask), link);

  const undeclared = run.declared
    ? await closeUndeclared(tx, { workspaceId, suiteId, declared: run.declared, at })
    : [];
  const causes = run.results.map(({ key }) => causeOf(run, key));
  const open = await openCauses(tx, workspaceId, causes);
  await tellFresh(tx, c, run, { fresh: await seeFailing(tx, run, { open, mask, at }), link, mask });

  const recovered = await recover(tx, workspaceId, [`checks:${suiteId}`, ...(await overCauses(tx, run, open))], at);
  const critical = recovered.filter(({ severity, told }) => severity === 'critical' && told);
  const silent = recovered.filter((incident) => !critical.includes(incident)).map(({ id }) => id);
  await tellChange(tx, c, { workspaceId, incidentIds: [...undeclared, ...silent], reply: null });
  if (critical.length > 0) await tellRecovered(tx, c, run, { critical, link, mask, at });
}

type Mask = (text: string) => string;
type OpenCauses = Awaited<ReturnType<typeof openCauses>>;
type Recovered = Awaited<ReturnType<typeof recover>>;

function causeOf({ suiteId }: ChecksFinished, key: string): string {
  return `check:${suiteId}:${key}`;
}

/** Opens or counts the incidents of what does not pass. Gives those that are news. */
async function seeFailing(
  tx: Db,
  run: ChecksFinished,
  { open, mask, at }: { readonly open: OpenCauses; readonly mask: Mask; readonly at: Date },
): Promise<Fresh[]> {
  const fresh: Fresh[] = [];
  for (const { key, table, outcome, message, samples = [] } of run.results) {
    const cause = causeOf(run, key);
    if (outcome === 'pass') continue;
    if (!open.has(cause) && outcome !== 'error' && !(await isEnough(tx, run, key))) continue;
    const severity = outcome === 'warn' ? 'warning' : 'critical';
    const title = mask(outcome === 'error' ? `${table}: not measured. ${message}` : `${table}, ${message}`);
    const detail = `Suite ${run.suiteName}.`;
    const seen = await seeIncident(tx, { ...subject(run), cause, checkKey: key, severity, title, detail, at });
    if (!(await isToTell(tx, { ...seen, workspaceId: run.workspaceId, cause, severity, title, at }))) continue;
    const explanation = await explain(tx, run, seen, at);
    // What a failed sync explains has been told with it, as long as that one is open.
    if (!explanation?.isTold) fresh.push({ id: seen.id, key, severity, title, table, samples, explanation });
  }
  return fresh;
}

/** Those that pass, and have passed often enough to be over. */
async function overCauses(tx: Db, run: ChecksFinished, open: OpenCauses): Promise<string[]> {
  const over: string[] = [];
  for (const { key, outcome } of run.results) {
    const was = open.get(causeOf(run, key));
    if (was && outcome === 'pass' && (await isOver(tx, run, key, was.isFlapping))) over.push(causeOf(run, key));
  }
  return over;
}

async function tellRecovered(
  tx: Db,
  c: NotifyContext,
  run: ChecksFinished,
  { critical, link, mask, at }: { critical: Recovered; link: Message['link']; mask: Mask; at: Date },
): Promise<void> {
  const { suiteId, suiteName } = run;
  const now = new Map(run.results.map(({ key, table, message }) => [causeOf(run, key), mask(`${table}, ${message}`)]));
  const [first] = critical;
  const isOne = critical.length === 1 && first !== undefined;
  const headline = isOne
    ? (now.get(first.cause) ?? `${suiteName} could be checked again`)
    : `${critical.length} checks of ${suiteName} pass again`;
  const list = isOne ? `Was: ${first.title}` : listed(critical.map(({ cause, title }) => now.get(cause) ?? title));
  const owners = await ownersOfChecks(tx, suiteId, passedKeys(critical, suiteId));
  const incidentIds = critical.map(({ id }) => id);
  const telling = { level: 'critical', owners, incidentIds } as const;
  await enqueue(tx, c, run, 'recovered', recovery(critical, headline, list, link, at), telling);
}

function passedKeys(incidents: readonly { cause: string }[], suiteId: string): string[] {
  const start = `check:${suiteId}:`;
  return incidents.flatMap(({ cause }) => (cause.startsWith(start) ? [cause.slice(start.length)] : []));
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

/** Links what probably caused it. */
async function explain(
  tx: Db,
  run: ChecksFinished,
  { id: incidentId, was }: SeenIncident,
  at: Date,
): Promise<Explanation | null> {
  const { connectionId, workspaceId, syncId } = run;
  const explanation = connectionId === null ? null : await findExplanation(tx, { connectionId, syncId, at });
  if (!explanation) return null;
  await saveExplanation(tx, incidentId, explanation);
  if (was === null)
    await insertEvents(tx, [{ incidentId, workspaceId, at, kind: 'explained', message: explanation.text }]);
  return explanation;
}

interface Fresh {
  readonly id: number;
  readonly key: string;
  readonly severity: 'warning' | 'critical';
  readonly title: string;
  readonly table: string;
  readonly samples: readonly JsonObject[];
  readonly explanation: Explanation | null;
}

interface Telling {
  readonly fresh: readonly Fresh[];
  readonly link: Message['link'];
  readonly mask: Mask;
}

async function tellFresh(tx: Db, c: NotifyContext, run: ChecksFinished, { fresh, link, mask }: Telling): Promise<void> {
  for (const severity of ['critical', 'warning'] as const) {
    const these = fresh.filter((each) => each.severity === severity);
    const [first] = these;
    if (!first) continue;
    const word = severity === 'critical' ? 'Failing' : 'Warning';
    const incidentIds = these.map(({ id }) => id);
    const owners = await ownersOfChecks(
      tx,
      run.suiteId,
      these.map(({ key }) => key),
    );
    await markTold(tx, incidentIds, c.clock());
    const message: Message = {
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
        ...(await evidenceOf(tx, run, these, c.clock())).map(mask),
        'What to do: look at the rows behind it, then mend the source or the limit and run the checks again.',
        ...ownerLine(owners),
      ],
      link,
      footer: `${these
        .map(({ id }) => `INC-${id}`)
        .slice(0, LISTED)
        .join(', ')}, ${severity}. ${TOLD_ONCE}`,
    };
    const event = severity === 'critical' ? 'check_failed' : 'check_warned';
    await enqueue(tx, c, run, event, message, { owners, incidentIds });
  }
}

/** What probably caused them, and the first of the rows at fault. */
async function evidenceOf(
  tx: Db,
  { connectionId, suiteId }: ChecksFinished,
  fresh: readonly Fresh[],
  at: Date,
): Promise<string[]> {
  const explanation = fresh.find((each) => each.explanation !== null)?.explanation ?? null;
  const failing = fresh.map(({ table, samples: rows }) => ({ table, rows }));
  const [only, ...others] = fresh;
  const isOne = only !== undefined && others.length === 0;
  return [
    ...causeLine(explanation, at),
    ...(await sharedLine(tx, connectionId, failing)),
    ...(isOne ? await trendLine(tx, { suiteId, key: only.key, isGate: false }) : []),
    ...(await keysLine(tx, connectionId, failing)),
  ];
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
  await markTold(tx, [seen.id], c.clock());
  const told: Message = {
    state: 'failed',
    headline: `Not checked: ${title}`,
    lines: [`What happened: ${message}`, ...(hint ? [`What to do: ${hint}`] : [])],
    link,
    footer: `INC-${seen.id}, critical. ${TOLD_ONCE}`,
  };
  await enqueue(tx, c, run, 'check_failed', told, { incidentIds: [seen.id] });
}

function subject({ workspaceId, connectionId, suiteId, syncId }: ChecksFinished) {
  return { workspaceId, connectionId, suiteId, syncId };
}

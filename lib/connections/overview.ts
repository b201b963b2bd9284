import type { Db } from '#lib/db/connect.ts';
import type { Schedule, SyncStatus } from '#lib/db/schema.ts';
import type { Failure } from '#lib/errors.ts';
import { defaultTargetMinutes } from './freshness.ts';
import { type Health, healthOf, healthRank } from './health.ts';
import {
  type CheckFacts,
  type ConnectionFacts,
  type DayFacts,
  type DiskFacts,
  type SyncFacts,
  selectChecks,
  selectConnectionFacts,
  selectQualityOfSyncs,
  selectRecentSyncs,
  selectWorkspaceFacts,
  type WorkspaceFacts,
} from './overview-store.ts';
import { DAYS, recordDays } from './record-days.ts';
import { notFound } from './refusals.ts';
import { median, usualBand } from './series.ts';

/** The state of every connection, worst first, with the figures that stand above the table. */
export interface Overview {
  readonly asOf: Date;
  readonly connections: readonly OverviewRow[];
  readonly tiles: {
    readonly held: { readonly rows: number; readonly loads: number; readonly quarantined24h: number };
    readonly incidents: {
      readonly open: number;
      readonly critical: number;
      readonly oldest: { readonly id: number; readonly openedAt: Date } | null;
    };
    readonly records: {
      readonly last24h: number;
      /** Fourteen days, oldest first, today last. */
      readonly series: readonly (number | null)[];
      readonly usual: { readonly low: number; readonly high: number } | null;
    };
  };
  readonly workers: number;
  readonly disk: DiskFacts | null;
  readonly running: number;
}

export interface OverviewRow {
  readonly id: string;
  readonly name: string;
  /** Who answers for it: a person or a team. */
  readonly owner: string | null;
  readonly health: Health;
  readonly running: boolean;
  readonly reason: string | null;
  readonly source: { readonly id: string; readonly name: string };
  readonly destination: { readonly id: string; readonly name: string; readonly type: string };
  readonly namespace: string | null;
  readonly schedule: Schedule;
  readonly nextSync: Date | null;
  /** `dataAsOf` is the instant at which the last successful sync began to read. */
  readonly freshness: { readonly dataAsOf: Date | null; readonly targetMinutes: number | null };
  readonly lastSync: {
    readonly id: number;
    readonly status: SyncStatus;
    readonly startedAt: Date | null;
    readonly finishedAt: Date | null;
    readonly durationMs: number | null;
    readonly failure: Failure | null;
  } | null;
  readonly medianMs: number | null;
  readonly failedInARow: number;
  readonly current: { readonly id: number; readonly startedAt: Date | null; readonly attempt: number } | null;
  /** Rows written a day, and the bytes of today. */
  readonly records: Daily & { readonly bytes: number | null };
  /** Up to twenty, oldest first. */
  readonly recent: readonly {
    readonly id: number;
    readonly status: SyncStatus;
    readonly quality: 'ok' | 'warn' | 'fail' | 'block' | null;
    readonly durationMs: number | null;
  }[];
  /** 0 to 1, over `recent` without cancelled and skipped ones. */
  readonly failureRate: number | null;
  readonly checks: {
    readonly total: number;
    readonly pass: number;
    readonly warn: number;
    readonly fail: number;
    readonly error: number;
    readonly worst: string | null;
    readonly suiteId: string;
  } | null;
}

/** A row on its own knows more: its bytes a day. */
export interface ConnectionRow extends OverviewRow {
  readonly bytes: Daily;
}

/** Fourteen days, oldest first, today last, and what is usual; null for a day without a sync that ended. */
interface Daily {
  readonly series: readonly (number | null)[];
  readonly low: number | null;
  readonly high: number | null;
}

const OVER: readonly SyncStatus[] = ['succeeded', 'partial', 'failed', 'cancelled', 'skipped'];
const FAILED: readonly SyncStatus[] = ['failed', 'partial'];
/** Syncs that say nothing about whether the connection works. */
const UNDECIDED: readonly SyncStatus[] = ['cancelled', 'skipped'];
/** The code of a sync whose load waits behind a failing check. */
const HELD = 'load_held';
const RECENT = 20;

type OverviewContext = { readonly db: Db; readonly clock: () => Date };

/** Seven statements at most, however many connections there are. */
export async function getOverview({ db, clock }: OverviewContext, workspaceId: string): Promise<Overview> {
  const now = clock();
  const [rows, facts] = await Promise.all([
    overviewRows(db, workspaceId, now, null),
    selectWorkspaceFacts(db, workspaceId, now),
  ]);
  const connections = rows.toSorted(
    (a, b) => healthRank(a.health) - healthRank(b.health) || a.name.localeCompare(b.name),
  );
  const { workers, running, disk } = facts;
  return { asOf: now, connections, tiles: tilesOf(connections, facts), workers, running, disk };
}

/** One connection's row of the overview. */
export async function getOverviewRow(
  { db, clock }: OverviewContext,
  workspaceId: string,
  connectionId: string,
): Promise<ConnectionRow> {
  const now = clock();
  const [[row], days] = await Promise.all([
    overviewRows(db, workspaceId, now, connectionId),
    recordDays(db, workspaceId, now, connectionId),
  ]);
  if (!row) throw notFound('connection');
  return { ...row, bytes: dailyOf(days, 'bytes') };
}

async function overviewRows(db: Db, workspaceId: string, now: Date, only: string | null): Promise<OverviewRow[]> {
  const [connections, syncs, days, checks] = await Promise.all([
    selectConnectionFacts(db, workspaceId, only),
    selectRecentSyncs(db, workspaceId, only),
    recordDays(db, workspaceId, now, only),
    selectChecks(db, workspaceId, only),
  ]);
  const syncIds = syncs.map(({ id }) => id);
  const quality = new Map(
    (await selectQualityOfSyncs(db, workspaceId, syncIds)).map((row) => [row.syncId, row.quality]),
  );
  const syncsOf = Map.groupBy(syncs, ({ connectionId }) => connectionId);
  const daysOf = Map.groupBy(days, ({ connectionId }) => connectionId);
  const checksOf = Map.groupBy(checks, ({ connectionId }) => connectionId);
  return connections.map((connection) =>
    overviewRow(connection, now, {
      syncs: syncsOf.get(connection.id) ?? [],
      days: daysOf.get(connection.id) ?? [],
      checks: checksOf.get(connection.id) ?? [],
      quality,
    }),
  );
}

interface RowFacts {
  /** Newest first. */
  readonly syncs: readonly SyncFacts[];
  readonly days: readonly DayFacts[];
  readonly checks: readonly CheckFacts[];
  readonly quality: ReadonlyMap<number, 'ok' | 'warn' | 'fail' | 'block'>;
}

function overviewRow(connection: ConnectionFacts, now: Date, { syncs, days, checks, quality }: RowFacts): OverviewRow {
  const ended = syncs.filter(({ status }) => OVER.includes(status)).slice(0, RECENT);
  const decided = ended.filter(({ status }) => !UNDECIDED.includes(status));
  const current = syncs.find(({ status }) => !OVER.includes(status));
  const last = ended[0];
  const durations = decided.filter(({ status }) => status === 'succeeded').flatMap((sync) => durationMs(sync) ?? []);
  const targetMinutes = connection.targetMinutes ?? defaultTargetMinutes(connection.schedule, now);
  const summary = sumChecks(checks);
  const verdict = healthOf({
    active: connection.status === 'active',
    pausedReason: connection.pausedReason,
    last: decided[0] ? { ...decided[0], message: decided[0].failure?.message ?? null, held: isHeld(decided[0]) } : null,
    current: current ? { attempt: current.attempts, status: current.status } : null,
    ageMinutes: connection.dataAsOf && (now.getTime() - connection.dataAsOf.getTime()) / 60_000,
    targetMinutes,
    checks: summary,
  });
  const failed = decided.filter(({ status }) => FAILED.includes(status));
  return {
    id: connection.id,
    name: connection.name,
    owner: connection.owner,
    ...verdict,
    running: current !== undefined,
    source: connection.source,
    destination: connection.destination,
    namespace: connection.namespace,
    schedule: connection.schedule,
    nextSync: connection.nextDue,
    freshness: { dataAsOf: connection.dataAsOf, targetMinutes },
    lastSync: last ? toLastSync(last) : null,
    medianMs: median(durations),
    failedInARow: countLeading(decided, ({ status }) => FAILED.includes(status)),
    current: current ? { id: current.id, startedAt: current.startedAt, attempt: current.attempts } : null,
    records: { ...dailyOf(days, 'written'), bytes: days.find(({ daysAgo }) => daysAgo === 0)?.bytes ?? null },
    recent: ended
      .map((sync) => ({
        id: sync.id,
        status: sync.status,
        quality: quality.get(sync.id) ?? null,
        durationMs: durationMs(sync),
      }))
      .toReversed(),
    failureRate: decided.length === 0 ? null : failed.length / decided.length,
    checks: summary,
  };
}

function tilesOf(connections: readonly OverviewRow[], facts: WorkspaceFacts): Overview['tiles'] {
  const series = Array.from({ length: DAYS }, (_, day) =>
    sumKnown(connections.map((row) => row.records.series[day] ?? null)),
  );
  return {
    held: {
      rows: facts.heldRows,
      loads: connections.filter(({ lastSync }) => lastSync?.failure?.code === HELD).length,
      quarantined24h: facts.quarantined24h,
    },
    incidents: {
      open: facts.open,
      critical: facts.critical,
      oldest: facts.oldest && { id: facts.oldest.id, openedAt: new Date(facts.oldest.openedAt) },
    },
    records: { last24h: facts.written24h, series, usual: usualBand(series.slice(0, -1)) },
  };
}

/** A connection may have several suites; the first one is where its checks are shown. */
function sumChecks(checks: readonly CheckFacts[]): OverviewRow['checks'] {
  const [first] = checks;
  if (!first) return null;
  const sum = (field: 'total' | 'pass' | 'warn' | 'fail' | 'error') =>
    checks.reduce((total, suite) => total + suite[field], 0);
  const worst = checks.toSorted((a, b) => b.fail + b.error - (a.fail + a.error))[0] ?? first;
  return {
    total: sum('total'),
    pass: sum('pass'),
    warn: sum('warn'),
    fail: sum('fail'),
    error: sum('error'),
    worst: worst.worst,
    suiteId: worst.suiteId,
  };
}

/** Today is not over: what is usual comes from the days before. */
function dailyOf(days: readonly DayFacts[], of: 'written' | 'bytes'): Daily {
  const byDay = new Map(days.map((day) => [day.daysAgo, day[of]]));
  const series = Array.from({ length: DAYS }, (_, index) => byDay.get(DAYS - 1 - index) ?? null);
  const band = usualBand(series.slice(0, -1));
  return { series, low: band?.low ?? null, high: band?.high ?? null };
}

function toLastSync(sync: SyncFacts): NonNullable<OverviewRow['lastSync']> {
  const { id, status, startedAt, finishedAt, failure } = sync;
  return { id, status, startedAt, finishedAt, failure, durationMs: durationMs(sync) };
}

function isHeld({ failure }: SyncFacts): boolean {
  return failure?.code === HELD;
}

function durationMs({ startedAt, finishedAt }: SyncFacts): number | null {
  return startedAt && finishedAt && finishedAt.getTime() - startedAt.getTime();
}

function sumKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

function countLeading<T>(items: readonly T[], matches: (item: T) => boolean): number {
  const end = items.findIndex((item) => !matches(item));
  return end === -1 ? items.length : end;
}

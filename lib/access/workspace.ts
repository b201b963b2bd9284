import type { Db } from '#lib/db/connect.ts';
import type { AutoDisable } from '#lib/db/schema.ts';
import { type Issue, WeirError } from '#lib/errors.ts';

export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly defaultNamespace: string;
  readonly notificationEmail: string | null;
  readonly timeZone: string;
  /** Null lets connections fail for as long as they like. */
  readonly autoDisable: AutoDisable | null;
  readonly retention: Retention;
  readonly createdAt: Date;
}

/** Days that Weir keeps what it wrote about its work. */
export interface Retention {
  readonly logDays: number;
  readonly syncDays: number;
  readonly measurementDays: number;
  /** Failing rows; a suite may keep its own for less. */
  readonly sampleDays: number;
}

export interface WorkspaceSettings {
  readonly name: string;
  readonly defaultNamespace: string;
  readonly notificationEmail: string | null;
  readonly timeZone: string;
  readonly autoDisable?: AutoDisable | null;
  readonly retention?: Retention;
}

/** What is absent stays. */
export type WorkspaceChange = Partial<Omit<WorkspaceSettings, 'retention'>> & {
  readonly retention?: Partial<Retention>;
};

const NAME_LENGTH = 100;
const MOST_FAILURES = 1_000;
const MOST_DAYS = 3_650;
/** Fewer, and no check could know a season. */
const LEAST_DAYS: Retention = { logDays: 1, syncDays: 1, measurementDays: 30, sampleDays: 1 };
/** Postgres cuts identifiers at 63 bytes; a namespace becomes a schema. */
const NAMESPACE = /^[A-Za-z_][A-Za-z0-9_$-]{0,62}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export async function getWorkspace({ db }: { db: Db }, workspaceId: string): Promise<Workspace> {
  const { logDays, syncDays, measurementDays, sampleDays, ...row } = await db
    .selectFrom('workspace')
    .select([
      'id',
      'name',
      'default_namespace as defaultNamespace',
      'notification_email as notificationEmail',
      'time_zone as timeZone',
      'auto_disable as autoDisable',
      'created_at as createdAt',
    ])
    .select([
      'log_days as logDays',
      'sync_days as syncDays',
      'measurement_days as measurementDays',
      'sample_days as sampleDays',
    ])
    .where('id', '=', workspaceId)
    .executeTakeFirstOrThrow();
  return { ...row, retention: { logDays, syncDays, measurementDays, sampleDays } };
}

export async function updateWorkspace(
  { db }: { db: Db },
  workspaceId: string,
  change: WorkspaceChange,
): Promise<Workspace> {
  const stored = await getWorkspace({ db }, workspaceId);
  const next = { ...stored, ...change, retention: { ...stored.retention, ...change.retention } };
  const issues = workspaceIssues(next);
  if (issues.length > 0)
    throw new WeirError({ kind: 'config', code: 'invalid_input', message: 'The settings were not saved.', issues });
  await db.updateTable('workspace').set(workspaceColumns(next)).where('id', '=', workspaceId).execute();
  return getWorkspace({ db }, workspaceId);
}

/** Makes one of settings that have no issues; gives its id. */
export async function insertWorkspace(db: Db, settings: WorkspaceSettings): Promise<string> {
  const { id } = await db
    .insertInto('workspace')
    .values(workspaceColumns(settings))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

function workspaceColumns(settings: WorkspaceSettings) {
  return {
    name: settings.name.trim(),
    default_namespace: settings.defaultNamespace,
    notification_email: settings.notificationEmail?.trim() || null,
    time_zone: settings.timeZone,
    ...(settings.autoDisable !== undefined && {
      auto_disable: settings.autoDisable && JSON.stringify(settings.autoDisable),
    }),
    ...(settings.retention && {
      log_days: settings.retention.logDays,
      sync_days: settings.retention.syncDays,
      measurement_days: settings.retention.measurementDays,
      sample_days: settings.retention.sampleDays,
    }),
  };
}

/** All that is wrong with the settings; empty when they can be saved. */
export function workspaceIssues(settings: WorkspaceSettings): Issue[] {
  const { name, defaultNamespace, notificationEmail, timeZone, autoDisable = null, retention } = settings;
  return [
    ...autoDisableIssues(autoDisable),
    ...retentionIssues(retention),
    (!name.trim() || name.length > NAME_LENGTH) && {
      path: 'name',
      message: `Give the workspace a name of 1 to ${NAME_LENGTH} characters.`,
    },
    !NAMESPACE.test(defaultNamespace) && {
      path: 'defaultNamespace',
      message: 'A schema name: letters, digits and _, beginning with a letter, at most 63 characters.',
    },
    notificationEmail?.trim() &&
      !isEmail(notificationEmail.trim()) && {
        path: 'notificationEmail',
        message: 'An address such as data@example.com.',
      },
    !isTimeZone(timeZone) && { path: 'timeZone', message: 'A time zone of the IANA list, such as Europe/Berlin.' },
  ].filter((issue) => typeof issue === 'object' && issue !== null);
}

function autoDisableIssues(settings: AutoDisable | null): Issue[] {
  if (settings === null) return [];
  const { failures, days, warnFailures, warnDays } = settings;
  const isCount = (value: number, least: number) => Number.isInteger(value) && value >= least && value <= MOST_FAILURES;
  return [
    !isCount(failures, 1) && { path: 'autoDisable.failures', message: `A whole number from 1 to ${MOST_FAILURES}.` },
    !isCount(days, 0) && { path: 'autoDisable.days', message: `A whole number from 0 to ${MOST_FAILURES}.` },
    !(isCount(warnFailures, 1) && warnFailures <= failures) && {
      path: 'autoDisable.warnFailures',
      message: 'A whole number from 1, not above the failures that disable.',
    },
    !(isCount(warnDays, 0) && warnDays <= days) && {
      path: 'autoDisable.warnDays',
      message: 'A whole number from 0, not above the days that disable.',
    },
  ].filter((issue) => issue !== false);
}

function retentionIssues(retention: Retention | undefined): Issue[] {
  if (!retention) return [];
  return (Object.keys(LEAST_DAYS) as (keyof Retention)[]).flatMap((field) => {
    const [days, least] = [retention[field], LEAST_DAYS[field]];
    if (Number.isInteger(days) && days >= least && days <= MOST_DAYS) return [];
    return [{ path: `retention.${field}`, message: `A whole number of days from ${least} to ${MOST_DAYS}.` }];
  });
}

export function isEmail(text: string): boolean {
  return EMAIL.test(text) && text.length <= 254;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name.length > 0;
  } catch {
    return false;
  }
}

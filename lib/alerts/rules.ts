import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Digest, QuietHours, RuleMatches } from '#lib/db/schema.ts';
import { type Issue, WeirError } from '#lib/errors.ts';
import { EVENTS, type Event, LEVELS, levelOf } from './events.ts';
import { digestIssues, quietIssues } from './quiet-hours.ts';
import { routeOf, type Wait } from './route.ts';
import { routedConnection, routingOf } from './routing-store.ts';

/** Who is told of what, and when. */
export interface Rule extends RuleInput {
  readonly id: string;
  readonly createdAt: Date;
}

export interface RuleInput {
  readonly name: string;
  /** Rules are asked in this order, and the first one that matches decides. */
  readonly position: number;
  readonly enabled: boolean;
  /** What is absent does not matter; without anything it matches all of the workspace. */
  readonly matches: RuleMatches;
  /** Nobody is told when there is none. */
  readonly channelIds: readonly string[];
  /** So many failed syncs in a row before anybody is told. */
  readonly failuresInARow: number;
  readonly quietHours: QuietHours | null;
  /** Warnings wait for it. */
  readonly digest: Digest | null;
}

const MOST_RULES = 100;
const MOST_FAILURES = 100;
const LISTS: readonly (keyof RuleMatches)[] = ['connections', 'tags', 'owners', 'levels', 'events'];

const DEFAULTS = {
  ...{ position: 0, enabled: true, matches: {}, channelIds: [], failuresInARow: 1, quietHours: null, digest: null },
} as const satisfies Omit<RuleInput, 'name'>;

/** In the order in which they are asked. */
export function listRules({ db }: { db: Db }, workspaceId: string): Promise<Rule[]> {
  return selectRules(db, workspaceId).orderBy('position').orderBy('created_at').execute();
}

/** @throws WeirError `invalid_input` by field, `name_taken` */
export async function createRule(
  { db }: { db: Db },
  workspaceId: string,
  input: Partial<RuleInput> & { name: string },
): Promise<{ id: string }> {
  const existing = await listRules({ db }, workspaceId);
  const last = Math.max(-1, ...existing.map(({ position }) => position));
  const next: RuleInput = { ...DEFAULTS, position: last + 1, ...input };
  const full = existing.length >= MOST_RULES ? [{ path: 'name', message: `At most ${MOST_RULES} rules.` }] : [];
  refuse([...full, ...ruleIssues(next), ...(await missingIn(db, workspaceId, next))]);
  return withFreeName(next.name, () =>
    db
      .insertInto('alert_rule')
      .values({ workspace_id: workspaceId, ...columnsOf(next) })
      .returning('id')
      .executeTakeFirstOrThrow(),
  );
}

/** @throws WeirError `not_found`, `invalid_input`, `name_taken` */
export async function updateRule(
  { db }: { db: Db },
  workspaceId: string,
  id: string,
  change: Partial<RuleInput>,
): Promise<void> {
  const stored = await selectRules(db, workspaceId).where('id', '=', id).executeTakeFirst();
  if (!stored) throw notFound();
  const next = { ...stored, ...change };
  // What has been deleted since it was saved is no reason to refuse another change.
  refuse([...ruleIssues(next), ...(await missingIn(db, workspaceId, change))]);
  await withFreeName(next.name, () =>
    db
      .updateTable('alert_rule')
      .set(columnsOf(next))
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .execute(),
  );
}

/** @throws WeirError `not_found` */
export async function deleteRule({ db }: { db: Db }, workspaceId: string, id: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('alert_rule')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw notFound();
}

export interface Preview {
  readonly event: Event;
  /** The rule that decides; null where every channel that asks for the event is told. */
  readonly rule: { readonly id: string; readonly name: string } | null;
  readonly channels: readonly { readonly id: string; readonly name: string; readonly type: string }[];
  readonly failuresInARow: number;
  /** Why it waits and until when; null for at once. */
  readonly waits: Wait | null;
}

/** Who would be told now, event by event. @throws WeirError `not_found` for a connection that is not there */
export async function previewRoutes(
  { db, clock }: { db: Db; clock: () => Date },
  workspaceId: string,
  connectionId: string | null,
): Promise<Preview[]> {
  const { rules, channels } = await routingOf(db, workspaceId);
  const about = await routedConnection(db, workspaceId, connectionId);
  if (connectionId !== null && about === null) throw notFound('connection');
  return EVENTS.map((event) => {
    const asked = { event, connectionId, tags: about?.tags ?? [], owners: about?.owners ?? [] };
    const { rule, channels: told, waits } = routeOf(rules, channels, asked, clock());
    return {
      event,
      rule: rule && { id: rule.id, name: rule.name },
      channels: told.map(({ id, name, type }) => ({ id, name, type })),
      failuresInARow: event === 'sync_failed' || event === 'load_held' ? (rule?.failuresInARow ?? 1) : 1,
      waits: levelOf(event) === 'info' && waits?.why === 'digest' ? null : waits,
    };
  });
}

function selectRules(db: Db, workspaceId: string) {
  return db
    .selectFrom('alert_rule')
    .select(['id', 'name', 'position', 'enabled', 'matches', 'channel_ids as channelIds'])
    .select(['failures_in_a_row as failuresInARow', 'quiet_hours as quietHours', 'digest', 'created_at as createdAt'])
    .where('workspace_id', '=', workspaceId);
}

function columnsOf(input: RuleInput) {
  const { name, position, enabled, matches, channelIds, failuresInARow, quietHours, digest } = input;
  const given = Object.fromEntries(LISTS.flatMap((list) => (matches[list]?.length ? [[list, matches[list]]] : [])));
  return {
    ...{ name: name.trim(), position, enabled, failures_in_a_row: failuresInARow },
    matches: JSON.stringify(given),
    channel_ids: sql<string[]>`${[...channelIds]}::uuid[]`,
    quiet_hours: quietHours && JSON.stringify(quietHours),
    digest: digest && JSON.stringify(digest),
  };
}

function ruleIssues({ name, position, matches, failuresInARow, quietHours, digest }: RuleInput): Issue[] {
  const isWhole = Number.isInteger(failuresInARow) && failuresInARow >= 1 && failuresInARow <= MOST_FAILURES;
  return [
    ...(name.trim() && name.length <= 200 ? [] : [{ path: 'name', message: 'Give it a name of 1 to 200 characters.' }]),
    ...(Number.isInteger(position) && Math.abs(position) < 1e6
      ? []
      : [{ path: 'position', message: 'A whole number.' }]),
    ...(isWhole ? [] : [{ path: 'failuresInARow', message: `A whole number from 1 to ${MOST_FAILURES}.` }]),
    ...unknownIssues('matches.levels', matches.levels, LEVELS),
    ...unknownIssues('matches.events', matches.events, EVENTS),
    ...quietIssues(quietHours),
    ...digestIssues(digest),
  ];
}

async function missingIn(db: Db, workspaceId: string, { matches, channelIds }: Partial<RuleInput>): Promise<Issue[]> {
  return [
    ...(await missingIssues(db, workspaceId, 'connection', matches?.connections, 'matches.connections')),
    ...(await missingIssues(db, workspaceId, 'channel', channelIds, 'channelIds')),
  ];
}

function unknownIssues(path: string, given: readonly string[] = [], known: readonly string[]): Issue[] {
  const unknown = given.filter((each) => !known.includes(each));
  if (unknown.length === 0) return [];
  return [{ path, message: `Not known: ${unknown.join(', ')}. One of: ${known.join(', ')}.` }];
}

async function missingIssues(
  db: Db,
  workspaceId: string,
  table: 'connection' | 'channel',
  ids: readonly string[] = [],
  path: string,
): Promise<Issue[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom(table)
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', 'in', [...ids])
    .execute();
  const missing = ids.filter((id) => !rows.some((row) => row.id === id));
  return missing.length === 0 ? [] : [{ path, message: `There is no ${table} ${missing.join(', ')}.` }];
}

function refuse(issues: readonly Issue[]): void {
  if (issues.length === 0) return;
  throw new WeirError({ kind: 'config', code: 'invalid_input', message: 'The rule was not saved.', issues });
}

function notFound(noun = 'rule'): WeirError {
  const hint = 'It may have been deleted.';
  return new WeirError({ kind: 'config', code: 'not_found', message: `There is no such ${noun}.`, hint });
}

async function withFreeName<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: string }).code !== '23505') throw error;
    const issues = [{ path: 'name', message: 'This name is taken.' }];
    const message = `There is a rule named ${name} already.`;
    throw new WeirError({ kind: 'config', code: 'name_taken', message, issues, cause: error });
  }
}

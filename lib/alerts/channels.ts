import { randomUUID } from 'node:crypto';
import type { Db } from '#lib/db/connect.ts';
import { type GuardContext, workspaceGuard } from '#lib/db/workspace-guard.ts';
import { type Issue, toFailure, WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import {
  followReferences,
  maskConfig,
  maskText,
  mergeMasked,
  openConfig,
  referenceIssues,
  type Secrets,
  sealConfig,
  secretValues,
  usableConfig,
} from '#lib/secrets.ts';
import { EVENTS, USUAL_EVENTS } from './events.ts';
import type { ChannelKind, ChannelType, Reach, Refused } from './kinds/channel-kind.ts';
import { CHANNEL_KINDS, channelKind, isChannelType } from './kinds/kinds.ts';
import type { Thread } from './kinds/thread.ts';
import { aboutOf } from './store.ts';
import { threadsOf } from './thread-store.ts';

export interface Channel {
  readonly id: string;
  readonly type: ChannelType;
  readonly name: string;
  /** Secrets masked. */
  readonly config: JsonObject;
  readonly events: readonly string[];
  readonly enabled: boolean;
  readonly createdAt: Date;
  readonly lastDelivery: {
    readonly at: Date;
    readonly status: 'pending' | 'sent' | 'failed';
    readonly error: string | null;
  } | null;
}

interface ChannelInput {
  readonly type: string;
  readonly name: string;
  readonly config: JsonObject;
  readonly events?: readonly string[];
  readonly enabled?: boolean;
}

type ChannelContext = GuardContext & { readonly secrets: Secrets };
type SendContext = ChannelContext & { readonly clock: () => Date };

export async function listChannels({ db }: { db: Db }, workspaceId: string): Promise<Channel[]> {
  const rows = await db
    .selectFrom('channel')
    .leftJoinLateral(
      (from) =>
        from
          .selectFrom('delivery')
          .select(['created_at', 'sent_at', 'status', 'last_error'])
          .whereRef('channel_id', '=', 'channel.id')
          .orderBy('created_at', 'desc')
          .limit(1)
          .as('last'),
      (join) => join.onTrue(),
    )
    .select(['channel.id', 'type', 'name', 'config', 'events', 'enabled', 'channel.created_at as createdAt'])
    .select([
      'last.created_at as lastAt',
      'last.sent_at as sentAt',
      'last.status as lastStatus',
      'last.last_error as lastError',
    ])
    .where('channel.workspace_id', '=', workspaceId)
    .orderBy('name')
    .execute();
  return rows.map(({ lastAt, sentAt, lastStatus, lastError, ...row }) => ({
    ...row,
    config: maskConfig(channelKind(row.type).spec, row.config),
    lastDelivery: lastAt && lastStatus ? { at: sentAt ?? lastAt, status: lastStatus, error: lastError } : null,
  }));
}

/** @throws WeirError `invalid_input` by field, `name_taken` */
export async function createChannel(
  c: ChannelContext,
  workspaceId: string,
  input: ChannelInput,
): Promise<{ id: string }> {
  const { type } = input;
  if (!isChannelType(type)) {
    const types = CHANNEL_KINDS.map((kind) => kind.type).join(', ');
    return refuse([{ path: 'type', message: `One of: ${types}.` }, ...nameIssues(input.name)]);
  }
  const kind = channelKind(type);
  const shaped = kind.shape(input.config);
  const reach = await reachOf(c, workspaceId);
  const issues = [
    ...nameIssues(input.name),
    ...eventIssues(input.events),
    ...(await configIssues(c.secrets, kind, shaped, reach)),
  ];
  if (issues.length > 0) return refuse(issues);
  const id = randomUUID();
  const config = sealConfig(c.secrets, kind.spec, shaped, channelAad(id));
  await withFreeName(input.name, () =>
    c.db
      .insertInto('channel')
      .values({
        id,
        workspace_id: workspaceId,
        type,
        name: input.name.trim(),
        config: JSON.stringify(config),
        events: JSON.stringify(input.events ?? USUAL_EVENTS),
        enabled: input.enabled ?? true,
      })
      .execute(),
  );
  return { id };
}

/** A secret that comes back masked stays as it is stored. @throws WeirError `not_found`, `invalid_input`, `name_taken` */
export async function updateChannel(
  c: ChannelContext,
  workspaceId: string,
  id: string,
  change: Partial<Omit<ChannelInput, 'type'>>,
): Promise<void> {
  const stored = await findChannel(c.db, workspaceId, id);
  const kind = channelKind(stored.type);
  const open = () => openConfig(c.secrets, stored.config, channelAad(id));
  const shaped = change.config && kind.shape(mergeMasked(open(), { ...open(), ...change.config }) as JsonObject);
  const issues = [
    ...nameIssues(change.name ?? stored.name),
    ...eventIssues(change.events),
    ...(shaped ? await configIssues(c.secrets, kind, shaped, await reachOf(c, workspaceId)) : []),
  ];
  if (issues.length > 0) refuse(issues);
  const config = shaped ? sealConfig(c.secrets, kind.spec, shaped, channelAad(id)) : stored.config;
  const name = (change.name ?? stored.name).trim();
  await withFreeName(name, () =>
    c.db
      .updateTable('channel')
      .set({ name, config: JSON.stringify(config) })
      .where('id', '=', id)
      .execute(),
  );
  await setOptions(c.db, workspaceId, id, change);
}

/** Deletes it with its deliveries. @throws WeirError `not_found` */
export async function deleteChannel({ db }: { db: Db }, workspaceId: string, id: string): Promise<void> {
  await findChannel(db, workspaceId, id);
  await db.deleteFrom('channel').where('workspace_id', '=', workspaceId).where('id', '=', id).execute();
}

/** Sends a test message at once, and gives what came of it. */
export async function testChannel(
  c: SendContext,
  workspaceId: string,
  id: string,
): Promise<{ ok: boolean; message: string }> {
  const { name, type, config } = await findChannel(c.db, workspaceId, id);
  const about = await aboutOf(c.db, { workspaceId, event: 'test', at: c.clock(), publicUrl: null });
  const payload = channelKind(type).render(
    {
      state: 'test',
      headline: `Test: Weir can post to ${name}`,
      lines: ['Nothing is wrong. Failed syncs, failing checks and recoveries will be told here.'],
      link: null,
      footer: '',
    },
    about,
    config,
  );
  const refused = await sendToChannel(c, { workspaceId, id, type, config, payload, deliveryId: randomUUID() });
  if (refused === null) return { ok: true, message: `${channelKind(type).title} took the message.` };
  return { ok: false, message: [refused.failure.message, refused.failure.hint].filter(Boolean).join(' ') };
}

interface Sending {
  readonly workspaceId: string;
  readonly id: string;
  readonly type: ChannelType;
  /** Secrets sealed. */
  readonly config: JsonObject;
  readonly payload: JsonObject;
  readonly deliveryId: string;
  readonly incidentIds?: readonly number[];
  /** Keeps where a message stands, so that it can be edited. */
  readonly keep?: (thread: Thread) => void;
}

/** Sends one message once, through the workspace's guard; null when it was taken. What comes back quotes no secret. */
export async function sendToChannel(c: SendContext, sending: Sending): Promise<Refused | null> {
  const { workspaceId, id, type, payload, deliveryId, incidentIds = [], keep = () => undefined } = sending;
  const kind = channelKind(type);
  let config: JsonObject;
  try {
    config = usableConfig(c.secrets, sending.config, channelAad(id));
  } catch (error) {
    return { failure: toFailure(error), retryAfterS: null };
  }
  const guard = await workspaceGuard(c, workspaceId);
  const known = kind.hasThreads ? await threadsOf(c.db, id, incidentIds) : { threads: [], incidents: [] };
  const refused = await kind.post(config, payload, { guard, clock: c.clock, deliveryId, incidentIds, keep, ...known });
  if (refused === null) return null;
  const message = maskText(refused.failure.message, secretValues(kind.spec, config));
  return { ...refused, failure: { ...refused.failure, message } };
}

/** Binds the secrets of a channel to its row. */
export function channelAad(id: string): string {
  return `channel:${id}`;
}

/** What a reference stands for is checked too, so that the guard sees the real address; it has to be set here for that. */
async function configIssues(secrets: Secrets, kind: ChannelKind, config: JsonObject, reach: Reach): Promise<Issue[]> {
  const misplaced = referenceIssues(secrets, kind.spec, config);
  if (misplaced.length > 0) return misplaced;
  return kind.issues(followReferences(secrets, kind.spec, config), reach);
}

async function findChannel(db: Db, workspaceId: string, id: string) {
  const row = await db
    .selectFrom('channel')
    .select(['id', 'name', 'type', 'config'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row) return row;
  throw new WeirError({
    kind: 'config',
    code: 'not_found',
    message: 'There is no such channel.',
    hint: 'It may have been deleted.',
  });
}

async function setOptions(
  db: Db,
  workspaceId: string,
  id: string,
  { events, enabled }: Partial<Pick<ChannelInput, 'events' | 'enabled'>>,
): Promise<void> {
  const set = { ...(events && { events: JSON.stringify(events) }), ...(enabled !== undefined && { enabled }) };
  if (Object.keys(set).length > 0)
    await db.updateTable('channel').set(set).where('workspace_id', '=', workspaceId).where('id', '=', id).execute();
}

async function reachOf(c: GuardContext, workspaceId: string): Promise<Reach> {
  const guard = await workspaceGuard(c, workspaceId);
  const isAllowed = async (host: string, port: number) => {
    const row = await c.db
      .selectFrom('allowed_host')
      .select('host')
      .where('workspace_id', '=', workspaceId)
      .where('host', '=', host.replace(/^\[|\]$/g, ''))
      .where('port', '=', port)
      .executeTakeFirst();
    return row !== undefined;
  };
  return { guard, isAllowed };
}

function nameIssues(name: string): Issue[] {
  return name.trim() && name.length <= 200 ? [] : [{ path: 'name', message: 'Give it a name of 1 to 200 characters.' }];
}

function eventIssues(events: readonly string[] = []): Issue[] {
  const known: readonly string[] = EVENTS;
  const unknown = events.filter((event) => !known.includes(event));
  return unknown.length > 0
    ? [{ path: 'events', message: `Not known: ${unknown.join(', ')}. One of: ${EVENTS.join(', ')}.` }]
    : [];
}

function refuse(issues: readonly Issue[]): never {
  throw new WeirError({ kind: 'config', code: 'invalid_input', message: 'The channel was not saved.', issues });
}

async function withFreeName<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: string }).code !== '23505') throw error;
    const issues = [{ path: 'name', message: 'This name is taken.' }];
    throw new WeirError({
      kind: 'config',
      code: 'name_taken',
      message: `There is a channel named ${name} already.`,
      issues,
      cause: error,
    });
  }
}

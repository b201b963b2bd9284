import { randomUUID } from 'node:crypto';
import type { Db } from '#lib/db/connect.ts';
import { workspaceGuard } from '#lib/db/workspace-guard.ts';
import { type Issue, WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { MASK, maskConfig, openConfig, type Secrets, sealConfig } from '#lib/secrets.ts';
import { toSlack } from './message.ts';
import { EVENTS } from './notify.ts';
import { postToSlack } from './slack.ts';

export interface Channel {
  readonly id: string;
  readonly type: 'slack';
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

type ChannelContext = { readonly db: Db; readonly secrets: Secrets };

/** JSON schema of a Slack channel's config: whoever knows the webhook's address can post. */
export const slackChannelSpec: JsonObject = {
  type: 'object',
  required: ['webhookUrl'],
  properties: {
    webhookUrl: {
      type: 'string',
      title: 'Webhook address',
      description: 'https://hooks.slack.com/services/…, from Slack’s “Incoming webhooks”.',
      airbyte_secret: true,
    },
  },
};

const SLACK_HOSTS = ['hooks.slack.com', 'hooks.slack-gov.com'];
const DEFAULT_EVENTS = ['sync_failed', 'check_failed', 'recovered'];

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
    config: maskConfig(slackChannelSpec, row.config),
    lastDelivery: lastAt && lastStatus ? { at: sentAt ?? lastAt, status: lastStatus, error: lastError } : null,
  }));
}

/** @throws WeirError `invalid_input` by field, `name_taken` */
export async function createChannel(
  c: ChannelContext,
  workspaceId: string,
  input: ChannelInput,
): Promise<{ id: string }> {
  const url = input.config.webhookUrl;
  const typeIssues = input.type === 'slack' ? [] : [{ path: 'type', message: 'One of: slack.' }];
  refuse([
    ...typeIssues,
    ...nameIssues(input.name),
    ...eventIssues(input.events),
    ...(await urlIssues(c.db, workspaceId, url)),
  ]);
  const id = randomUUID();
  const config = sealConfig(c.secrets, slackChannelSpec, { webhookUrl: String(url).trim() }, aadOf(id));
  await withFreeName(input.name, () =>
    c.db
      .insertInto('channel')
      .values({
        id,
        workspace_id: workspaceId,
        type: 'slack',
        name: input.name.trim(),
        config: JSON.stringify(config),
        events: JSON.stringify(input.events ?? DEFAULT_EVENTS),
        enabled: input.enabled ?? true,
      })
      .execute(),
  );
  return { id };
}

/** A masked address keeps the stored one. @throws WeirError `not_found`, `invalid_input`, `name_taken` */
export async function updateChannel(
  c: ChannelContext,
  workspaceId: string,
  id: string,
  change: Partial<Omit<ChannelInput, 'type'>>,
): Promise<void> {
  const stored = await findChannel(c.db, workspaceId, id);
  const url = change.config?.webhookUrl;
  const isNewUrl = change.config !== undefined && url !== MASK;
  refuse([
    ...nameIssues(change.name ?? stored.name),
    ...eventIssues(change.events),
    ...(isNewUrl ? await urlIssues(c.db, workspaceId, url) : []),
  ]);
  const config = isNewUrl
    ? sealConfig(c.secrets, slackChannelSpec, { webhookUrl: String(url).trim() }, aadOf(id))
    : stored.config;
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
  c: ChannelContext,
  workspaceId: string,
  id: string,
): Promise<{ ok: boolean; message: string }> {
  const { name, config } = await findChannel(c.db, workspaceId, id);
  const payload = toSlack({
    state: 'test',
    headline: `Test: Weir can post to ${name}`,
    lines: ['Nothing is wrong. Failed syncs, failing checks and recoveries will be told here.'],
    link: null,
    footer: '',
  });
  const refused = await postToSlack(
    webhookUrlOf(c.secrets, id, config),
    payload,
    await workspaceGuard(c.db, workspaceId),
  );
  if (refused === null) return { ok: true, message: 'Slack took the message.' };
  return { ok: false, message: [refused.failure.message, refused.failure.hint].filter(Boolean).join(' ') };
}

/** The address to post to. @throws WeirError `secret_unreadable` */
export function webhookUrlOf(secrets: Secrets, id: string, config: JsonObject): string {
  return String(openConfig(secrets, config, aadOf(id)).webhookUrl ?? '');
}

function aadOf(id: string): string {
  return `channel:${id}`;
}

async function findChannel(db: Db, workspaceId: string, id: string) {
  const row = await db
    .selectFrom('channel')
    .select(['id', 'name', 'config'])
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

/** Slack's own hosts over https; any other only if an administrator allowed that host and port. */
async function urlIssues(db: Db, workspaceId: string, url: unknown): Promise<Issue[]> {
  const path = 'config.webhookUrl';
  const text = typeof url === 'string' ? url.trim() : '';
  if (!URL.canParse(text))
    return [{ path, message: 'Enter the webhook’s address: https://hooks.slack.com/services/…' }];
  const { protocol, hostname, port, username, password } = new URL(text);
  if (username || password) return [{ path, message: 'The address must not hold a user name or password.' }];
  if (protocol === 'https:' && SLACK_HOSTS.includes(hostname) && port === '') return [];
  if (protocol !== 'https:' && protocol !== 'http:')
    return [{ path, message: 'The address must begin with https://.' }];
  const portNumber = Number(port) || (protocol === 'https:' ? 443 : 80);
  const allowed = await db
    .selectFrom('allowed_host')
    .select('host')
    .where('workspace_id', '=', workspaceId)
    .where('host', '=', hostname.replace(/^\[|\]$/g, ''))
    .where('port', '=', portNumber)
    .executeTakeFirst();
  if (allowed) return [];
  return [
    {
      path,
      message: `${hostname} is not Slack’s. To post there, allow ${hostname}:${portNumber} in Settings → Network first.`,
    },
  ];
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

function refuse(issues: readonly Issue[]): void {
  if (issues.length > 0)
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

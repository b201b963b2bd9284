import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, parseJsonOr } from '#lib/json.ts';
import { type Secrets, usableConfig } from '#lib/secrets.ts';
import { channelAad } from './channels.ts';

export const ACTIONS = ['acknowledge', 'snooze', 'expected', 'rerun', 'release'] as const;

/** A button that somebody pressed in Slack. */
export interface SlackAction {
  readonly workspaceId: string;
  readonly action: (typeof ACTIONS)[number];
  readonly incidentIds: readonly number[];
  /** For `rerun`. */
  readonly connectionId: string | null;
  /** For `release`. */
  readonly syncId: number | null;
  /** Slack's id of who pressed it. */
  readonly userId: string;
  /** As Slack names them: `slack ada`. */
  readonly actor: string;
  /** The message whose button it was; null where Slack does not say. */
  readonly place: SlackPlace | null;
}

export interface SlackPlace {
  readonly channel: string;
  readonly ts: string | null;
}

/** A signature is as good as this before and after its time. */
export const MOST_AGE_S = 300;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * What was pressed, once Slack's signature over the body as it came is found to be right and no older than five minutes.
 * Null for what Slack sends besides buttons of ours.
 * @throws WeirError `not_signed_in` for anything that Slack did not sign with the channel's signing secret
 */
export async function readSlackAction(
  { db, secrets, clock }: { db: Db; secrets: Secrets; clock: () => Date },
  channelId: string,
  request: { readonly body: string; readonly timestamp: string | undefined; readonly signature: string | undefined },
): Promise<SlackAction | null> {
  const channel = await db
    .selectFrom('channel')
    .select(['workspace_id as workspaceId', 'config'])
    .where('id', '=', channelId)
    .where('type', '=', 'slack_bot')
    .executeTakeFirst();
  const secret = channel
    ? String(usableConfig(secrets, channel.config, channelAad(channelId)).signingSecret ?? '')
    : '';
  if (!channel || secret === '' || !isSigned(secret, request, clock())) throw unsigned();
  const pressed = pressedIn(request.body);
  return pressed && { workspaceId: channel.workspaceId, ...pressed };
}

/** `v0=` and HMAC-SHA-256 over `v0:<timestamp>:<body>`. */
export function isSigned(
  secret: string,
  { body, timestamp, signature }: { body: string; timestamp: string | undefined; signature: string | undefined },
  now: Date,
): boolean {
  if (!timestamp || !/^\d{1,12}$/.test(timestamp) || !signature) return false;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > MOST_AGE_S) return false;
  const expected = Buffer.from(slackSignature(secret, timestamp, body));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export function slackSignature(secret: string, timestamp: string, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

function pressedIn(body: string): Omit<SlackAction, 'workspaceId'> | null {
  const payload = parseJsonOr(new URLSearchParams(body).get('payload') ?? '', null);
  if (!isJsonObject(payload)) return null;
  const [pressed] = Array.isArray(payload.actions) ? payload.actions.filter(isJsonObject) : [];
  const [name] = String(pressed?.action_id).split(':');
  const action = ACTIONS.find((each) => each === name);
  if (!action) return null;
  const user = isJsonObject(payload.user) ? payload.user : {};
  const words = String(pressed?.value ?? '').split(' ');
  const connectionId = words.find((word) => UUID.test(word)) ?? null;
  const load = words.find((word) => /^load:\d{1,15}$/.test(word));
  const ids = (words.find((word) => /^[\d,]+$/.test(word)) ?? '').split(',').filter(Boolean);
  return {
    action,
    connectionId,
    syncId: load ? Number(load.slice('load:'.length)) : null,
    userId: String(user.id ?? ''),
    incidentIds: ids.map(Number).filter(Number.isSafeInteger),
    actor: `slack ${String(user.username ?? user.name ?? user.id ?? 'somebody').slice(0, 100)}`,
    place: placeOf(payload),
  };
}

function placeOf({ channel, message }: JsonObject): SlackPlace | null {
  if (!isJsonObject(channel) || typeof channel.id !== 'string') return null;
  return { channel: channel.id, ts: isJsonObject(message) && typeof message.ts === 'string' ? message.ts : null };
}

function unsigned(): WeirError {
  const hint = 'Enter the app’s signing secret at the channel, and its address as the app’s Request URL.';
  const message = 'Slack did not sign this request with the secret of this channel, or long ago.';
  return new WeirError({ kind: 'config', code: 'not_signed_in', message, hint });
}

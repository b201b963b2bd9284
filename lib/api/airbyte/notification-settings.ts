import { createHash, randomBytes } from 'node:crypto';
import { type Channel, createChannel, deleteChannel, listChannels, updateChannel } from '#lib/alerts/channels.ts';
import type { Event } from '#lib/alerts/events.ts';
import type { Context } from '#lib/context.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { MASK } from '#lib/secrets.ts';
import { invalid, listOf, objectOf } from './call.ts';

/** What Airbyte tells of, as each of its trees calls it, and the events of ours that it stands for. */
const ITEMS: readonly { readonly config: string; readonly open: string; readonly events: readonly Event[] }[] = [
  { config: 'sendOnFailure', open: 'failure', events: ['sync_failed', 'load_held'] },
  { config: 'sendOnSuccess', open: 'success', events: ['sync_succeeded'] },
  { config: 'sendOnConnectionUpdate', open: 'connectionUpdate', events: ['schema_changed'] },
  {
    config: 'sendOnConnectionUpdateActionRequired',
    open: 'connectionUpdateActionRequired',
    events: ['schema_changed'],
  },
  { config: 'sendOnSyncDisabled', open: 'syncDisabled', events: ['connection_disabled'] },
  { config: 'sendOnSyncDisabledWarning', open: 'syncDisabledWarning', events: ['connection_at_risk'] },
];
/** A channel that was made through this API is known by its name, which ends in a hash of its address. */
const MADE_HERE = /^Airbyte API [0-9a-f]{8}$/;
const SLACK = /^https:\/\/hooks\.slack(-gov)?\.com\//;

/** What is asked for of one event: an address, none, or to stay where it is told now (the mask). */
interface Wish {
  readonly events: readonly Event[];
  readonly address: string | null;
}

/** Who is told by whom: webhooks (and Slack's bots) and mail, of the channels that are on. Addresses are secrets. */
export async function configNotifications(c: Context, workspaceId: string): Promise<JsonObject> {
  const channels = await listChannels(c, workspaceId);
  return Object.fromEntries(
    ITEMS.map(({ config, events }) => {
      const { webhook, mail } = toldOf(channels, events);
      const notificationType = [...(webhook ? ['slack'] : []), ...(mail ? ['customerio'] : [])];
      return [config, { notificationType, ...(webhook && { slackConfiguration: { webhook: MASK } }) }];
    }),
  );
}

/** The same as the public tree tells it. */
export async function publicNotifications(c: Context, workspaceId: string): Promise<JsonObject> {
  const channels = await listChannels(c, workspaceId);
  return Object.fromEntries(
    ITEMS.map(({ open, events }) => {
      const { webhook, mail } = toldOf(channels, events);
      return [open, { webhook: { enabled: webhook, ...(webhook && { url: MASK }) }, email: { enabled: mail } }];
    }),
  );
}

/** Makes and changes the channels of this API so that they tell what is asked for; items that are absent stay. @throws WeirError `invalid_input` */
export async function setNotifications(c: Context, workspaceId: string, body: JsonObject): Promise<void> {
  const wishes = wishesOf(body);
  if (wishes.length === 0) return;
  await c.db.transaction().execute(async (tx) => {
    const within = { ...c, db: tx };
    const channels = await listChannels(within, workspaceId);
    const ours = channels.filter(({ name }) => MADE_HERE.test(name));
    const others = channels.filter(({ name }) => !MADE_HERE.test(name));
    const wanted = new Map(ours.map(({ name, events }) => [name, new Set(events)]));
    const addresses = new Map<string, string>();
    for (const { events, address } of wishes) {
      // What somebody else's channel tells is shown with a mask, too, and comes back so.
      if (address === MASK && toldOf(others, events).webhook) continue;
      apply(wanted, addresses, events, address);
    }
    for (const [name, events] of wanted) await save(within, workspaceId, ours, { name, events, addresses });
  });
}

function apply(
  wanted: Map<string, Set<string>>,
  addresses: Map<string, string>,
  events: readonly Event[],
  address: string | null,
): void {
  if (address === MASK) {
    if (events.every((event) => [...wanted.values()].some((told) => told.has(event)))) return;
    const [only, ...others] = wanted.values();
    if (!only || others.length > 0) throw maskAlone();
    for (const event of events) only.add(event);
    return;
  }
  for (const told of wanted.values()) for (const event of events) told.delete(event);
  if (address === null) return;
  const name = nameOf(address);
  addresses.set(name, address);
  wanted.set(name, new Set([...(wanted.get(name) ?? []), ...events]));
}

async function save(
  c: Context,
  workspaceId: string,
  ours: readonly Channel[],
  { name, events, addresses }: { name: string; events: ReadonlySet<string>; addresses: ReadonlyMap<string, string> },
): Promise<void> {
  const known = ours.find((channel) => channel.name === name);
  if (known && events.size === 0) return deleteChannel(c, workspaceId, known.id);
  const address = addresses.get(name);
  // One that nobody spoke of stays off where somebody has turned it off.
  const isSame = known && new Set(known.events).symmetricDifference(events).size === 0;
  if (isSame && address === undefined) return;
  if (known) return updateChannel(c, workspaceId, known.id, { events: [...events], enabled: true });
  if (address !== undefined && events.size > 0)
    await createChannel(c, workspaceId, { ...channelFor(address), name, events: [...events], enabled: true });
}

/** Slack takes its own form; every other receiver that Airbyte's users have reads Airbyte's. */
function channelFor(address: string) {
  if (SLACK.test(address)) return { type: 'slack', config: { webhookUrl: address } };
  const config = { url: address, format: 'airbyte', secret: randomBytes(24).toString('base64url') };
  return { type: 'webhook', config };
}

function nameOf(address: string): string {
  return `Airbyte API ${createHash('sha256').update(address).digest('hex').slice(0, 8)}`;
}

function toldOf(channels: readonly Channel[], events: readonly Event[]): { webhook: boolean; mail: boolean } {
  const told = channels.filter((channel) => channel.enabled && events.every((event) => channel.events.includes(event)));
  return { webhook: told.some(({ type }) => type !== 'email'), mail: told.some(({ type }) => type === 'email') };
}

/** Two items stand for one event of ours: of these, an address goes before none. */
function wishesOf(body: JsonObject): Wish[] {
  const [config, open] = [objectOf(body.notificationSettings), objectOf(body.notifications)];
  const found = ITEMS.flatMap((item): Wish[] => {
    const [ofConfig, ofOpen] = [config[item.config], open[item.open]];
    if (isJsonObject(ofConfig)) return [{ events: item.events, address: configAddress(item.config, ofConfig) }];
    if (isJsonObject(ofOpen)) return [{ events: item.events, address: publicAddress(item.open, ofOpen) }];
    return [];
  });
  return found.toSorted((a, b) => Number(a.address !== null) - Number(b.address !== null));
}

function configAddress(item: string, { notificationType, slackConfiguration }: JsonObject): string | null {
  if (!listOf(notificationType).includes('slack')) return null;
  return addressOf(`notificationSettings.${item}.slackConfiguration.webhook`, objectOf(slackConfiguration).webhook);
}

function publicAddress(item: string, { webhook }: JsonObject): string | null {
  const { enabled, url } = objectOf(webhook);
  return enabled === true ? addressOf(`notifications.${item}.webhook.url`, url) : null;
}

function addressOf(path: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw invalid([{ path, message: 'Give the address of the webhook.' }], 'The notifications were not changed.');
}

function maskAlone() {
  return invalid(
    [
      {
        path: 'notificationSettings',
        message: 'Give the address of the webhook: a masked one stands for what is told already.',
      },
    ],
    'The notifications were not changed.',
  );
}

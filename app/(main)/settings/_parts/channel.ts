import type { Channel as ChannelModel } from '#lib/alerts/channels.ts';
import { EVENT_KINDS, type Event } from '#lib/alerts/events.ts';
import type { Wire } from '../../../_components/wire.ts';

export type Channel = Wire<ChannelModel>;
export type ChannelType = Channel['type'];

const WORDS: Record<Event, { label: string; short: string }> = {
  sync_failed: { label: 'A sync failed', short: 'failed syncs' },
  load_held: { label: 'A load is held by a check', short: 'held loads' },
  sync_late: { label: 'A connection is late', short: 'late connections' },
  connection_disabled: { label: 'A connection was disabled', short: 'disabled connections' },
  connection_at_risk: { label: 'A connection will be disabled', short: 'connections at risk' },
  schema_changed: { label: 'A schema changed', short: 'schema changes' },
  check_failed: { label: 'A check fails', short: 'failing checks' },
  check_warned: { label: 'A check warns', short: 'warnings' },
  step_failed: { label: 'A step after a sync failed', short: 'failed steps' },
  recovered: { label: 'Something recovered', short: 'recoveries' },
  sync_succeeded: { label: 'A sync succeeded', short: 'every success' },
};

/** What a channel can hear of, in the words of the form and of the list. */
export const EVENTS = EVENT_KINDS.map((kind) => ({ ...kind, ...WORDS[kind.event] }));

/** `A sync failed` */
export function eventLabel(event: string): string {
  return EVENTS.find((kind) => kind.event === event)?.label ?? event;
}

export interface ChannelField {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly kind: 'text' | 'url' | 'number' | 'secret' | 'lines' | 'choice';
  readonly required?: boolean;
  readonly usual?: string;
  readonly options?: readonly { readonly value: string; readonly label: string }[];
}

interface ChannelForm {
  readonly type: ChannelType;
  readonly label: string;
  readonly fields: readonly ChannelField[];
}

/** The form of each type of channel. A saved secret is not shown: left empty, it stays. */
export const CHANNEL_FORMS: readonly ChannelForm[] = [
  {
    type: 'slack',
    label: 'Slack, by webhook',
    fields: [
      {
        name: 'webhookUrl',
        label: 'Webhook address',
        hint: 'From Slack: Incoming webhooks. Kept as a secret.',
        kind: 'secret',
        required: true,
      },
    ],
  },
  {
    type: 'slack_bot',
    label: 'Slack, by bot: threads and buttons',
    fields: [
      {
        name: 'botToken',
        label: 'Bot token',
        hint: 'Begins with xoxb-; the app needs chat:write and chat:write.public.',
        kind: 'secret',
        required: true,
      },
      {
        name: 'channel',
        label: 'Channel',
        hint: '#data-alerts, or the id of a channel.',
        kind: 'text',
        required: true,
      },
      {
        name: 'signingSecret',
        label: 'Signing secret',
        hint: 'From the app’s Basic Information. Without it there are no buttons.',
        kind: 'secret',
      },
    ],
  },
  {
    type: 'webhook',
    label: 'Webhook',
    fields: [
      {
        name: 'url',
        label: 'Address',
        hint: 'Takes a POST of JSON. Kept as a secret.',
        kind: 'secret',
        required: true,
      },
      {
        name: 'secret',
        label: 'Signing secret',
        hint: 'At least 16 characters. Signs each message in the header weir-signature.',
        kind: 'secret',
        required: true,
      },
      {
        name: 'format',
        label: 'Form of the message',
        hint: 'Airbyte’s form lets receivers written for Airbyte go on as they are.',
        kind: 'choice',
        usual: 'weir',
        options: [
          { value: 'weir', label: 'Weir' },
          { value: 'airbyte', label: 'Airbyte' },
        ],
      },
    ],
  },
  {
    type: 'email',
    label: 'Email',
    fields: [
      { name: 'host', label: 'SMTP server', hint: 'Such as smtp.example.com.', kind: 'text', required: true },
      { name: 'port', label: 'Port', hint: 'Mostly 587.', kind: 'number', required: true, usual: '587' },
      {
        name: 'security',
        label: 'Encryption',
        hint: 'The certificate is always verified.',
        kind: 'choice',
        usual: 'starttls',
        options: [
          { value: 'starttls', label: 'STARTTLS (587)' },
          { value: 'tls', label: 'TLS (465)' },
          { value: 'none', label: 'None' },
        ],
      },
      { name: 'username', label: 'User name', hint: 'Where the server asks for a sign-in.', kind: 'text' },
      { name: 'password', label: 'Password', hint: 'Kept as a secret.', kind: 'secret' },
      { name: 'from', label: 'From', hint: 'The sender’s address.', kind: 'text', required: true },
      { name: 'to', label: 'To', hint: 'Up to 20 addresses, one per line.', kind: 'lines', required: true },
    ],
  },
];

export function channelForm(type: ChannelType): ChannelForm {
  return CHANNEL_FORMS.find((form) => form.type === type) ?? (CHANNEL_FORMS[0] as ChannelForm);
}

/** What the fields hold at first: what is stored, but for secrets, or what is usual. */
export function fieldTexts(type: ChannelType, channel: Channel | null): Record<string, string> {
  const texts = channelForm(type).fields.map(({ name, kind, usual = '' }) => {
    const stored = channel?.config[name];
    if (kind === 'secret') return [name, ''];
    if (Array.isArray(stored)) return [name, stored.join('\n')];
    return [name, stored === undefined || stored === null ? usual : String(stored)];
  });
  return Object.fromEntries(texts);
}

/** The config to send: a secret left empty is left out, so that the stored one stays. */
export function configOf(type: ChannelType, texts: Readonly<Record<string, string>>): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const { name, kind } of channelForm(type).fields) {
    const text = (texts[name] ?? '').trim();
    if (kind === 'secret' && !text) continue;
    if (kind === 'number') config[name] = Number(text);
    else if (kind === 'lines') config[name] = text.split(/[\n,;\s]+/).filter(Boolean);
    else config[name] = text;
  }
  return config;
}

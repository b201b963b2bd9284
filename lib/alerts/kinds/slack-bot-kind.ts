import type { Issue } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { escaped, type Message, toSlack } from '../message.ts';
import { callSlack } from '../slack-api.ts';
import { parentOf } from '../slack-thread.ts';
import type { ChannelKind, PostOptions, Reach, Refused } from './channel-kind.ts';
import type { Thread } from './thread.ts';

const SLACK_APIS = ['https://slack.com/api', 'https://slack-gov.com/api'];

/** A bot of Slack: one message per incident, edited as it changes, with a thread for the rest and buttons to act. */
export const slackBotKind: ChannelKind = {
  type: 'slack_bot',
  title: 'Slack',
  hasThreads: true,
  spec: {
    type: 'object',
    required: ['botToken', 'channel'],
    properties: {
      botToken: { type: 'string', title: 'Bot token', description: 'Begins with xoxb-.', airbyte_secret: true },
      channel: { type: 'string', title: 'Channel', description: '#data-alerts, or the id of a channel.' },
      signingSecret: {
        ...{ type: 'string', title: 'Signing secret', airbyte_secret: true },
        description: 'From the app’s “Basic Information”; without it there are no buttons.',
      },
      apiUrl: { type: 'string', title: 'Address of Slack’s API', default: SLACK_APIS[0] ?? '' },
    },
  },
  shape: ({ botToken, channel, signingSecret, apiUrl }) => ({
    botToken: textOf(botToken),
    channel: textOf(channel),
    signingSecret: textOf(signingSecret),
    apiUrl: textOf(apiUrl).replace(/\/+$/, '') || (SLACK_APIS[0] ?? ''),
  }),
  issues: botIssues,
  render: (message, about) => ({
    message: { ...message } as unknown as JsonObject,
    connectionId: about.connection?.id ?? null,
  }),
  post: async (config, payload, options) => {
    const { message, reply, connectionId = null } = payload as unknown as Payload;
    const bot = botOf(config, options);
    const { threads, incidentIds } = options;
    if (message === undefined) return editAll(bot, threads, reply ?? null, null);
    const fresh = incidentIds.filter((id) => !threads.some((thread) => thread.incidentIds.includes(id)));
    const isNew = message.state !== 'recovered' && fresh.length > 0;
    if (threads.length > 0 && !isNew) return editAll(bot, threads, null, message);
    if (!isNew) return bot.post(toSlack(message));
    // Told with what has a message already: that one is edited alone, so that nobody misses the news in its thread.
    return (await editAll(bot, threads, null, null)) ?? bot.begin({ message, incidentIds: fresh, connectionId });
  },
};

/** A message; or, where it only edits, what is said of it in the thread. */
interface Payload {
  readonly message?: Message;
  readonly reply?: string | null;
  readonly connectionId?: string | null;
}

type Bot = ReturnType<typeof botOf>;

/** Edits the message of each thread as its incidents are now, and says the news below it. The edit goes first: it may be repeated. */
async function editAll(
  bot: Bot,
  threads: readonly Thread[],
  reply: string | null,
  news: Message | null,
): Promise<Refused | null> {
  for (const thread of threads) {
    const refused = await bot.edit(thread, news);
    if (refused) return refused;
    const said = news === null ? reply && { text: escaped(reply) } : toSlack(news);
    const unsaid = said ? await bot.post({ ...said, thread_ts: thread.ts }, thread.channel) : null;
    if (unsaid) return unsaid;
  }
  return null;
}

function botOf(config: JsonObject, { guard, keep, incidents, incidentIds }: PostOptions) {
  const access = { apiUrl: String(config.apiUrl), botToken: String(config.botToken) };
  const buttons = String(config.signingSecret ?? '') !== '';
  const call = (method: string, body: JsonObject) => callSlack(access, method, body, guard);
  const among = (ids: readonly number[]) => incidents.filter(({ id }) => ids.includes(id));
  const looks = (thread: Omit<Thread, 'channel' | 'ts'>, news: Message | null) => {
    const resolved = news?.state === 'recovered' ? news : null;
    return parentOf(thread, among(thread.incidentIds), { buttons, resolved });
  };
  return {
    post: async (body: JsonObject, channel = String(config.channel)): Promise<Refused | null> => {
      const told = await call('chat.postMessage', { ...body, channel });
      return 'refused' in told ? told.refused : null;
    },
    begin: async (thread: Omit<Thread, 'channel' | 'ts'>): Promise<Refused | null> => {
      const told = await call('chat.postMessage', { ...looks(thread, null), channel: String(config.channel) });
      if ('refused' in told) return told.refused;
      keep({ ...thread, channel: String(told.answer.channel), ts: String(told.answer.ts) });
      return null;
    },
    /** One that somebody deleted in Slack is not missed. */
    edit: async (thread: Thread, news: Message | null): Promise<Refused | null> => {
      const { channel, ts } = thread;
      const isOwn = incidentIds.every((id) => thread.incidentIds.includes(id));
      const opened = news !== null && news.state !== 'recovered' && isOwn ? { ...thread, message: news } : thread;
      const edited = await call('chat.update', { ...looks(opened, news), channel, ts });
      if (!('refused' in edited)) keep(opened);
      return 'refused' in edited && !edited.refused.failure.message.includes('message_not_found')
        ? edited.refused
        : null;
    },
  };
}

async function botIssues({ botToken, channel, apiUrl }: JsonObject, { isAllowed }: Reach): Promise<Issue[]> {
  const at = (field: string, wrong: boolean, message: string): Issue[] =>
    wrong ? [{ path: `config.${field}`, message }] : [];
  return [
    ...at('botToken', !/^xoxb-/.test(String(botToken)), 'Enter the bot token: it begins with xoxb-.'),
    ...at('channel', String(channel) === '', 'Enter a channel, such as #data-alerts.'),
    ...(await apiIssues(String(apiUrl), isAllowed)),
  ];
}

/** Slack's own, or what an administrator allowed: the token goes there. */
async function apiIssues(apiUrl: string, isAllowed: Reach['isAllowed']): Promise<Issue[]> {
  const path = 'config.apiUrl';
  if (SLACK_APIS.includes(apiUrl)) return [];
  if (!URL.canParse(apiUrl) || !/^https?:$/.test(new URL(apiUrl).protocol))
    return [{ path, message: `An address such as ${SLACK_APIS[0]}.` }];
  const { protocol, hostname, port } = new URL(apiUrl);
  const portNumber = Number(port) || (protocol === 'https:' ? 443 : 80);
  if (await isAllowed(hostname, portNumber)) return [];
  const message = `${hostname} is not Slack’s. To post there, allow ${hostname}:${portNumber} in Settings → Network first.`;
  return [{ path, message }];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

import { type Answer, scriptedServer } from './scripted-server.ts';
import { messageError, type SlackBlock, type SlackMessage } from './slack-limits.ts';

/** A message as it stands in the channel now, with what was said in its thread. */
export interface PostedMessage extends SlackMessage {
  readonly ts: string;
  readonly channel: string;
  readonly edits: number;
  readonly replies: readonly SlackMessage[];
}

export interface LoopbackSlackBot extends AsyncDisposable {
  readonly apiUrl: string;
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** Oldest first. */
  readonly messages: readonly PostedMessage[];
  /** What only one person saw: Slack keeps it nowhere. */
  readonly whispers: readonly { readonly user: string; readonly text: string }[];
  /** The names of the buttons under a message, links among them. */
  buttons(message: PostedMessage | undefined): string[];
  /** What Slack would send when somebody presses a button of ours. */
  press(message: PostedMessage | undefined, action: string, user?: string, userId?: string): string;
  /** Who presses with this id, as Slack's `users.info` tells it. */
  knows(userId: string, user: Record<string, unknown>): void;
  forgets(userId: string): void;
  /** Whether a word to one person alone is taken. */
  hears(takes: boolean): void;
  failNext(...answers: Answer[]): void;
  close(): Promise<void>;
}

/** The workspace of the bot, as Slack names it. */
const TEAM = 'T0DATA';

/** Slack takes no more in all blocks together, whatever its page says. */
const MOST_BLOCK_CHARACTERS = 13_200;

/** `chat.postMessage` and `chat.update` of Slack's Web API, with its limits and its words; keeps what a reader would see. */
export async function loopbackSlackBot(): Promise<LoopbackSlackBot> {
  const token = 'xoxb-loopback-token';
  const messages: (PostedMessage & { edits: number; replies: SlackMessage[] })[] = [];
  const whispers: { user: string; text: string }[] = [];
  const outage: Answer[] = [];
  const users = new Map<string, Record<string, unknown>>();
  let isHearing = true;
  let clock = 1_700_000_000;
  const refuse = (error: string): Answer => ({ body: { ok: false, error } });
  const server = await scriptedServer((request): Answer => {
    const broken = outage.shift();
    if (broken) return broken;
    if (request.headers.authorization !== `Bearer ${token}`) return refuse('invalid_auth');
    if (request.path.endsWith('/auth.test')) return { body: { ok: true, team_id: TEAM, user_id: 'UBOT' } };
    if (request.path.endsWith('/users.info')) {
      // It takes no JSON.
      const user = users.get(new URLSearchParams(request.body).get('user') ?? '');
      return user ? { body: { ok: true, user } } : refuse('user_not_found');
    }
    const { channel, ts, thread_ts, ...message } = JSON.parse(request.body) as Record<string, unknown>;
    if (typeof channel !== 'string' || !['#data', 'C0DATA'].includes(channel)) return refuse('channel_not_found');
    const error = messageError(message as SlackMessage) ?? tooLong(message as SlackMessage);
    if (error) return refuse(error);
    if (request.path.endsWith('/chat.postEphemeral')) {
      if (!isHearing) return refuse('user_not_in_channel');
      whispers.push({ user: String(message.user), text: String(message.text) });
      return { body: { ok: true, message_ts: `${clock++}.000100` } };
    }
    const parent = messages.find((each) => each.ts === (ts ?? thread_ts));
    if (request.path.endsWith('/chat.update')) {
      if (!parent) return refuse('message_not_found');
      Object.assign(parent, message, { edits: parent.edits + 1 });
      return { body: { ok: true, channel: 'C0DATA', ts: parent.ts } };
    }
    if (!request.path.endsWith('/chat.postMessage')) return refuse('unknown_method');
    if (thread_ts !== undefined && !parent) return refuse('thread_not_found');
    const stamp = `${clock++}.000100`;
    if (parent) parent.replies.push(message as SlackMessage);
    else messages.push({ ...message, ts: stamp, channel: 'C0DATA', edits: 0, replies: [] });
    return { body: { ok: true, channel: 'C0DATA', ts: stamp } };
  });
  return {
    ...{ apiUrl: `${server.url}/api`, host: server.host, port: server.port, token, messages, whispers },
    buttons: (message) => elementsOf(message).map(({ text }) => String((text as { text: string }).text)),
    press: (message, action, user = 'ada', userId = 'U1') => {
      const found = elementsOf(message).find(({ action_id }) => String(action_id).split(':')[0] === action);
      if (!found) throw new Error(`There is no button ${action}.`);
      const pressed = { action_id: found.action_id, value: found.value, type: 'button' };
      const place = { channel: { id: message?.channel, name: 'data' }, message: { ts: message?.ts } };
      const trigger_id = `${clock++}.1.press`;
      const payload = {
        type: 'block_actions',
        trigger_id,
        user: { id: userId, username: user },
        ...place,
        actions: [pressed],
      };
      return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    },
    forgets: (userId) => void users.delete(userId),
    hears: (takes) => {
      isHearing = takes;
    },
    knows: (userId, user) => void users.set(userId, { id: userId, team_id: TEAM, ...user }),
    failNext: (...answers) => void outage.push(...answers),
    close: server.close,
    [Symbol.asyncDispose]: server.close,
  };
}

function elementsOf(message: PostedMessage | undefined): SlackBlock[] {
  return (message?.blocks ?? []).flatMap(({ type, elements }) =>
    type === 'actions' ? (elements as SlackBlock[]) : [],
  );
}

function tooLong({ blocks = [] }: SlackMessage): string | null {
  return JSON.stringify(blocks).length > MOST_BLOCK_CHARACTERS ? 'msg_blocks_too_long' : null;
}

import { type GuardContext, workspaceGuard } from '#lib/db/workspace-guard.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { type Secrets, usableConfig } from '#lib/secrets.ts';
import { channelAad } from './channels.ts';
import { escaped } from './message.ts';
import type { SlackPlace } from './slack-actions.ts';
import { callSlack } from './slack-api.ts';

/** Somebody in Slack, seen through the bot of one of our channels. */
export interface SlackPerson {
  /**
   * The e-mail address that Slack has confirmed for somebody of the bot's own workspace, in lower case. Guests of other
   * workspaces, bots and people who left have none that counts: another workspace's administrator could have given it to them.
   * @throws WeirError `not_allowed` where Slack vouches for nobody, or what Slack refused
   */
  email(): Promise<string>;
  /** Says something that nobody else sees, below the message whose button was pressed. @throws WeirError what Slack refused */
  tell(text: string, place: SlackPlace): Promise<void>;
}

export async function slackPerson(
  { db, env, secrets }: GuardContext & { secrets: Secrets },
  channelId: string,
  userId: string,
): Promise<SlackPerson> {
  const { config, workspace_id } = await db
    .selectFrom('channel')
    .select(['config', 'workspace_id'])
    .where('id', '=', channelId)
    .executeTakeFirstOrThrow();
  const usable = usableConfig(secrets, config, channelAad(channelId));
  const access = { apiUrl: String(usable.apiUrl), botToken: String(usable.botToken) };
  const guard = await workspaceGuard({ db, env }, workspace_id);
  const ask = async (method: string, body: URLSearchParams | JsonObject) => {
    const told = await callSlack(access, method, body, guard);
    if ('refused' in told) throw new WeirError(told.refused.failure);
    return told.answer;
  };
  return {
    async email() {
      const [bot, { user }] = await Promise.all([
        ask('auth.test', new URLSearchParams()),
        ask('users.info', new URLSearchParams({ user: userId })),
      ]);
      const email = isJsonObject(user) && isColleague(user, bot) ? emailOf(user) : null;
      if (email === null) throw unknown();
      return email;
    },
    async tell(text, { channel, ts }) {
      await ask('chat.postEphemeral', { channel, user: userId, text: escaped(text), ...(ts && { thread_ts: ts }) });
    },
  };
}

/** Of the workspace of the bot, or of the company's other ones. */
function isColleague(user: JsonObject, bot: JsonObject): boolean {
  if (user.deleted === true || user.is_bot === true || user.is_stranger === true) return false;
  if (typeof bot.team_id === 'string' && user.team_id === bot.team_id) return true;
  const company = isJsonObject(user.enterprise_user) ? user.enterprise_user.enterprise_id : undefined;
  return typeof bot.enterprise_id === 'string' && company === bot.enterprise_id;
}

function emailOf({ profile }: JsonObject): string | null {
  const email = isJsonObject(profile) ? profile.email : undefined;
  return typeof email === 'string' && email.includes('@') ? email.toLowerCase() : null;
}

function unknown(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_allowed',
    message: 'Slack does not say who you are.',
    hint: 'Give the app the scopes users:read and users:read.email, or decide in Weir.',
  });
}

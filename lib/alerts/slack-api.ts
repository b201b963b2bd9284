import type { Guard } from '#lib/address-guard.ts';
import { type Failure, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, parseJsonOr } from '#lib/json.ts';
import { guardedFetch } from './guarded-fetch.ts';
import type { Refused } from './kinds/channel-kind.ts';

const TIMEOUT_MS = 15_000;
const ANSWER_CHARACTERS = 200;

/** Slack's words for what passes by itself. */
const PASSING = [
  'ratelimited',
  'rate_limited',
  'internal_error',
  'service_unavailable',
  'fatal_error',
  'request_timeout',
];
/** And for what does not, with what to do about it. */
const REFUSALS: Readonly<Record<string, string>> = {
  not_in_channel: 'Invite the app to the channel: /invite @its-name.',
  channel_not_found: 'Check the name of the channel, and invite the app if it is private.',
  is_archived: 'The channel is archived. Bring it back, or choose another.',
  invalid_auth: 'The bot token is wrong. Copy it from “OAuth & Permissions” of the app.',
  not_authed: 'The bot token is missing. Copy it from “OAuth & Permissions” of the app.',
  account_inactive: 'The app was removed. Install it again and enter its new token.',
  token_revoked: 'The token was revoked. Install the app again and enter its new token.',
  missing_scope:
    'Give the app the scopes chat:write, chat:write.public and, for buttons, users:read and users:read.email; then install it again.',
};

export type SlackAnswer = { readonly answer: JsonObject } | { readonly refused: Refused };

/**
 * Calls one method of Slack's Web API; what only reads takes a form in place of JSON. No try is repeated here: `transient`
 * failures are worth another.
 */
export async function callSlack(
  { apiUrl, botToken }: { apiUrl: string; botToken: string },
  method: string,
  body: JsonObject | URLSearchParams,
  guard: Guard,
): Promise<SlackAnswer> {
  const isForm = body instanceof URLSearchParams;
  const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  const { fetch, close, retryAfterS } = guardedFetch(guard);
  try {
    const response = await fetch(`${apiUrl}/${method}`, {
      ...{ method: 'POST', body: isForm ? body.toString() : JSON.stringify(body), redirect: 'manual' },
      headers: { authorization: `Bearer ${botToken}`, 'content-type': `${type}; charset=utf-8` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    const said = parseJsonOr(text, null);
    const answer = isJsonObject(said) ? said : null;
    if (response.ok && answer?.ok === true) return { answer };
    const word = typeof answer?.error === 'string' ? answer.error : text.trim().slice(0, ANSWER_CHARACTERS);
    const failure = readRefusal(response.status, word);
    return { refused: { failure, retryAfterS: failure.kind === 'transient' ? retryAfterS() : null } };
  } catch (error) {
    return { refused: { failure: readError(error), retryAfterS: null } };
  } finally {
    await close();
  }
}

function readRefusal(status: number, word: string): Failure {
  const message = `Slack answered ${status}${word ? ` ${word}` : ''}.`;
  if (status === 429 || status >= 500 || PASSING.includes(word))
    return { kind: 'transient', code: 'slack_busy', message };
  const hint = REFUSALS[word] ?? 'Check the bot token and the channel.';
  return { kind: 'config', code: 'slack_refused', message, hint };
}

function readError(error: unknown): Failure {
  if (error instanceof WeirError) return error.toJSON();
  const hint = 'Check that this machine may reach Slack.';
  return { kind: 'transient', code: 'slack_unreachable', message: 'Slack could not be reached in time.', hint };
}

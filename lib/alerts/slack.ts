import { IncomingWebhook, IncomingWebhookHTTPError } from '@slack/webhook';
import type { Guard } from '#lib/address-guard.ts';
import { type Failure, WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { guardedFetch } from './guarded-fetch.ts';
import type { Refused } from './kinds/channel-kind.ts';

const TIMEOUT_MS = 15_000;

/** Slack's own words for what no second try will mend, and what to do about it. */
const REFUSALS: Readonly<Record<string, string>> = {
  no_service: 'The webhook was removed in Slack. Make a new one and enter its address.',
  no_team: 'The workspace of the webhook is gone. Make a new webhook and enter its address.',
  team_disabled: 'The workspace is disabled in Slack.',
  channel_not_found: 'The channel of the webhook was deleted. Make a new webhook and enter its address.',
  channel_is_archived: 'The channel is archived. Bring it back, or choose another.',
  invalid_token: 'The webhook’s secret is wrong. Copy the address from Slack again.',
  action_prohibited: 'An administrator of Slack forbids it. Ask them to allow the webhook.',
  posting_to_general_channel_denied: 'The webhook may not post to this channel. Choose another.',
};

/**
 * Posts one message to an incoming webhook: null when it was taken. The host's address is checked and is the one
 * connected to; redirects are not followed. No try is repeated here: `transient` failures are worth another.
 */
export async function postToSlack(webhookUrl: string, payload: JsonObject, guard: Guard): Promise<Refused | null> {
  const { fetch, close, retryAfterS } = guardedFetch(guard);
  try {
    await new IncomingWebhook(webhookUrl, { timeout: TIMEOUT_MS, fetch }).send(payload);
    return null;
  } catch (error) {
    const failure = readSlackError(error);
    return { failure, retryAfterS: failure.kind === 'transient' ? retryAfterS() : null };
  } finally {
    await close();
  }
}

function readSlackError(error: unknown): Failure {
  if (error instanceof IncomingWebhookHTTPError) return readRefusal(error.statusCode, error.body.trim().slice(0, 200));
  // The client wraps what our fetch threw.
  const { original } = error as { original?: unknown };
  if (original instanceof WeirError) return original.toJSON();
  const message = 'Slack could not be reached in time.';
  const hint = 'Check that this machine may reach the address of the webhook.';
  return { kind: 'transient', code: 'slack_unreachable', message, hint };
}

function readRefusal(status: number, word: string): Failure {
  const message = `Slack answered ${status}${word ? ` ${word}` : ''}.`;
  if (status === 429 || status >= 500) return { kind: 'transient', code: 'slack_busy', message };
  const hint = REFUSALS[word] ?? 'Check the address of the webhook.';
  return { kind: 'config', code: 'slack_refused', message, hint };
}

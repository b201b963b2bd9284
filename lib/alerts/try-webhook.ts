import { type GuardContext, workspaceGuard } from '#lib/db/workspace-guard.ts';
import { postToSlack } from './slack.ts';

/** Posts a test message to a webhook that is not saved. Private addresses are refused but for those that were allowed. */
export async function tryWebhook(
  c: GuardContext,
  workspaceId: string,
  url: string,
): Promise<{ ok: boolean; message: string }> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    return { ok: false, message: 'The webhook’s address must begin with https://.' };
  const payload = { text: '[THIS IS A TEST NOTIFICATION] Weir can post to this webhook. Nothing is wrong.' };
  const refused = await postToSlack(url, payload, await workspaceGuard(c, workspaceId));
  if (refused === null) return { ok: true, message: 'The message was taken.' };
  return { ok: false, message: [refused.failure.message, refused.failure.hint].filter(Boolean).join(' ') };
}

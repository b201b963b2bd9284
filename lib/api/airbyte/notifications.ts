import { tryWebhook } from '#lib/alerts/try-webhook.ts';
import type { JsonObject } from '#lib/json.ts';
import { type ConfigRoute, objectOf, textOf } from './call.ts';

const input: JsonObject = {
  type: 'object',
  required: ['slackConfiguration'],
  properties: { slackConfiguration: { type: 'object' }, notificationTrigger: { type: 'string' } },
};

/** A test message to a webhook; one that is refused is an answer, too. */
export const configRoutes: ConfigRoute[] = ['notifications/try_webhook', 'notifications/try'].map((verb) => ({
  verb,
  role: 'admin',
  action: 'webhook.try',
  summary: 'Posts a test message to a webhook',
  input,
  handle: async ({ body, context, identity }) => {
    const url = textOf(objectOf(body.slackConfiguration), 'webhook');
    const { ok, message } = await tryWebhook(context, identity.workspaceId, url);
    return { status: ok ? 'succeeded' : 'failed', message };
  },
}));

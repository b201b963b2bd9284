import type { Issue } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { toSlack } from '../message.ts';
import { postToSlack } from '../slack.ts';
import type { ChannelKind, Reach } from './channel-kind.ts';

const SLACK_HOSTS = ['hooks.slack.com', 'hooks.slack-gov.com'];

/** An incoming webhook of Slack: whoever knows its address can post. */
export const slackKind: ChannelKind = {
  type: 'slack',
  title: 'Slack',
  spec: {
    type: 'object',
    required: ['webhookUrl'],
    properties: {
      webhookUrl: {
        type: 'string',
        title: 'Webhook address',
        description: 'https://hooks.slack.com/services/…, from Slack’s “Incoming webhooks”.',
        airbyte_secret: true,
      },
    },
  },
  shape: ({ webhookUrl }) => ({ webhookUrl: typeof webhookUrl === 'string' ? webhookUrl.trim() : '' }),
  issues: urlIssues,
  render: (message) => toSlack(message),
  post: (config, payload, { guard }) => postToSlack(String(config.webhookUrl ?? ''), payload, guard),
};

/** Slack's own hosts over https; any other only if an administrator allowed that host and port. */
async function urlIssues({ webhookUrl }: JsonObject, { isAllowed }: Reach): Promise<Issue[]> {
  const path = 'config.webhookUrl';
  const text = String(webhookUrl ?? '');
  if (!URL.canParse(text))
    return [{ path, message: 'Enter the webhook’s address: https://hooks.slack.com/services/…' }];
  const { protocol, hostname, port, username, password } = new URL(text);
  if (username || password) return [{ path, message: 'The address must not hold a user name or password.' }];
  if (protocol === 'https:' && SLACK_HOSTS.includes(hostname) && port === '') return [];
  if (protocol !== 'https:' && protocol !== 'http:')
    return [{ path, message: 'The address must begin with https://.' }];
  const portNumber = Number(port) || (protocol === 'https:' ? 443 : 80);
  if (await isAllowed(hostname, portNumber)) return [];
  return [
    {
      path,
      message: `${hostname} is not Slack’s. To post there, allow ${hostname}:${portNumber} in Settings → Network first.`,
    },
  ];
}

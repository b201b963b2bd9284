import { expect, test } from 'vitest';
import { silentChannels } from './alerting-notice.tsx';

test('a channel is silent once a message was given up, and while one is tried in vain', () => {
  const channel = (name: string, status: string, error: string | null, enabled = true) => ({
    ...{ name, enabled, lastDelivery: { status, error } },
  });
  const { lost, waiting } = silentChannels([
    channel('given up', 'failed', 'no_service'),
    channel('off', 'failed', 'no_service', false),
    channel('tried', 'pending', 'Slack answered 503.'),
    channel('about to be sent', 'pending', null),
    channel('well', 'sent', null),
    { name: 'new', enabled: true, lastDelivery: null },
  ]);
  expect([lost, waiting].map((all) => all.map(({ name }) => name))).toEqual([['given up'], ['tried']]);
});

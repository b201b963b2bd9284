import { expect, onTestFinished, test } from 'vitest';
import { deliver } from '#lib/alerts/deliver.ts';
import { slackSignature } from '#lib/alerts/slack-actions.ts';
import { onSyncFinished } from '#lib/alerts/sync-finished.ts';
import { testApi } from '#tests/harness/api.ts';
import { loopbackSlackBot } from '#tests/harness/loopback-slack-bot.ts';
import { make, makeConnection } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';
const SIGNING = 'slack-signing-secret';

async function failing() {
  const slack = await loopbackSlackBot();
  onTestFinished(() => slack.close());
  const api = await testApi();
  const ada = await api.admin();
  const { connectionId } = await makeConnection(ada);
  await ada.send('POST', `${V1}/allowed-hosts`, { host: slack.host, port: slack.port });
  const config = { botToken: slack.token, channel: '#data', signingSecret: SIGNING, apiUrl: slack.apiUrl };
  const channelId = await make(ada, 'channels', { type: 'slack_bot', name: '#data', config });
  const [{ id: workspaceId } = { id: '' }] = await api.query<{ id: string }>('select id from workspace');
  const failure = { kind: 'config', code: 'http_401', message: '401 Unauthorized.' } as const;
  await api.context.db
    .transaction()
    .execute((tx) =>
      onSyncFinished(tx, api.context, { workspaceId, connectionId, syncId: 1, status: 'failed', failure }),
    );
  const deliverAll = async () => {
    for (const { name, data } of api.sent.splice(0))
      if (name === 'deliver') await deliver(api.context, (data as { deliveryId: string }).deliveryId);
  };
  await deliverAll();
  const press = async (action: string, secret = SIGNING) => {
    const body = slack.press(slack.messages[0], action, 'grace');
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      ...{ 'x-slack-request-timestamp': timestamp, 'x-slack-signature': slackSignature(secret, timestamp, body) },
    };
    const answer = await api.api.fetch(
      new Request(`http://localhost:8000${V1}/slack/${channelId}`, { method: 'POST', body, headers }),
      '127.0.0.1',
    );
    return answer.status;
  };
  return { api, ada, slack, press, deliverAll };
}

test('whoever presses a button in Slack acts, by name, and the message tells it', async () => {
  const { api, ada, slack, press, deliverAll } = await failing();
  expect(await press('acknowledge')).toBe(200);
  expect(await press('rerun')).toBe(200);
  expect(api.sent).toContainEqual({ name: 'sync', data: { syncId: 1 } });
  await press('rerun');
  await deliverAll();
  expect(slack.messages[0]?.replies.map(({ text }) => text)).toEqual([
    'slack grace: Acknowledged.',
    'slack grace: Sync 1 is started.',
    expect.stringMatching(/^slack grace: A sync is already running/),
  ]);
  expect(await press('snooze')).toBe(200);
  expect(await press('expected')).toBe(200);
  await deliverAll();
  expect(slack.messages[0]?.text).toMatch(/^Resolved: Sync failed/);
  expect((await ada.get<object[]>(`${V1}/incidents`)).body).toMatchObject([
    { status: 'resolved', acknowledgedBy: 'slack grace', resolvedBy: 'slack grace', resolution: 'expected' },
  ]);
  const actions = (await ada.get<{ actor: string; action: string }[]>(`${V1}/audit`)).body;
  expect(actions.filter(({ actor }) => actor === 'slack grace').map(({ action }) => action)).toEqual([
    ...['slack.expected', 'slack.snooze', 'slack.rerun', 'slack.rerun', 'slack.acknowledge'],
  ]);
});

test('what Slack did not sign does nothing', async () => {
  const { press, ada, api } = await failing();
  expect(await press('acknowledge', 'another secret')).toBe(401);
  expect((await ada.get<object[]>(`${V1}/incidents`)).body).toMatchObject([{ status: 'open' }]);
  const nobody = await api.client().send('POST', `${V1}/slack/00000000-0000-4000-8000-000000000000`, {});
  expect(nobody.status).toBe(401);
});

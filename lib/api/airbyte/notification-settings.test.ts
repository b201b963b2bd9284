import { expect, onTestFinished, test } from 'vitest';
import type { Channel } from '#lib/alerts/channels.ts';
import { testApi } from '#tests/harness/api.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';

const V1 = '/api/weir/v1';
const SLACK = 'https://hooks.slack.com/services/T0/B0/of-airbyte';
const MASK = '**********';

async function stage() {
  const api = await testApi();
  const ada = await api.admin();
  const update = (notificationSettings: object) =>
    ada.send<{ notificationSettings: Record<string, unknown> }>('POST', '/api/v1/workspaces/update', {
      notificationSettings,
    });
  const channels = async () => (await ada.get<Channel[]>(`${V1}/channels`)).body;
  return { api, ada, update, channels };
}

const slack = (webhook: string) => ({ notificationType: ['slack'], slackConfiguration: { webhook } });
const off = { notificationType: [] };

test('what a client asks to be told becomes a channel, and comes back with its address masked', async () => {
  const { update, channels, ada } = await stage();
  const { status, body } = await update({ sendOnFailure: slack(SLACK), sendOnSyncDisabled: slack(SLACK) });
  expect(status).toBe(200);
  expect(body.notificationSettings).toMatchObject({
    ...{ sendOnFailure: slack(MASK), sendOnSyncDisabled: slack(MASK), sendOnSuccess: off },
  });
  expect(await channels()).toMatchObject([
    { type: 'slack', enabled: true, events: ['sync_failed', 'load_held', 'connection_disabled'] },
  ]);
  const got = await ada.send('POST', '/api/v1/workspaces/get', {});
  expect(got.body).toMatchObject({ notificationSettings: body.notificationSettings });

  // Sent back as it came, and in part: what is absent stays.
  expect((await update(body.notificationSettings)).body).toEqual(body);
  expect((await update({ sendOnSuccess: slack(MASK) })).body.notificationSettings).toMatchObject({
    ...{ sendOnFailure: slack(MASK), sendOnSuccess: slack(MASK) },
  });
  expect(await channels()).toHaveLength(1);
});

test('another address takes an event over; a channel of this API that tells nothing goes', async () => {
  const { update, channels, ada } = await stage();
  const hook = await scriptedServer();
  onTestFinished(() => hook.close());
  await ada.send('POST', `${V1}/allowed-hosts`, { host: hook.host, port: hook.port });
  await update({ sendOnFailure: slack(SLACK), sendOnSuccess: slack(SLACK) });
  await update({ sendOnFailure: slack(`${hook.url}/hook`) });
  expect((await channels()).map(({ type, events }) => [type, events])).toEqual(
    expect.arrayContaining([
      ['slack', ['sync_succeeded']],
      ['webhook', ['sync_failed', 'load_held']],
    ]),
  );
  expect(await channels()).toContainEqual(
    expect.objectContaining({ type: 'webhook', config: { url: MASK, secret: MASK, format: 'airbyte' } }),
  );
  await update({ sendOnSuccess: off });
  expect((await channels()).map(({ type }) => type)).toEqual(['webhook']);
});

test('channels that people made are shown, and neither changed nor taken away', async () => {
  const { update, channels, ada } = await stage();
  const made = { type: 'slack', name: 'ours', config: { webhookUrl: SLACK }, events: ['sync_failed', 'load_held'] };
  expect((await ada.send('POST', `${V1}/channels`, made)).status).toBe(201);
  const { body } = await update({ sendOnFailure: off });
  expect(body.notificationSettings).toMatchObject({ sendOnFailure: slack(MASK) });
  // Sent back as it came.
  expect((await update(body.notificationSettings)).status).toBe(200);
  expect(await channels()).toMatchObject([{ name: 'ours', events: ['sync_failed', 'load_held'] }]);
});

test('a channel that somebody turned off is turned on again only where its address is sent', async () => {
  const { update, channels, ada } = await stage();
  await update({ sendOnFailure: slack(SLACK) });
  const [{ id } = { id: '' }] = await channels();
  await ada.send('PATCH', `${V1}/channels/${id}`, { enabled: false });
  await update({ sendOnSuccess: off });
  expect(await channels()).toMatchObject([{ enabled: false }]);
  await update({ sendOnFailure: slack(SLACK) });
  expect(await channels()).toMatchObject([{ enabled: true }]);
});

test('an address that is refused, or missing, changes nothing', async () => {
  const { update, channels } = await stage();
  for (const address of ['http://127.0.0.1:9/hook', '', MASK])
    expect((await update({ sendOnSuccess: slack(SLACK), sendOnFailure: slack(address) })).status).toBe(422);
  expect(await channels()).toEqual([]);
});

test('the public tree says and takes the same in its own words', async () => {
  const { ada, api } = await stage();
  const [{ id } = { id: '' }] = await api.query<{ id: string }>('select id from workspace');
  const notifications = {
    failure: { webhook: { enabled: true, url: SLACK }, email: { enabled: false } },
    success: { webhook: { enabled: false } },
  };
  const patched = await ada.send('PATCH', `/api/public/v1/workspaces/${id}`, { notifications });
  expect(patched.body).toMatchObject({
    notifications: {
      failure: { webhook: { enabled: true, url: MASK }, email: { enabled: false } },
      success: { webhook: { enabled: false }, email: { enabled: false } },
    },
  });
});

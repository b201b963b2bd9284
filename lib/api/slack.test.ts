import { describe, expect, onTestFinished, test } from 'vitest';
import { deliver } from '#lib/alerts/deliver.ts';
import { slackSignature } from '#lib/alerts/slack-actions.ts';
import { onSyncFinished } from '#lib/alerts/sync-finished.ts';
import type { Failure } from '#lib/errors.ts';
import { testApi } from '#tests/harness/api.ts';
import { loopbackSlackBot } from '#tests/harness/loopback-slack-bot.ts';
import { make, makeConnection } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';
const SIGNING = 'slack-signing-secret';
const ADA = { profile: { email: 'Ada@example.com' } };

async function failing(failure: Failure = { kind: 'config', code: 'http_401', message: '401 Unauthorized.' }) {
  const slack = await loopbackSlackBot();
  onTestFinished(() => slack.close());
  const api = await testApi();
  const ada = await api.admin();
  const { connectionId } = await makeConnection(ada);
  await ada.send('POST', `${V1}/allowed-hosts`, { host: slack.host, port: slack.port });
  const config = { botToken: slack.token, channel: '#data', signingSecret: SIGNING, apiUrl: slack.apiUrl };
  const channelId = await make(ada, 'channels', { type: 'slack_bot', name: '#data', config });
  const [{ id: workspaceId } = { id: '' }] = await api.query<{ id: string }>('select id from workspace');
  await api.query(`insert into syncs (workspace_id, connection_id, trigger, status)
    values ('${workspaceId}', '${connectionId}', 'manual', 'failed')`);
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
  const press = async (action: string, secret = SIGNING, times = 1) => {
    const body = slack.press(slack.messages[0], action, 'grace');
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      ...{ 'x-slack-request-timestamp': timestamp, 'x-slack-signature': slackSignature(secret, timestamp, body) },
    };
    const url = `http://localhost:8000${V1}/slack/${channelId}`;
    const ask = () => api.api.fetch(new Request(url, { method: 'POST', body, headers }), '127.0.0.1');
    for (let again = 1; again < times; again++) await ask();
    return (await ask()).status;
  };
  return { api, ada, slack, press, deliverAll };
}

test('a member who may presses a button in Slack and acts, by name, and the message tells it', async () => {
  const { api, ada, slack, press, deliverAll } = await failing();
  slack.knows('U1', ADA);
  expect(await press('acknowledge')).toBe(200);
  expect(await press('rerun')).toBe(200);
  expect(api.sent).toContainEqual({ name: 'sync', data: { syncId: 2 } });
  await press('rerun');
  await deliverAll();
  expect(slack.messages[0]?.replies.map(({ text }) => text)).toEqual([
    'ada@example.com: Acknowledged.',
    'ada@example.com: Sync 2 is started.',
  ]);
  expect(slack.whispers).toEqual([
    { user: 'U1', text: expect.stringMatching(/^Sorry, that button did nothing. A sync is already running/) },
  ]);
  expect(await press('snooze')).toBe(200);
  expect(await press('expected')).toBe(200);
  await deliverAll();
  expect(slack.messages[0]?.text).toMatch(/^Resolved: Sync failed/);
  expect((await ada.get<object[]>(`${V1}/incidents`)).body).toMatchObject([
    {
      ...{ status: 'resolved', acknowledgedBy: 'ada@example.com' },
      ...{ resolvedBy: 'ada@example.com', resolution: 'expected' },
    },
  ]);
  const { body: entries } = await ada.get<{ actor: string; action: string; detail: { slack?: string } }[]>(
    `${V1}/audit`,
  );
  const pressed = entries.filter(({ detail }) => detail.slack === 'slack grace');
  expect(pressed.map(({ actor, action }) => `${actor} ${action}`)).toEqual([
    'ada@example.com incident.resolve',
    'ada@example.com incident.snooze',
    'ada@example.com refused',
    'ada@example.com connection.sync',
    'ada@example.com incident.acknowledge',
  ]);
});

const HELD = { kind: 'terminal', code: 'load_held', message: 'email is 61% filled, limit 95%.' } as const;

/** A load that a check holds back, told in Slack. */
async function held() {
  const w = await failing(HELD);
  const [{ id: workspaceId } = { id: '' }] = await w.api.query<{ id: string }>('select id from workspace');
  await w.api.query(
    `insert into sync_stream (sync_id, workspace_id, name, status, written) values (1, $1, 'orders', 'held', 3912)`,
    [workspaceId],
  );
  const statusOf = async () =>
    (
      await w.api.query<{ decision: string | null; by: string | null }>(
        'select decision, decided_by as by from sync_stream',
      )
    )[0];
  // Its own message is edited with what is known by now.
  w.slack.knows('U1', ADA);
  await w.press('acknowledge');
  await w.deliverAll();
  return { ...w, statusOf };
}

test('a held load is released from Slack by a member who may, and the message loses the button', async () => {
  const { api, slack, press, deliverAll, statusOf } = await held();
  expect(slack.buttons(slack.messages[0])).toContain('Release load 1…');
  expect(slack.buttons(slack.messages[0])).not.toContain('Re-run');
  expect(JSON.stringify(slack.messages[0]?.blocks)).toContain('3,912 staged rows');
  expect(await press('release')).toBe(200);
  await deliverAll();
  expect(await statusOf()).toEqual({ decision: 'release', by: 'ada@example.com' });
  expect(slack.buttons(slack.messages[0])).not.toContain('Release load 1…');
  expect(JSON.stringify(slack.messages[0]?.blocks)).toContain('Released by ada@example.com');
  expect(slack.messages[0]?.replies.at(-1)?.text).toBe(
    'ada@example.com: Load 1 is released, its rows are being published. Released in Slack.',
  );
  const entries = await api.query('select actor, action, subject, detail from audit_entry order by id desc limit 2');
  expect(entries).toContainEqual({
    ...{ actor: 'ada@example.com', action: 'sync.release', subject: 'sync:1' },
    detail: { from: '127.0.0.1', slack: 'slack grace' },
  });
});

describe.each([
  ['no member', { profile: { email: 'eve@example.com' } }, 'eve@example.com is no member of this workspace.'],
  ['a viewer', { profile: { email: 'vera@example.com' } }, 'This takes the role editor; yours is viewer.'],
  [
    'a guest of another workspace with the address of a member',
    { team_id: 'T0EVIL', profile: { email: 'ada@example.com' } },
    'Slack does not say who you are.',
  ],
  ['a bot', { is_bot: true, profile: { email: 'ada@example.com' } }, 'Slack does not say who you are.'],
  ['somebody without an address', { profile: {} }, 'Slack does not say who you are.'],
  ['somebody whom Slack does not know', null, 'Slack answered 200 user_not_found.'],
])('%s', (_who, user, said) => {
  test('may press no button, and is told why without the others', async () => {
    const { api, slack, press, deliverAll, statusOf, ada } = await held();
    await addViewer(api);
    if (user) slack.knows('U1', user);
    else slack.forgets('U1');
    for (const action of ['snooze', 'expected', 'release']) expect(await press(action)).toBe(200);
    await deliverAll();
    expect(await statusOf()).toEqual({ decision: null, by: null });
    expect((await ada.get<object[]>(`${V1}/incidents`)).body).toMatchObject([
      { status: 'acknowledged', snoozedUntil: null },
    ]);
    expect(slack.whispers).toHaveLength(3);
    for (const { user: who, text } of slack.whispers) {
      expect(who).toBe('U1');
      expect(text).toContain(`Sorry, that button did nothing. ${said}`);
    }
    expect(slack.messages[0]?.replies.map(({ text }) => text)).toEqual(['ada@example.com: Acknowledged.']);
    expect(slack.buttons(slack.messages[0])).toContain('Release load 1…');
    const refused = await api.query(`select action, subject from audit_entry where action = 'refused' order by id`);
    expect(refused.at(-1)).toEqual({ action: 'refused', subject: 'sync.release sync:1' });
  });
});

test('a press that was recorded and is sent again does nothing', async () => {
  const { api, slack, press } = await failing();
  slack.knows('U1', ADA);
  expect(await press('rerun', SIGNING, 3)).toBe(200);
  expect(slack.whispers).toEqual([]);
  expect(api.sent.filter(({ name }) => name === 'sync')).toHaveLength(1);
});

test('nobody but a member who may starts a sync or takes an incident up', async () => {
  const { api, ada, slack, press } = await failing();
  slack.knows('U1', { profile: { email: 'eve@example.com' } });
  api.sent.splice(0);
  await press('acknowledge');
  await press('rerun');
  expect(api.sent).toEqual([]);
  expect((await ada.get<object[]>(`${V1}/incidents`)).body).toMatchObject([{ status: 'open' }]);
});

test('where Slack takes no word to one person, the thread says what is missing', async () => {
  const { slack, press, deliverAll } = await failing();
  slack.knows('U1', { profile: { email: 'eve@example.com' } });
  slack.hears(false);
  await press('acknowledge');
  await deliverAll();
  expect(slack.messages[0]?.replies.at(-1)?.text).toBe(
    'slack grace: Sorry, that button did nothing. eve@example.com is no member of this workspace. An administrator can invite people under Settings.',
  );
});

async function addViewer({ query }: Awaited<ReturnType<typeof testApi>>): Promise<void> {
  await query(`insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
    values ('00000000-0000-4000-8000-0000000000f1', 'Vera', 'vera@example.com', true, now(), now())`);
  await query(
    `insert into membership (workspace_id, user_id, role) select id, '00000000-0000-4000-8000-0000000000f1', 'viewer' from workspace`,
  );
}

test('a release that nobody could be told of has not been made', async () => {
  const { api, ada, press, statusOf } = await held();
  await api.query(`create function refuse() returns trigger language plpgsql as $$ begin
    if new.event = 'incident_changed' then raise exception 'the outbox is broken'; end if; return new; end $$`);
  await api.query('create trigger refuse before insert on delivery for each row execute function refuse()');
  api.sent.splice(0);
  for (const how of ['release', 'discard', 'run-again'])
    expect((await ada.send('POST', `${V1}/syncs/1/${how}`)).status).toBe(500);
  expect(await press('release')).toBe(500);
  expect(await statusOf()).toEqual({ decision: null, by: null });
  expect(await api.query('select id::int, status from syncs')).toEqual([{ id: 1, status: 'failed' }]);
  await api.query('drop trigger refuse on delivery');
  expect(await press('release')).toBe(200);
  expect(await statusOf()).toEqual({ decision: 'release', by: 'ada@example.com' });
});

test('what is decided in Weir is told in the thread', async () => {
  const { ada, slack, deliverAll } = await held();
  await ada.send('POST', `${V1}/syncs/1/discard`, { reason: 'the shop sent tests' });
  await deliverAll();
  expect(slack.messages[0]?.replies.at(-1)?.text).toBe('ada@example.com: Load 1 is discarded. the shop sent tests');
  expect(slack.buttons(slack.messages[0])).not.toContain('Release load 1…');
});

test('what Slack did not sign does nothing', async () => {
  const { press, ada, api } = await failing();
  expect(await press('acknowledge', 'another secret')).toBe(401);
  expect((await ada.get<object[]>(`${V1}/incidents`)).body).toMatchObject([{ status: 'open' }]);
  const nobody = await api.client().send('POST', `${V1}/slack/00000000-0000-4000-8000-000000000000`, {});
  expect(nobody.status).toBe(401);
});

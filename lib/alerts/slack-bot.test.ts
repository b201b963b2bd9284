import { describe, expect, onTestFinished, test } from 'vitest';
import { loopbackSlackBot } from '#tests/harness/loopback-slack-bot.ts';
import { createChannel, testChannel, updateChannel } from './channels.ts';
import { workspace } from './fixtures/workspace.ts';
import { acknowledgeIncident, listIncidents, resolveIncident, snoozeIncident } from './incidents.ts';
import { createRule } from './rules.ts';
import { isSigned, readSlackAction, slackSignature } from './slack-actions.ts';

const DOWN = {
  kind: 'transient',
  code: 'http_503',
  message: '503 from api.shop.example.',
  where: { stream: 'o' },
} as const;
const SIGNING = 'slack-signing-secret';

async function withBot(config: Record<string, string> = {}) {
  const w = await workspace();
  const slack = await loopbackSlackBot();
  onTestFinished(() => slack.close());
  await w.database.query('insert into allowed_host (workspace_id, host, port) values ($1, $2, $3)', [
    ...[w.workspaceId, slack.host, slack.port],
  ]);
  await w.database.query('update channel set enabled = false');
  const { id } = await createChannel(w.c, w.workspaceId, {
    ...{ type: 'slack_bot', name: 'bot' },
    config: { botToken: slack.token, channel: '#data', signingSecret: SIGNING, apiUrl: slack.apiUrl, ...config },
  });
  const firstLine = (n = 0) => slack.messages[n]?.text?.split('\n')[0];
  return { w, slack, id, firstLine };
}

async function openId({ c, workspaceId }: Awaited<ReturnType<typeof workspace>>): Promise<number> {
  return (await listIncidents(c, workspaceId, { status: 'open' }))[0]?.id ?? 0;
}

describe('an incident in Slack', () => {
  test('is one message that is edited, with a thread, and the recovery once at its end', async () => {
    const { w, slack, firstLine } = await withBot();
    await w.database.query(`update workspace set time_zone = 'Europe/Berlin'`);
    for (const syncId of [1, 2, 3]) await w.syncFinished({ syncId, status: 'failed', failure: DOWN });
    await w.deliverAll();
    expect(slack.messages).toHaveLength(1);
    expect(firstLine()).toBe('Sync failed: shop_orders: 503 from api.shop.example.');
    expect(JSON.stringify(slack.messages[0]?.blocks)).toContain('seen 3×');
    expect(slack.buttons(slack.messages[0])).toEqual(['Open sync 1', 'Acknowledge', 'Snooze 4h', 'Expected', 'Re-run']);
    await acknowledgeIncident(w.c, w.workspaceId, await openId(w), 'ada', 'on it');
    await snoozeIncident(w.c, w.workspaceId, await openId(w), 'ada', new Date(w.clock.clock().getTime() + 3_600_000));
    await w.deliverAll();
    expect(slack.buttons(slack.messages[0])).not.toContain('Acknowledge');
    expect(JSON.stringify(slack.messages[0]?.blocks)).toContain(
      'Acknowledged by ada · Snoozed until 2026-01-01 02:00 Europe/Berlin',
    );
    w.clock.move(1_200_000);
    await w.syncFinished({ syncId: 4, status: 'succeeded' });
    await w.deliverAll();
    expect(slack.messages).toHaveLength(1);
    expect(firstLine()).toBe('Resolved after 20m: shop_orders synced again');
    expect(slack.buttons(slack.messages[0])).toEqual(['Open sync 1']);
    expect(slack.messages[0]?.replies.map(({ text }) => text?.split('\n')[0])).toEqual([
      'ada: on it',
      'ada: Snoozed until 2026-01-01 02:00 Europe/Berlin.',
      'Resolved after 20m: shop_orders synced again',
    ]);
  });

  test('that comes back within half an hour goes on in its thread, later in a new one', async () => {
    const { w, slack } = await withBot();
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await w.syncFinished({ status: 'succeeded' });
    await w.deliverAll();
    w.clock.move(20 * 60_000);
    await w.syncFinished({ syncId: 2, status: 'failed', failure: DOWN });
    await w.deliverAll();
    expect(slack.messages).toHaveLength(1);
    expect(slack.messages[0]?.text).toMatch(/^Sync failed/);
    await w.syncFinished({ syncId: 3, status: 'succeeded' });
    await w.deliverAll();
    w.clock.move(40 * 60_000);
    await w.syncFinished({ syncId: 4, status: 'failed', failure: DOWN });
    await w.deliverAll();
    expect(slack.messages).toHaveLength(2);
  });

  test('that several connections share is green when the last of them is over', async () => {
    const { w, slack, firstLine } = await withBot();
    const second = await w.anotherConnection('second');
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await w.syncFinished({ connectionId: second, status: 'failed', failure: DOWN });
    w.clock.move(20_000);
    await w.release();
    await w.deliverAll();
    await w.syncFinished({ status: 'succeeded' });
    w.clock.move(20_000);
    await w.release();
    await w.deliverAll();
    expect(firstLine()).toMatch(/^Sync failed: 2 connections/);
    expect(JSON.stringify(slack.messages[0]?.blocks)).toContain('1 of 2 are over');
    await w.syncFinished({ connectionId: second, status: 'succeeded' });
    w.clock.move(600_000);
    await w.release();
    await w.deliverAll();
    expect(firstLine()).toMatch(/^Resolved/);
    expect(slack.messages).toHaveLength(1);
  });

  test('that others hear of with what is over stands for itself: the list of a night is no reply in an older thread', async () => {
    const { w, slack, id, firstLine } = await withBot();
    const quietHours = { from: '22:00', to: '07:00', timeZone: 'UTC' };
    await createRule(w.c, w.workspaceId, { name: 'nights', channelIds: [id], quietHours });
    const second = await w.anotherConnection('second');
    w.clock.set('2026-07-01T21:00:00Z');
    await w.syncFinished({ status: 'failed', failure: { ...DOWN, code: 'http_401' } });
    w.clock.move(20_000);
    await w.release();
    await w.deliverAll();
    w.clock.set('2026-07-01T23:00:00Z');
    await w.syncFinished({ connectionId: second, status: 'failed', failure: DOWN });
    await w.syncFinished({ status: 'succeeded' });
    w.clock.set('2026-07-02T07:00:00Z');
    await w.release();
    await w.deliverAll();
    expect(firstLine()).toMatch(/^Resolved: Sync failed: shop_orders/);
    expect(firstLine(1)).toMatch(/^2 messages since/);
    expect(slack.messages[1]?.text).toContain('• Sync failed: second');
    expect(slack.buttons(slack.messages[1])).toContain('Acknowledge');
    await w.syncFinished({ connectionId: second, status: 'succeeded' });
    w.clock.move(600_000);
    await w.release();
    await w.deliverAll();
    expect(firstLine(1)).toMatch(/^Resolved after 8h 10m|^Resolved after 8h/);
    expect(slack.messages).toHaveLength(2);
  });

  test('of a check that only warned, and of one that is declared no more, turns green without a word', async () => {
    const { w, slack, id, firstLine } = await withBot();
    await updateChannel(w.c, w.workspaceId, id, { events: ['check_warned', 'check_failed', 'recovered'] });
    await w.checksFinished({ a: 'warn' });
    await w.checksFinished({ a: 'pass', b: 'fail' });
    await w.deliverAll();
    expect([firstLine(), firstLine(1)]).toEqual(['Resolved: Warning: orders, a: warn', 'Failing: orders, b: fail']);
    await w.checksFinished({ a: 'pass' }, null, {}, [], ['a']);
    await w.deliverAll();
    expect(firstLine(1)).toBe('Resolved: Failing: orders, b: fail');
    expect(slack.messages.map(({ replies }) => replies)).toEqual([[], []]);
  });

  test('is closed by hand in Slack too, and a message that was deleted there is not missed', async () => {
    const { w, slack, firstLine } = await withBot();
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await w.deliverAll();
    await resolveIncident(w.c, w.workspaceId, await openId(w), 'ada', { reason: 'fixed' });
    await w.deliverAll();
    expect(firstLine()).toBe('Resolved: Sync failed: shop_orders: 503 from api.shop.example.');
    expect(JSON.stringify(slack.messages[0]?.blocks)).toContain('Closed by ada');
  });

  test('is told in time however busy Slack is, and what Slack refuses says what to do', async () => {
    const { w, slack, id } = await withBot();
    slack.failNext({ status: 429, headers: { 'retry-after': '30' }, body: { ok: false, error: 'ratelimited' } });
    await w.syncFinished({ status: 'failed', failure: DOWN });
    expect(await w.deliverAll()).toEqual([30]);
    expect(slack.messages).toHaveLength(1);
    await updateChannel(w.c, w.workspaceId, id, { config: { channel: '#nowhere' } });
    expect(await testChannel(w.c, w.workspaceId, id)).toEqual({
      ok: false,
      message:
        'Slack answered 200 channel_not_found. Check the name of the channel, and invite the app if it is private.',
    });
  });

  test('of a huge and hostile error keeps Slack’s limits, and commands nothing', async () => {
    const { w, slack } = await withBot();
    const message = `<!channel> <https://evil.example|click> ${'<'.repeat(50_000)}`;
    await w.syncFinished({ status: 'failed', failure: { ...DOWN, message, hint: message } });
    expect(await w.deliverAll()).toEqual([]);
    expect(JSON.stringify(slack.messages)).not.toMatch(/<!channel>|<https:\/\/evil/);
    expect(slack.messages).toHaveLength(1);
  });

  test('has no buttons where nobody could tell who pressed them', async () => {
    const { w, slack } = await withBot({ signingSecret: '' });
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await w.deliverAll();
    expect(slack.buttons(slack.messages[0])).toEqual(['Open sync 1']);
  });

  test('is refused with all that is wrong with its channel, and its token goes to Slack only', async () => {
    const w = await workspace();
    const made = createChannel(w.c, w.workspaceId, {
      ...{
        type: 'slack_bot',
        name: 'x',
        config: { botToken: 'xoxp-1', channel: '', apiUrl: 'https://evil.example/api' },
      },
    });
    await expect(made).rejects.toMatchObject({
      issues: [{ path: 'config.botToken' }, { path: 'config.channel' }, { path: 'config.apiUrl' }],
    });
  });
});

describe('a button', () => {
  test('counts only with Slack’s signature, over the body as it came, for five minutes', async () => {
    const { w, slack, id } = await withBot();
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await w.deliverAll();
    const body = slack.press(slack.messages[0], 'acknowledge');
    const timestamp = String(w.clock.clock().getTime() / 1000);
    const signature = slackSignature(SIGNING, timestamp, body);
    expect(await readSlackAction(w.c, id, { body, timestamp, signature })).toEqual({
      ...{ workspaceId: w.workspaceId, action: 'acknowledge', actor: 'slack ada', userId: 'U1' },
      ...{ connectionId: null, syncId: null, place: { channel: 'C0DATA', ts: slack.messages[0]?.ts } },
      incidentIds: [await openId(w)],
    });
    const forged = [
      { body: `${body}x`, timestamp, signature },
      { body, timestamp: String(Number(timestamp) + 1), signature },
      { body, timestamp, signature: slackSignature('another', timestamp, body) },
      { body, timestamp, signature: undefined },
    ];
    for (const request of forged)
      await expect(readSlackAction(w.c, id, request)).rejects.toMatchObject({ code: 'not_signed_in' });
    const late = new Date(w.clock.clock().getTime() + 301_000);
    expect(isSigned(SIGNING, { body, timestamp, signature }, late)).toBe(false);
  });
});

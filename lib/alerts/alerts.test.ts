import { describe, expect, test } from 'vitest';
import { createChannel, listChannels, testChannel, updateChannel } from './channels.ts';
import { workspace } from './fixtures/workspace.ts';
import { acknowledgeIncident, countOpenIncidents, listIncidents, resolveIncident } from './incidents.ts';

const UNAUTHORIZED = {
  kind: 'config',
  code: 'http_401',
  message: '401 Unauthorized from api.shop.example with token s3cret-token.',
  hint: 'Enter a new token.',
  where: { stream: 'orders', page: 3 },
} as const;

describe('a failing sync', () => {
  test('is told once, counted while it fails, and its recovery is told once', async () => {
    const w = await workspace();
    await w.syncFinished({ status: 'failed', failure: UNAUTHORIZED });
    w.clock.move(600_000);
    await w.syncFinished({ syncId: 2, status: 'failed', failure: UNAUTHORIZED });
    await w.deliverAll();
    expect(w.slack.messages).toHaveLength(1);
    expect(w.slack.messages[0]?.text).toBe(
      [
        'Sync failed: shop_orders: 401 Unauthorized from api.shop.example with token **********.',
        'What happened: sync 1 failed in stream orders, page 3. Readers keep what was published before.',
        'What to do: Enter a new token.',
        '<https://weir.example/jobs/1|Open sync 1>',
      ].join('\n'),
    );
    expect(await listIncidents(w.c, w.workspaceId)).toMatchObject([
      { status: 'open', severity: 'critical', seen: 2, syncId: 2, connectionName: 'shop_orders' },
    ]);

    w.clock.move(600_000);
    await w.syncFinished({ syncId: 3, status: 'succeeded' });
    await w.syncFinished({ syncId: 4, status: 'succeeded' });
    await w.deliverAll();
    expect(w.slack.messages).toHaveLength(2);
    expect(w.slack.messages[1]?.text).toMatch(/^Resolved after 20m: shop_orders synced again\n/);
    expect(await countOpenIncidents(w.c, w.workspaceId)).toBe(0);
  });

  test('that was cancelled or skipped tells nothing and resolves nothing', async () => {
    const w = await workspace();
    await w.syncFinished({ status: 'failed', failure: UNAUTHORIZED });
    for (const status of ['cancelled', 'skipped'] as const) await w.syncFinished({ status });
    await w.deliverAll();
    expect(w.slack.messages).toHaveLength(1);
    expect(await countOpenIncidents(w.c, w.workspaceId)).toBe(1);
  });

  test('is not over because somebody has emptied its tables', async () => {
    const w = await workspace();
    await w.syncFinished({ status: 'failed', failure: UNAUTHORIZED });
    for (const kind of ['clear', 'reset'] as const) await w.syncFinished({ syncId: 2, kind, status: 'succeeded' });
    await w.deliverAll();
    expect(w.slack.texts()).toHaveLength(1);
    expect(await listIncidents(w.c, w.workspaceId)).toMatchObject([{ status: 'open' }]);
  });

  test('is not over because rows of quarantine were loaded again; one of such a load is', async () => {
    const w = await workspace();
    const [usual, replay] = [null, { kind: 'replay' }];
    let syncId = 0;
    const ended = async (status: 'failed' | 'succeeded', task: object | null) => {
      syncId++;
      await w.database.query(
        `insert into syncs (id, workspace_id, connection_id, trigger, status, task) overriding system value
         values ($1, $2, $3, 'manual', $4, $5)`,
        [syncId, w.workspaceId, w.connectionId, status, task && JSON.stringify(task)],
      );
      await w.syncFinished({ syncId, status, failure: status === 'failed' ? UNAUTHORIZED : null });
      return countOpenIncidents(w.c, w.workspaceId);
    };
    expect(await ended('failed', usual)).toBe(1);
    expect(await ended('succeeded', replay)).toBe(1);
    expect(await ended('succeeded', usual)).toBe(0);
    expect(await ended('failed', replay)).toBe(1);
    expect(await ended('succeeded', replay)).toBe(0);
  });

  test('that time may mend says what comes next: a due sync, or nothing until somebody starts one', async () => {
    const w = await workspace();
    const failure = { kind: 'transient', code: 'http_503', message: 'api.shop.example answered 503.' } as const;
    const after = (lines = '') => lines.split('\n').find((line) => line.startsWith('What comes next: '));
    await w.syncFinished({ status: 'failed', failure });
    await w.syncFinished({ status: 'succeeded' });
    await w.database.query(`update connection set next_due = '2026-11-26T14:00:00Z'`);
    await w.syncFinished({ syncId: 2, status: 'failed', failure });
    await w.deliverAll();
    expect([0, 2].map((message) => after(w.slack.messages[message]?.text))).toEqual([
      'What comes next: no sync is due, so it is tried again when somebody starts one.',
      'What comes next: the sync that is due at 2026-11-26 14:00 UTC tries again.',
    ]);
  });

  test.each([
    ['that was asked for once', 'clear', null],
    ['that loads quarantine again', 'sync', { kind: 'replay' }],
    ['that reads a range again', 'sync', { kind: 'backfill', from: '2026-01-01', to: null }],
  ])('%s is not said to be tried again by the next one', async (_, kind, task) => {
    const w = await workspace();
    await w.database.query(`update connection set next_due = '2026-11-26T14:00:00Z'`);
    await w.database.query(
      `insert into syncs (id, workspace_id, connection_id, trigger, status, kind, task) overriding system value
       values (1, $1, $2, 'manual', 'failed', $3, $4)`,
      [w.workspaceId, w.connectionId, kind, task && JSON.stringify(task)],
    );
    const failure = { kind: 'transient', code: 'connection_lost', message: 'The database is gone.' } as const;
    await w.syncFinished({ syncId: 1, status: 'failed', failure });
    await w.deliverAll();
    expect(w.slack.messages[0]?.text).toContain('What comes next: no other sync does the same: ask for it again.');
  });

  test('of a connection that follows another says what starts it', async () => {
    const w = await workspace();
    await w.database.query('update connection set after_connection_id = id');
    const failure = { kind: 'transient', code: 'http_503', message: 'api.shop.example answered 503.' } as const;
    await w.syncFinished({ status: 'failed', failure });
    await w.deliverAll();
    expect(w.slack.messages[0]?.text).toContain(
      'What comes next: it is tried again after the next success of the connection that it follows.',
    );
  });

  test('whose transaction is rolled back is not told', async () => {
    const w = await workspace();
    await expect(w.syncFinished({ status: 'failed', failure: UNAUTHORIZED }, 'roll back')).rejects.toThrow('roll back');
    expect(await listIncidents(w.c, w.workspaceId)).toEqual([]);
    expect(await w.database.query('select 1 from delivery')).toEqual([]);
  });

  test('seen by two at once opens one incident and tells it once', async () => {
    const w = await workspace();
    await Promise.all([1, 2, 3].map((syncId) => w.syncFinished({ syncId, status: 'failed', failure: UNAUTHORIZED })));
    await w.deliverAll();
    expect(await listIncidents(w.c, w.workspaceId)).toMatchObject([{ seen: 3 }]);
    expect(w.slack.messages).toHaveLength(1);
  });
});

describe('failing checks', () => {
  test('of one run are one message; each has its incident and recovers by itself', async () => {
    const w = await workspace();
    await w.checksFinished({ a: 'fail', b: 'fail', c: 'pass' });
    await w.checksFinished({ a: 'fail', b: 'pass', c: 'pass' });
    await w.checksFinished({ a: 'pass', b: 'pass', c: 'pass' });
    await w.deliverAll();
    expect(w.slack.messages.map(({ text }) => text?.split('\n')[0])).toEqual([
      'Failing: 2 checks of orders suite, first orders, a: fail',
      'Resolved after 0s: orders, b: pass',
      'Resolved after 0s: orders, a: pass',
    ]);
  });

  test('that can’t be measured do not recover', async () => {
    const w = await workspace();
    await w.checksFinished({ a: 'fail' });
    await w.checksFinished({ a: 'error' });
    expect(await countOpenIncidents(w.c, w.workspaceId)).toBe(1);
    await w.deliverAll();
    expect(w.slack.messages).toHaveLength(1);
  });

  test('that only warn open a warning, and are told when they turn critical', async () => {
    const w = await workspace();
    await w.checksFinished({ a: 'warn' });
    await w.deliverAll();
    expect(w.slack.messages).toHaveLength(0);
    expect(await listIncidents(w.c, w.workspaceId)).toMatchObject([{ severity: 'warning', suiteName: 'orders suite' }]);
    for (const outcome of ['fail', 'warn', 'fail'] as const) await w.checksFinished({ a: outcome });
    await w.deliverAll();
    expect(w.slack.texts()).toHaveLength(1);
  });

  test('a run that measures nothing is one incident, not one per check', async () => {
    const w = await workspace();
    const failure = {
      kind: 'transient',
      code: 'destination_unreachable',
      message: 'The destination can’t be reached.',
    } as const;
    await w.checksFinished({}, failure);
    await w.checksFinished({ a: 'pass', b: 'pass' });
    await w.deliverAll();
    expect(w.slack.messages.map(({ text }) => text?.split('\n')[0])).toEqual([
      'Not checked: orders suite could not be checked: The destination can’t be reached.',
      'Resolved after 0s: orders suite could be checked again',
    ]);
  });
});

describe('delivery', () => {
  test('waits as long as Slack asks, and twice as long after each outage', async () => {
    const w = await workspace();
    w.slack.failNext({ status: 503 }, { status: 429, headers: { 'retry-after': '90' } }, { resetAfter: 0 });
    w.slack.failNext({ status: 503, headers: { 'retry-after': '31536000' } });
    await w.syncFinished({ status: 'failed', failure: UNAUTHORIZED });
    expect(await w.deliverAll()).toEqual([15, 90, 60, 86_400]);
    expect(w.slack.messages).toHaveLength(1);
    expect(await listChannels(w.c, w.workspaceId)).toMatchObject([{ lastDelivery: { status: 'sent', error: null } }]);
  });

  test('that Slack refuses is given up at once, and stays visible with what to do', async () => {
    const w = await workspace();
    w.slack.failNext({ status: 404, body: 'no_service' });
    await w.syncFinished({ status: 'failed', failure: UNAUTHORIZED });
    expect(await w.deliverAll()).toEqual([]);
    const error =
      'Slack answered 404 no_service. The webhook was removed in Slack. Make a new one and enter its address.';
    expect(await listChannels(w.c, w.workspaceId)).toMatchObject([{ lastDelivery: { status: 'failed', error } }]);
  });

  test('ends after ten tries', async () => {
    const w = await workspace();
    w.slack.failNext(...Array.from({ length: 20 }, () => ({ status: 500 })));
    await w.syncFinished({ status: 'failed', failure: UNAUTHORIZED });
    expect(await w.deliverAll()).toHaveLength(9);
    expect(await listChannels(w.c, w.workspaceId)).toMatchObject([{ lastDelivery: { status: 'failed' } }]);
  });

  test('of a huge and hostile error keeps Slack’s limits, and commands nothing', async () => {
    const w = await workspace();
    const message = `<!channel> <https://evil.example|click> & ${'<'.repeat(50_000)}\n\nsecond line`;
    await w.syncFinished({ status: 'failed', failure: { ...UNAUTHORIZED, message, hint: message } });
    expect(await w.deliverAll()).toEqual([]);
    expect(w.slack.messages).toHaveLength(1);
    expect(w.slack.texts()[0]).not.toMatch(/<!channel>|<https:\/\/evil/);
  });

  test('follows no redirect', async () => {
    const w = await workspace();
    w.slack.failNext({ status: 307, headers: { location: w.slack.webhookUrl } });
    await w.syncFinished({ status: 'failed', failure: UNAUTHORIZED });
    expect(await w.deliverAll()).toEqual([15]);
    expect(w.slack.messages).toHaveLength(1);
  });

  test('goes nowhere that nobody allowed any longer', async () => {
    const w = await workspace();
    await w.database.query('delete from allowed_host');
    await w.syncFinished({ status: 'failed', failure: UNAUTHORIZED });
    await w.deliverAll();
    expect(w.slack.messages).toHaveLength(0);
    const [channel] = await listChannels(w.c, w.workspaceId);
    expect(channel?.lastDelivery).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('Settings → Network'),
    });
  });
});

describe('channels and incidents', () => {
  test('the webhook’s address is a secret: sealed, masked, and kept when the mask comes back', async () => {
    const w = await workspace();
    const [channel] = await listChannels(w.c, w.workspaceId);
    expect(channel?.config).toEqual({ webhookUrl: '**********' });
    expect(JSON.stringify(await w.database.query('select config from channel'))).not.toContain('loopback-secret');
    await updateChannel(w.c, w.workspaceId, channel?.id ?? '', {
      name: 'renamed',
      config: { webhookUrl: '**********' },
    });
    expect(await testChannel(w.c, w.workspaceId, channel?.id ?? '')).toEqual({
      ok: true,
      message: 'Slack took the message.',
    });
    expect(w.slack.messages[0]?.text).toMatch(/^Test: Weir can post to renamed/);
    w.slack.failNext({ status: 403, body: 'invalid_token' });
    expect(await testChannel(w.c, w.workspaceId, channel?.id ?? '')).toMatchObject({ ok: false });
  });

  test.each([
    'http://hooks.slack.com/services/x',
    'https://hooks.slack.com.evil.example/x',
    'https://user@hooks.slack.com/x',
    'file:///etc/passwd',
    'https://169.254.169.254/latest',
    '',
  ])('%s is no webhook', async (webhookUrl) => {
    const w = await workspace();
    const made = createChannel(w.c, w.workspaceId, { type: 'slack', name: 'x', config: { webhookUrl } });
    await expect(made).rejects.toMatchObject({ code: 'invalid_input', issues: [{ path: 'config.webhookUrl' }] });
  });

  test('an incident is acknowledged and resolved by hand, with the reason, and opens anew', async () => {
    const w = await workspace();
    await w.syncFinished({ status: 'failed', failure: UNAUTHORIZED });
    const [incident] = await listIncidents(w.c, w.workspaceId);
    await acknowledgeIncident(w.c, w.workspaceId, incident?.id ?? 0, 'ada');
    await resolveIncident(w.c, w.workspaceId, incident?.id ?? 0, 'ada', { reason: 'fixed', note: 'token renewed' });
    await expect(resolveIncident(w.c, w.workspaceId, incident?.id ?? 0, 'ada')).rejects.toMatchObject({
      code: 'not_found',
    });
    await w.syncFinished({ status: 'failed', failure: UNAUTHORIZED });
    const incidents = await listIncidents(w.c, w.workspaceId);
    expect(incidents.map(({ status, acknowledgedBy }) => [status, acknowledgedBy])).toEqual([
      ['open', null],
      ['resolved', 'ada'],
    ]);
    expect(incidents[1]).toMatchObject({ resolution: 'fixed', resolutionNote: 'token renewed', resolvedBy: 'ada' });
  });
});

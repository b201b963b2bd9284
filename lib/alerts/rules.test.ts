import { describe, expect, test } from 'vitest';
import { createChannel } from './channels.ts';
import { workspace } from './fixtures/workspace.ts';
import { listIncidents, resolveIncident, snoozeIncident } from './incidents.ts';
import { onLate } from './late.ts';
import { createRule, deleteRule, listRules, previewRoutes, updateRule } from './rules.ts';

const DOWN = {
  kind: 'transient',
  code: 'http_503',
  message: '503 Service Unavailable from api.shop.example.',
  where: { stream: 'orders' },
} as const;
const HOUR = 3_600_000;

type Workspace = Awaited<ReturnType<typeof workspace>>;

async function channelOf({ c, workspaceId }: Workspace): Promise<string> {
  const { id } = await c.db
    .selectFrom('channel')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('name', '=', 'alerts')
    .executeTakeFirstOrThrow();
  return id;
}

async function rule(w: Workspace, input: Partial<Parameters<typeof createRule>[2]> = {}): Promise<string> {
  const { id } = await createRule(w.c, w.workspaceId, { name: 'r', channelIds: [await channelOf(w)], ...input });
  return id;
}

function headlines(w: Workspace): (string | undefined)[] {
  return w.slack.messages.map(({ text }) => text?.split('\n')[0]);
}

describe('a rule', () => {
  test('that matches decides who is told, and the first one that does', async () => {
    const w = await workspace();
    await rule(w, { name: 'silent', matches: { connections: [w.connectionId] }, channelIds: [] });
    await rule(w, { name: 'all' });
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await w.deliverAll();
    expect(headlines(w)).toEqual([]);
    const [silent] = await listRules(w.c, w.workspaceId);
    await updateRule(w.c, w.workspaceId, silent?.id ?? '', { enabled: false });
    await w.syncFinished({ status: 'succeeded' });
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await w.deliverAll();
    expect(headlines(w)).toHaveLength(2);
  });

  test.each([
    ['owner', { owners: ['data-platform'] }],
    ['tag', { tags: ['gold'] }],
    ['level', { levels: ['critical' as const] }],
    ['event', { events: ['sync_failed'] }],
  ])('matches by %s', async (_, matches) => {
    const w = await workspace();
    await w.database.query(`update connection set owner = 'data-platform'`);
    await w.database.query(
      `with t as (insert into tag (workspace_id, name, color) select workspace_id, 'gold', 'FFFFFF' from connection returning *)
       insert into connection_tag select connection.id, t.id, t.workspace_id from connection, t`,
    );
    await rule(w, { matches, channelIds: [] });
    const routes = await previewRoutes(w.c, w.workspaceId, w.connectionId);
    expect(routes.find(({ event }) => event === 'sync_failed')).toMatchObject({ rule: { name: 'r' }, channels: [] });
  });

  test('that names an event tells its channels of it, whatever they ask for', async () => {
    const w = await workspace();
    await rule(w, { matches: { events: ['sync_succeeded'] } });
    await w.syncFinished({ status: 'succeeded' });
    await w.deliverAll();
    expect(headlines(w)).toEqual(['Synced: shop_orders']);
  });

  test('that tells a failure is followed by its recovery there, and nowhere else', async () => {
    const w = await workspace();
    const { id } = await createChannel(w.c, w.workspaceId, {
      ...{ type: 'slack', name: 'others', config: { webhookUrl: w.slack.webhookUrl } },
    });
    await rule(w, { matches: { events: ['sync_failed'] }, channelIds: [id] });
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await w.syncFinished({ status: 'succeeded' });
    await w.deliverAll();
    expect(headlines(w).map((line) => line?.split(':')[0])).toEqual(['Sync failed', 'Resolved after 0s']);
    const channels = await w.database.query('select channel_id from delivery group by 1');
    expect(channels).toEqual([{ channel_id: id }]);
  });

  test('may wait for failures in a row; what nobody was told of needs no all-clear', async () => {
    const w = await workspace();
    await rule(w, { failuresInARow: 3 });
    for (const status of [
      'failed',
      'failed',
      'succeeded',
      'failed',
      'failed',
      'failed',
      'failed',
      'succeeded',
    ] as const)
      await w.syncFinished({ status, failure: status === 'failed' ? DOWN : null });
    await w.deliverAll();
    expect(headlines(w).map((line) => line?.split(':')[0])).toEqual(['Sync failed', 'Resolved after 0s']);
  });

  test('that waits for failures in a row tells nothing of what somebody has snoozed meanwhile', async () => {
    const w = await workspace();
    await rule(w, { failuresInARow: 2 });
    await w.syncFinished({ status: 'failed', failure: DOWN });
    const [{ id } = { id: 0 }] = await listIncidents(w.c, w.workspaceId);
    await snoozeIncident(w.c, w.workspaceId, id, 'ada', new Date(w.clock.clock().getTime() + HOUR));
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await w.deliverAll();
    expect(headlines(w)).toEqual([]);
    w.clock.move(2 * HOUR);
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await w.deliverAll();
    expect(headlines(w)).toHaveLength(1);
  });

  test('keeps quiet at night and tells in the morning, all at once', async () => {
    const w = await workspace();
    w.clock.set('2026-07-01T20:30:00Z');
    await rule(w, { quietHours: { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' } });
    await w.syncFinished({ status: 'failed', failure: DOWN });
    w.clock.move(HOUR);
    await w.syncFinished({ status: 'succeeded' });
    await w.release();
    await w.deliverAll();
    expect(headlines(w)).toEqual([]);
    w.clock.set('2026-07-02T05:00:00Z');
    await w.release();
    await w.deliverAll();
    expect(headlines(w)).toEqual(['2 messages since 2026-07-01 22:30 Europe/Berlin']);
    expect(w.slack.messages[0]?.text).toMatch(/• Sync failed: shop_orders.*\n• Resolved after 1h: shop_orders/);
  });

  test('puts warnings into a digest, and tells of failures at once', async () => {
    const w = await workspace();
    const asked = { name: 'quality', type: 'slack', config: { webhookUrl: w.slack.webhookUrl } };
    const { id } = await createChannel(w.c, w.workspaceId, { ...asked, events: ['check_warned', 'check_failed'] });
    await rule(w, { channelIds: [id], digest: { at: '08:00', timeZone: 'America/New_York' } });
    w.clock.set('2026-07-01T06:00:00Z');
    await w.checksFinished({ a: 'warn', b: 'fail' });
    w.clock.move(HOUR);
    await w.checksFinished({ a: 'warn', b: 'fail', c: 'warn' });
    await w.deliverAll();
    expect(headlines(w)).toEqual(['Failing: orders, b: fail']);
    w.clock.set('2026-07-01T12:00:00Z');
    await w.release();
    await w.deliverAll();
    expect(headlines(w)[1]).toBe('2 warnings since 2026-07-01 02:00 America/New_York');
  });

  test('tells all that is wrong with it, and knows only what is there', async () => {
    const w = await workspace();
    const nobody = '00000000-0000-4000-8000-000000000000';
    const wrong = createRule(w.c, w.workspaceId, {
      name: ' ',
      matches: { connections: [nobody], levels: ['loud' as 'info'], events: ['rain'] },
      channelIds: [nobody],
      failuresInARow: 0,
      digest: { at: '8', timeZone: 'UTC' },
    });
    await expect(wrong).rejects.toMatchObject({
      code: 'invalid_input',
      issues: [
        ...['name', 'failuresInARow', 'matches.levels', 'matches.events', 'digest.at', 'matches.connections'],
        'channelIds',
      ].map((path) => ({ path })),
    });
    const id = await rule(w);
    await expect(rule(w)).rejects.toMatchObject({ code: 'name_taken' });
    await deleteRule(w.c, w.workspaceId, id);
    await expect(deleteRule(w.c, w.workspaceId, id)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('one cause', () => {
  test('that fails thirty connections is one message with a list, and so is its recovery', async () => {
    const w = await workspace();
    const others = await Promise.all(Array.from({ length: 29 }, (_, n) => w.anotherConnection(`shop_${n}`)));
    const all = [w.connectionId, ...others];
    for (const connectionId of all) await w.syncFinished({ connectionId, status: 'failed', failure: DOWN });
    await w.release();
    await w.deliverAll();
    expect(headlines(w)).toEqual([]);
    w.clock.move(20_000);
    await w.release();
    expect(await w.deliverAll()).toEqual([]);
    expect(headlines(w)).toEqual([
      'Sync failed: 30 connections of shop: 503 Service Unavailable from api.shop.example.',
    ]);
    expect(w.slack.messages[0]?.text?.match(/• shop_/g)).toHaveLength(30);

    w.clock.move(HOUR);
    for (const connectionId of all) await w.syncFinished({ connectionId, status: 'succeeded' });
    w.clock.move(20_000);
    await w.release();
    await w.deliverAll();
    expect(headlines(w)[1]).toBe('Resolved: 30 connections sync again');
  });

  test('is not told again every minute while more connections fail of it', async () => {
    const w = await workspace();
    const second = await w.anotherConnection('second');
    await w.syncFinished({ status: 'failed', failure: DOWN });
    w.clock.move(20_000);
    await w.release();
    await w.syncFinished({ connectionId: second, status: 'failed', failure: DOWN });
    w.clock.move(60_000);
    await w.release();
    await w.deliverAll();
    expect(headlines(w)).toHaveLength(1);
    w.clock.move(600_000);
    await w.release();
    await w.deliverAll();
    expect(headlines(w)[1]).toBe('Sync failed: second: 503 Service Unavailable from api.shop.example.');
  });

  test('of another kind is a message of its own', async () => {
    const w = await workspace();
    const second = await w.anotherConnection('second');
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await w.syncFinished({ connectionId: second, status: 'failed', failure: { ...DOWN, code: 'http_401' } });
    w.clock.move(20_000);
    await w.release();
    await w.deliverAll();
    expect(headlines(w)).toHaveLength(2);
  });
});

describe('a late connection', () => {
  const late = (w: Workspace) => ({
    ...{ workspaceId: w.workspaceId, connectionId: w.connectionId, name: 'shop_orders', dataAsOf: w.clock.clock() },
    ...{ overMinutes: 65, targetMinutes: 120, missedDue: null, catchingUp: false },
  });

  test('is told once, and on time again once', async () => {
    const w = await workspace();
    await onLate(w.c, [late(w)]);
    await onLate(w.c, [late(w)]);
    await w.syncFinished({ status: 'succeeded' });
    await onLate(w.c, []);
    await w.deliverAll();
    expect(headlines(w)).toEqual([
      'Late: shop_orders is late: 1h 5m past its target of 2h',
      'Resolved after 0s: shop_orders synced again',
    ]);
  });

  test('that a sync is about to make up for is not told, and one that is open stays so', async () => {
    const w = await workspace();
    await onLate(w.c, [{ ...late(w), catchingUp: true }]);
    await onLate(w.c, [late(w)]);
    await onLate(w.c, [{ ...late(w), catchingUp: true }]);
    await w.deliverAll();
    expect(headlines(w)).toHaveLength(1);
  });

  test('is told where its failing sync has not been, as a rule waits for more failures', async () => {
    const w = await workspace();
    await rule(w, { matches: { events: ['sync_failed'] }, failuresInARow: 3 });
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await onLate(w.c, [late(w)]);
    await w.deliverAll();
    expect(headlines(w)).toEqual(['Late: shop_orders is late: 1h 5m past its target of 2h']);
  });

  test('is told once nothing that was told explains it any more', async () => {
    const w = await workspace();
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await onLate(w.c, [late(w)]);
    await onLate(w.c, [late(w)]);
    const failing = (await listIncidents(w.c, w.workspaceId)).find(({ cause }) => cause.startsWith('sync:'));
    await resolveIncident(w.c, w.workspaceId, failing?.id ?? 0, 'ada');
    await onLate(w.c, [late(w)]);
    await onLate(w.c, [late(w)]);
    await w.deliverAll();
    expect(headlines(w).map((line) => line?.split(':')[0])).toEqual(['Sync failed', 'Late']);
  });

  test('says nothing of its own where its failing sync was told, nor where it is paused meanwhile', async () => {
    const w = await workspace();
    await w.syncFinished({ status: 'failed', failure: DOWN });
    await onLate(w.c, [late(w)]);
    await w.database.query(`update connection set status = 'inactive'`);
    await onLate(w.c, []);
    await w.deliverAll();
    expect(headlines(w)).toEqual(['Sync failed: shop_orders: 503 Service Unavailable from api.shop.example.']);
  });
});

test('what a sync found changed in the schema is one message', async () => {
  const w = await workspace();
  await w.database.query(
    `insert into syncs (id, workspace_id, connection_id, trigger) overriding system value values (7, $1, $2, 'manual')`,
    [w.workspaceId, w.connectionId],
  );
  await w.database.query(
    `insert into schema_change (workspace_id, connection_id, sync_id, stream, change, field, detail)
     values ($1, $2, 7, 'orders', 'column_added', 'colour', 'text'), ($1, $2, 7, 'refunds', 'stream_added', null, null)`,
    [w.workspaceId, w.connectionId],
  );
  await w.syncFinished({ syncId: 7, status: 'succeeded' });
  await w.deliverAll();
  expect(headlines(w)).toEqual(['Schema changed: shop_orders, 2 changes, first orders: new column colour (text)']);
});

describe('a connection that fails and fails', () => {
  async function failed(w: Workspace, times: number, day: number): Promise<void> {
    w.clock.set(new Date(Date.UTC(2026, 0, day)));
    for (let n = 0; n < times; n++) {
      const [{ id } = { id: 0 }] = await w.database.query<{ id: number }>(
        `insert into syncs (workspace_id, connection_id, trigger, status, created_at, finished_at)
         values ($1, $2, 'schedule', 'failed', $3, $3) returning id::int`,
        [w.workspaceId, w.connectionId, w.clock.clock()],
      );
      await w.syncFinished({ syncId: id, status: 'failed', failure: DOWN });
    }
  }
  const statusOf = async (w: Workspace) =>
    (await w.database.query<{ status: string }>('select status from connection')).map(({ status }) => status);

  test('is warned of once, and disabled after thirty failures and seven days', async () => {
    const w = await workspace();
    await failed(w, 29, 1);
    await failed(w, 2, 6);
    await w.deliverAll();
    expect(headlines(w)).toEqual([
      expect.stringMatching(/^Sync failed/),
      'Will be disabled: shop_orders, 30 failed syncs in a row',
    ]);
    expect(await statusOf(w)).toEqual(['active']);
    await failed(w, 1, 8);
    await failed(w, 1, 9);
    await w.deliverAll();
    expect(headlines(w).slice(2)).toEqual(['Disabled: shop_orders, after 32 failed syncs in a row']);
    expect(w.slack.messages[2]?.text).toContain('32 syncs in a row have failed, and none has succeeded in 7 days.');
    expect(await statusOf(w)).toEqual(['inactive']);
  });

  test('goes on where the workspace wants no such thing', async () => {
    const w = await workspace();
    await w.database.query('update workspace set auto_disable = null');
    await failed(w, 40, 1);
    await failed(w, 1, 20);
    await w.deliverAll();
    expect(headlines(w)).toHaveLength(1);
    expect(await statusOf(w)).toEqual(['active']);
  });
});

import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { workspace } from './fixtures/workspace.ts';
import { acknowledgeIncident, getIncident, listIncidents, resolveIncident, snoozeIncident } from './incidents.ts';
import { tellSnoozesOver } from './snooze-over.ts';

const HOUR = 3_600_000;
const TWO_OF_THREE = { a: { breaches: 2, of: 3, passes: 2 } };
const FAILURE = { kind: 'transient', code: 'http_503', message: 'The API is down.' } as const;

async function onlyIncident(w: Awaited<ReturnType<typeof workspace>>) {
  const [incident] = await listIncidents(w.c, w.workspaceId);
  return getIncident(w.c, w.workspaceId, incident?.id ?? 0);
}

describe('an incident of a check', () => {
  test('opens after two of three breaches, and closes after two passes', async () => {
    const w = await workspace();
    const seen = [];
    for (const outcome of ['fail', 'pass', 'fail', 'pass', 'fail', 'pass', 'pass'] as const) {
      await w.checksFinished({ a: outcome }, null, TWO_OF_THREE);
      seen.push((await listIncidents(w.c, w.workspaceId)).map(({ status }) => status).join());
    }
    expect(seen).toEqual(['', '', 'open', 'open', 'open', 'open', 'resolved']);
    await w.deliverAll();
    expect(w.slack.texts().map((text) => text.split('\n')[0])).toEqual([
      'Failing: orders, a: fail',
      'Resolved after 0s: orders, a: pass',
    ]);
  });

  test('that opens again and again is flapping, and waits for three passes', async () => {
    const w = await workspace();
    for (const outcome of ['fail', 'pass', 'fail', 'pass', 'fail', 'pass', 'pass'] as const)
      await w.checksFinished({ a: outcome });
    expect(await listIncidents(w.c, w.workspaceId)).toMatchObject([
      { status: 'open', flapping: true },
      { status: 'resolved' },
      { status: 'resolved' },
    ]);
    const suiteId = (await onlyIncident(w)).suiteId ?? '';
    expect(await listIncidents(w.c, w.workspaceId, { of: { suiteId, connectionId: null } })).toHaveLength(3);
    const other = { suiteId: w.workspaceId, connectionId: null };
    expect(await listIncidents(w.c, w.workspaceId, { of: other })).toEqual([]);
    await w.checksFinished({ a: 'pass' });
    expect((await listIncidents(w.c, w.workspaceId)).every(({ status }) => status === 'resolved')).toBe(true);
  });

  test('that a failed sync explains is linked to it, and told with it', async () => {
    const w = await workspace();
    await w.syncFinished({ status: 'failed', failure: FAILURE });
    await w.checksFinished({ a: 'fail', b: 'fail' });
    await w.deliverAll();
    expect(w.slack.texts()).toHaveLength(1);
    const incidents = await listIncidents(w.c, w.workspaceId);
    const ofSync = incidents.find(({ checkKey }) => checkKey === null);
    const ofChecks = incidents.filter(({ checkKey }) => checkKey !== null);
    expect(ofChecks.map(({ explanation, explainedBySync }) => [explanation, explainedBySync])).toEqual(
      ['b', 'a'].map(() => [`INC-${ofSync?.id}: shop_orders: The API is down.`, 1]),
    );
  });

  test('that a failed sync explained is told of its own once that sync has recovered, and it has not', async () => {
    const w = await workspace();
    await w.syncFinished({ status: 'failed', failure: FAILURE });
    await w.checksFinished({ a: 'fail' });
    await w.checksFinished({ a: 'fail' });
    await w.syncFinished({ syncId: 2, status: 'succeeded' });
    await w.checksFinished({ a: 'fail' });
    await w.checksFinished({ a: 'fail' });
    await w.deliverAll();
    expect(w.slack.texts().map((text) => text.split(':')[0])).toEqual(['Sync failed', 'Resolved after 0s', 'Failing']);
    const { events } = await onlyIncident(w);
    expect(events.map(({ kind }) => kind)).toEqual(['opened', 'explained']);
  });

  test('that came with a change of the schema names it', async () => {
    const w = await workspace();
    await w.database.query(
      `insert into schema_change (workspace_id, connection_id, stream, change, field) values ($1, $2, 'orders', 'field_left_out', 'contact')`,
      [w.workspaceId, w.connectionId],
    );
    await w.database.query("update schema_change set at = '2026-01-01'");
    w.clock.set(new Date('2026-01-01T01:00:00Z'));
    await w.checksFinished({ a: 'fail' });
    expect((await onlyIncident(w)).explanation).toBe('Schema change in orders: field left out, contact');
  });
});

describe('the message of a failing check', () => {
  const KEYED = { stream: { name: 'orders' }, primaryKey: [['shop'], ['number']] };
  const linesOf = async (rows: object[], configured: object = KEYED) => {
    const w = await workspace();
    await w.database.query(
      `insert into connection_stream (connection_id, workspace_id, name, position, configured) values ($1, $2, 'orders', 0, $3)`,
      [w.connectionId, w.workspaceId, JSON.stringify(configured)],
    );
    await w.checksFinished({ a: 'fail' }, null, {}, rows as JsonObject[]);
    await w.deliverAll();
    return w.slack.texts()[0]?.split('\n') ?? [];
  };

  test('names the first keys of the rows at fault, each once, by the stream’s primary key', async () => {
    const rows = [1, 1, 2, 3, 4].map((number) => ({ id: number + 100, shop: 'north', number }));
    expect(await linesOf(rows)).toContain(
      'First failing keys of orders (shop, number): north · 1, north · 2, north · 3',
    );
  });

  test('tells nothing personal: what is masked stays so, and no keys are told where they are all of that kind', async () => {
    const rows = [{ email: '••••', number: 7, name: 'Eve' }];
    const both = { stream: { name: 'orders' }, primaryKey: [['email'], ['number']] };
    expect(await linesOf(rows, both)).toContain('First failing keys of orders (email, number): •••• · 7');
    const personal = { stream: { name: 'orders' }, primaryKey: [['email']] };
    expect((await linesOf(rows, personal)).join()).not.toMatch(/First failing keys|Eve/);
  });

  test('takes the secrets of the connection out of a key, and shortens a long one', async () => {
    const keyed = { stream: { name: 'orders' }, primaryKey: [['key']] };
    const lines = await linesOf([{ key: 's3cret-token' }, { key: 'k'.repeat(500) }], keyed);
    const told = lines.find((line) => line.startsWith('First failing keys')) ?? '';
    expect(told).not.toContain('s3cret-token');
    expect(told.length).toBeLessThan(150);
  });

  test('says what all of the rows have in common, of columns with other values in the table', async () => {
    const w = await workspace();
    const column = (name: string, values: string[]) => ({ name, type: 'text', filled: 9, distinct: 3, values });
    await w.database.query(
      `insert into table_profile (connection_id, workspace_id, table_name, sync_id, columns, suggestions)
       values ($1, $2, 'orders', 1, $3, '[]')`,
      [
        ...[w.connectionId, w.workspaceId],
        JSON.stringify([column('channel', ['web', 'shop']), column('country', ['DE']), column('city', ['B', 'C'])]),
      ],
    );
    const rows = ['B', 'B', 'C'].map((city, id) => ({ id, channel: 'web', country: 'DE', city, note: '••••' }));
    await w.checksFinished({ a: 'fail' }, null, {}, rows);
    await w.checksFinished({ a: 'pass' });
    await w.checksFinished({ a: 'fail' }, null, {}, rows.slice(1));
    await w.deliverAll();
    const [first, , third] = w.slack.texts();
    expect(first).toContain('All 3 failing rows that were kept have channel = web.');
    expect(third).not.toContain('failing rows that were kept');
  });

  test('draws what the check measured before, and from what to what it went', async () => {
    const w = await workspace();
    for (const value of [99, 98.7, 99.4, 61.4])
      await w.checksFinished({ a: value > 90 ? 'pass' : 'fail' }, null, {}, [], null, { a: value });
    await w.deliverAll();
    expect(w.slack.texts()[0]).toContain('Last 4: ▇▇▇▂, 99.4% → 61.4%');
  });

  test('names who is asked to look at it', async () => {
    const w = await workspace();
    await w.database.query(`update connection set owner = 'data-platform'`);
    await w.syncFinished({ status: 'failed', failure: FAILURE });
    await w.deliverAll();
    expect(w.slack.texts()[0]).toContain('Owner: data-platform');
  });

  test('goes by id where the stream has no key, and says nothing where there is none', async () => {
    const bare = { stream: { name: 'orders' }, primaryKey: [] };
    expect(await linesOf([{ id: 5 }], bare)).toContain('First failing keys of orders (id): 5');
    expect((await linesOf([{ total: 5 }], bare)).join()).not.toContain('First failing keys');
  });

  test('names the change of the schema that came before, and how long before', async () => {
    const w = await workspace();
    await w.database.query(
      `insert into schema_change (workspace_id, connection_id, stream, change, field, at) values ($1, $2, 'orders', 'field_left_out', 'contact', '2026-01-01')`,
      [w.workspaceId, w.connectionId],
    );
    w.clock.set(new Date('2026-01-01T00:03:27Z'));
    await w.checksFinished({ a: 'fail' });
    await w.deliverAll();
    expect(w.slack.texts()[0]).toContain('Likely cause: Schema change in orders: field left out, contact, 3m before.');
  });
});

describe('what people do with it', () => {
  test('is kept on its timeline', async () => {
    const w = await workspace();
    await w.checksFinished({ a: 'fail' });
    const { id } = await onlyIncident(w);
    await acknowledgeIncident(w.c, w.workspaceId, id, 'ada', 'looking at it');
    await resolveIncident(w.c, w.workspaceId, id, 'ada', { reason: 'expected', note: 'a campaign' });
    const { events, status, resolution, resolutionNote, resolvedBy } = await onlyIncident(w);
    expect({ status, resolution, resolutionNote, resolvedBy }).toEqual({
      status: 'resolved',
      resolution: 'expected',
      resolutionNote: 'a campaign',
      resolvedBy: 'ada',
    });
    expect(events.map(({ kind, actor, message }) => [kind, actor, message])).toEqual([
      ['opened', null, 'orders, a: fail'],
      ['acknowledged', 'ada', 'looking at it'],
      ['resolved', 'ada', 'Resolved: it was expected. a campaign'],
    ]);
    await w.checksFinished({ a: 'fail' });
    expect((await onlyIncident(w)).similar).toMatchObject([{ id, resolution: 'expected' }]);
  });

  test('a snoozed one is quiet until its time, and then told once more if it is still there', async () => {
    const w = await workspace();
    await w.checksFinished({ a: 'fail' });
    const { id } = await onlyIncident(w);
    await snoozeIncident(w.c, w.workspaceId, id, 'ada', new Date(w.c.clock().getTime() + HOUR));
    w.clock.move(HOUR / 2);
    await w.checksFinished({ a: 'fail' });
    await w.deliverAll();
    expect(w.slack.texts()).toHaveLength(1);
    w.clock.move(HOUR);
    await w.checksFinished({ a: 'fail' });
    await w.checksFinished({ a: 'fail' });
    await w.deliverAll();
    expect(w.slack.texts()).toHaveLength(2);
    const late = snoozeIncident(w.c, w.workspaceId, id, 'ada', new Date(0));
    await expect(late).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('a snooze that is over tells of it at its time, also where nothing looks at its cause again', async () => {
    const w = await workspace();
    const held = { kind: 'terminal', code: 'load_held', message: 'email is 61% filled.' } as const;
    await w.syncFinished({ status: 'failed', failure: held });
    const { id } = await onlyIncident(w);
    await snoozeIncident(w.c, w.workspaceId, id, 'ada', new Date(w.c.clock().getTime() + HOUR));
    await tellSnoozesOver(w.c);
    w.clock.move(HOUR);
    await tellSnoozesOver(w.c);
    await tellSnoozesOver(w.c);
    await w.deliverAll();
    expect(w.slack.texts().map((text) => text.split('\n')[0])).toEqual([
      'Load held: shop_orders: email is 61% filled.',
      'Still open: shop_orders: email is 61% filled.',
    ]);
  });
});

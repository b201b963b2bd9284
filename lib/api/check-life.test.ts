import { describe, expect, test } from 'vitest';
import { forgetOld } from '#lib/bin/tasks.ts';
import { goodOrders } from '#tests/harness/orders.ts';
import { type WorkingShop, workingShop } from '#tests/harness/working-shop.ts';

const V1 = '/api/weir/v1';
const DAY_MS = 86_400_000;

interface Incident {
  readonly id: number;
  readonly status: string;
  readonly flapping: boolean;
  readonly checkKey: string | null;
  readonly explanation: string | null;
  readonly explainedBySync: number | null;
  readonly resolution: string | null;
  readonly events: readonly { readonly kind: string; readonly actor: string | null; readonly message: string }[];
}

interface LookBack {
  readonly alarms: number;
  readonly points: readonly { readonly at: string; readonly value: number; readonly isNew: boolean }[];
}

/** Fills or empties a table of the warehouse, so that `volume: {min_rows: 1}` passes or fails. */
async function switchable(shop: WorkingShop, checks: string) {
  await shop.query('create table stock (id int)');
  const suiteId = await shop.suite(`dataset: stock\n${checks}`, {});
  const incidents = async () => (await shop.ada.get<Incident[]>(`${V1}/incidents`)).body;
  return {
    suiteId,
    incidents,
    /** Runs the suite over each in turn; what the newest incident is after it. */
    async over(...states: readonly ('well' | 'bad')[]) {
      const seen: string[] = [];
      for (const state of states) {
        await shop.query(`truncate stock; insert into stock select 1 where ${state === 'well'}`);
        await shop.run(suiteId);
        const [newest] = (await incidents()).toSorted((a, b) => b.id - a.id);
        seen.push(newest ? `${newest.status}${newest.flapping ? ', flapping' : ''}` : 'none');
      }
      return seen;
    },
  };
}

describe('an incident of a check, over the API', () => {
  test('opens after so many breaches of so many, and closes after so many passes', async () => {
    const { over } = await switchable(await workingShop(), 'volume: {min_rows: 1, alert: {after: 2, of: 3, until: 2}}');
    expect(await over('bad', 'well', 'bad', 'well', 'bad', 'well', 'well')).toEqual([
      'none',
      'none',
      'open',
      'open',
      'open',
      'open',
      'resolved',
    ]);
  });

  test('flaps when it opens a third time in a day, and then waits for three passes', async () => {
    const { over } = await switchable(await workingShop(), 'volume: {min_rows: 1}');
    const seen = await over('bad', 'well', 'bad', 'well', 'bad', 'well', 'well', 'well');
    expect(seen.slice(3)).toEqual([
      'resolved',
      'open, flapping',
      'open, flapping',
      'open, flapping',
      'resolved, flapping',
    ]);
  });

  test('closes when its check is no longer declared', async () => {
    const shop = await workingShop();
    const { over, incidents, suiteId } = await switchable(
      shop,
      'volume: {min_rows: 1}\nsql: {query: "select 1", max: 0}',
    );
    await over('bad');
    expect((await incidents()).map(({ status }) => status)).toEqual(['open', 'open']);
    await shop.ada.send('PUT', `${V1}/suites/${suiteId}`, { text: 'dataset: stock\nvolume: {min_rows: 1}' });
    await over('bad');
    const after = await incidents();
    expect(after.map(({ status, checkKey }) => [status, checkKey?.split(' / ')[1]]).toSorted()).toEqual([
      ['open', 'volume'],
      ['resolved', 'sql'],
    ]);
    const { body } = await shop.ada.get<Incident>(
      `${V1}/incidents/${after.find(({ status }) => status === 'resolved')?.id}`,
    );
    expect(body.events.at(-1)).toMatchObject({ kind: 'recovered', message: 'Its check is no longer declared.' });
  });

  test('is taken up, put off and closed with a reason, by whom its timeline says', async () => {
    const shop = await workingShop();
    const { over, incidents } = await switchable(shop, 'volume: {min_rows: 1}');
    await over('bad');
    const [{ id } = { id: 0 }] = await incidents();
    const change = (what: string, body: object) => shop.ada.send('POST', `${V1}/incidents/${id}/${what}`, body);
    expect((await change('acknowledge', { note: 'on it' })).status).toBe(200);
    expect((await change('snooze', { until: new Date(0).toISOString() })).status).toBe(422);
    expect((await change('snooze', { until: new Date(Date.now() + DAY_MS).toISOString() })).status).toBe(200);
    expect((await change('resolve', { reason: 'boredom' })).status).toBe(422);
    expect((await change('resolve', { reason: 'fixed', note: 'refilled' })).status).toBe(200);
    expect((await change('acknowledge', {})).status).toBe(404);
    const { body } = await shop.ada.get<Incident>(`${V1}/incidents/${id}`);
    expect(body).toMatchObject({ status: 'resolved', resolution: 'fixed' });
    expect(body.events.map(({ kind }) => kind)).toEqual(['opened', 'acknowledged', 'snoozed', 'resolved']);
    expect(body.events.slice(1).every(({ actor }) => actor)).toBe(true);
  });

  test('names the sync that fails, or the change of the schema, as its probable cause', async () => {
    const shop = await workingShop();
    const { sync, give, suite, run, ada } = shop;
    await sync();
    const strict = await suite('dataset: orders\nvolume: {min_rows: 1000}\nschema: {}');
    await run(strict);
    const all = async () => (await ada.get<Incident[]>(`${V1}/incidents`)).body;
    const find = async (key: RegExp) => (await all()).find(({ checkKey }) => key.test(checkKey ?? ''));
    expect(await find(/volume/)).toMatchObject({ explanation: null });
    give([{ ...goodOrders(500, 1)[0], id: 500, email: 'x@y.z', vat: 1 } as never]);
    const changed = await sync();
    await shop.until<Incident[]>('/incidents', (body) => body.some(({ checkKey }) => /schema/.test(checkKey ?? '')));
    expect(await find(/schema/)).toMatchObject({
      explanation: expect.stringMatching(/^Schema change in orders: column added, vat/),
      explainedBySync: changed.id,
    });
    give(404);
    const failed = await sync();
    expect(failed.status).toBe('failed');
    await run(await suite('dataset: orders\nuniqueness: {unique_columns: [channel]}'));
    expect(await find(/uniqueness/)).toMatchObject({
      explanation: expect.stringMatching(/^INC-\d+: /),
      explainedBySync: failed.id,
    });
  });
});

describe('a new check, over the API', () => {
  const KEY = 'sales / anomaly / unusual number of rows';

  test('has a past, shows on which days it would have told, and learns what was expected', async () => {
    const { query, suite, until, ada } = await workingShop();
    // Forty days of about a hundred sales; on the thirtieth there were five times as many.
    await query(`create table sales as select d, now() - (41 - d) * interval '1 day' as created_at
      from generate_series(1, 40) d, generate_series(1, 95 + (d * 7) % 11 + case when d = 30 then 400 else 0 end)`);
    const id = await suite(
      'dataset: sales\nhistory: {periods: 40}\nanomaly: {metric: rows}\nvolume: {min_rows: 1}',
      {},
    );
    await until<{ backfill: { finishedAt: string | null } | null }>(
      `/suites/${id}/results`,
      ({ backfill }) => backfill?.finishedAt != null,
    );
    const at = `/suites/${id}/history?key=${encodeURIComponent(KEY)}`;
    const { body: history } = await ada.get<{ points: { backfilled: boolean }[] }>(V1 + at);
    expect(history.points.length).toBeGreaterThan(30);
    expect(history.points.every(({ backfilled }) => backfilled)).toBe(true);

    const back = async (more = '') =>
      (await ada.get<LookBack>(`${V1}/suites/${id}/look-back?key=${encodeURIComponent(KEY)}${more}`)).body;
    const before = await back('&falseAlarmsPerMonth=0.5');
    const told = before.points.filter(({ isNew }) => isNew);
    expect(told).toHaveLength(1);
    const [spike] = told;
    const steps = before.points.map(({ value }, index) => value - (before.points[index - 1]?.value ?? value));
    expect(before.points[steps.indexOf(Math.max(...steps))]?.at).toBe(spike?.at);
    // More are told to who accepts more false ones.
    expect((await back('&falseAlarmsPerMonth=30')).alarms).toBeGreaterThanOrEqual(before.alarms);
    expect(
      (await ada.get(`${V1}/suites/${id}/look-back?key=${encodeURIComponent(KEY)}&falseAlarmsPerMonth=0`)).status,
    ).toBe(400);
    const answer = await ada.send('POST', `${V1}/suites/${id}/expected`, { key: KEY, from: spike?.at, to: spike?.at });
    expect(answer.body).toEqual({ measurements: 1 });
    const { body: taught } = await ada.get<{ points: { at: string; feedback: string | null }[] }>(V1 + at);
    expect(taught.points.find((point) => point.at === spike?.at)?.feedback).toBe('expected');
  });

  test('keeps some failing rows, masked, and for their time only', async () => {
    const { query, suite, run, ada, context } = await workingShop();
    await query(`create table people as select 1 as id, 'ann@x.de' as email, 'Ann' as "firstName", 'gold' as plan,
      '{"phone": "0301", "city": "Bonn"}'::jsonb as contact`);
    const id = await suite('dataset: people\nsamples: {rows: 3, days: 0.000001}\nrange: {column: id, min: 2}', {});
    const [result] = (await run(id)).results;
    expect(result?.samples).toEqual([
      { id: 1, email: '••••', firstName: '••••', plan: 'gold', contact: '{"city":"Bonn","phone":"••••"}' },
    ]);
    await query("update check_result set samples_until = now() - interval '1 second'");
    await forgetOld(context);
    const { body } = await ada.get<{ results: { samples: object[]; message: string }[] }>(`${V1}/suites/${id}/results`);
    expect(body.results).toMatchObject([{ samples: [], message: 'id is below 2 in 1 row, limit 0' }]);
  });

  test('is suggested after the first sync with what speaks for it, and passes as suggested', async () => {
    const { sync, give, suite, run, ada, connectionId, until } = await workingShop();
    give(goodOrders(1, 600));
    await sync();
    interface Suggested {
      readonly table: string;
      readonly suggestions: { kind: string; params: object; evidence: string }[];
    }
    const [found] = await until<Suggested[]>(
      `/suites/suggestions?connectionId=${connectionId}`,
      (body) => (body[0]?.suggestions.length ?? 0) > 0,
    );
    expect(found?.table).toBe('public.orders');
    expect(found?.suggestions.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['completeness', 'uniqueness', 'format', 'volume']),
    );
    for (const { evidence } of found?.suggestions ?? []) expect(evidence).toMatch(/\d/);
    const checks = (found?.suggestions ?? []).map(({ kind, params }) => [kind, params] as const);
    const byKind = Object.groupBy(checks, ([kind]) => kind);
    const text = Object.entries(byKind).map(
      ([kind, all]) => `${kind}: ${JSON.stringify(all?.map(([, params]) => params))}`,
    );
    const { results } = await run(await suite(['dataset: orders', ...text].join('\n')));
    expect(results.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
    expect((await ada.get(`${V1}/suites/suggestions`)).status).toBe(200);
  });
});

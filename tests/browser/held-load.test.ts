import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { type LoopbackSlack, loopbackSlack } from '#tests/harness/loopback-slack.ts';
import { goodOrders, type Order, ordersManifest } from '#tests/harness/orders.ts';
import { seriousFindings, signInPage } from '#tests/harness/pages.ts';
import { type ScriptedServer, scriptedServer } from '#tests/harness/scripted-server.ts';
import { type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// A bad batch from its source to its release, in order: each test goes on where the one before ended.

const SUITE = `dataset: orders
personal: [email]
completeness: [{column: email, threshold: 95, level: block, per: channel}]
volume: [{min_rows: 50, level: block}]
uniqueness: [{unique_columns: [id]}]
`;

let weir: WeirServer;
let client: SignedIn;
let browser: TestBrowser;
let page: Page;
let slack: LoopbackSlack;
let shop: ScriptedServer;
let orders: Order[] = goodOrders(0, 100);
let connectionId: string;
let suiteId: string;
let readers: Readers;

beforeAll(async () => {
  slack = await loopbackSlack();
  shop = await scriptedServer({ '*': () => ({ body: { data: orders } }) });
  weir = await startWeir();
  client = await signedIn(weir);
  connectionId = await client.connect(ordersManifest(shop.url), { host: shop.host, port: shop.port });
  const { destination } = await client.get<{ destination: { id: string } }>(`/connections/${connectionId}`);
  const suite = { name: 'Orders', text: SUITE, connectionId, destinationId: destination.id };
  suiteId = (await client.post<{ id: string }>('/suites', suite)).id;
  await client.post('/allowed-hosts', { host: slack.host, port: slack.port, reason: 'test' });
  await client.post('/channels', { type: 'slack', name: '#data', config: { webhookUrl: slack.webhookUrl } });
  await sync();
  readers = startReaders(weir.databaseUrl);
  browser = await openBrowser();
  page = await signInPage(browser, weir.url);
});

afterAll(async () => {
  await readers?.stop();
  await browser?.close();
  await weir?.stop();
  await slack?.close();
  await shop?.close();
});

test('a bad batch is held before anybody reads it', async () => {
  orders = [
    ...goodOrders(0, 100).slice(0, 80),
    ...Array.from({ length: 20 }, (_, index) => ({ id: 200 + index, email: null, channel: 'guest' })),
  ];
  await page.goto(`${weir.url}/connections/${connectionId}`);
  const log = page.getByRole('region', { name: 'Log' });
  await log.getByText(/^[1-9]\d* lines?$/).waitFor();
  await page
    .getByRole('button', { name: /Sync now/ })
    .first()
    .click();
  await page
    .getByRole('heading', { name: /is held: 100 rows of orders are not published/ })
    .waitFor({ timeout: 90_000 });
  expect(await page.textContent('main')).toContain('channel = guest: email is 0% filled, limit 95%');
  // The log is that of this sync alone, although the one before was on the page.
  const [held] = await client.get<{ id: number }[]>(`/syncs?connectionId=${connectionId}&limit=1`);
  const lines = await client.get<unknown[]>(`/syncs/${held?.id}/log`);
  await log.getByText(`${lines.length} line${lines.length === 1 ? '' : 's'}`, { exact: true }).waitFor();
  await seriousFindings(page, 'a connection with a held load');
});

test('the overview says that it is blocked, and the dataset shows why and where', async () => {
  await page.goto(weir.url);
  await page.getByText('Blocked', { exact: true }).first().waitFor();
  // What was published still passes, and is called so.
  await page.getByText('published: 3 of 3 pass').first().waitFor();
  await page.goto(`${weir.url}/quality/${suiteId}`);
  await page.getByText('1 load held').waitFor();
  const rows = page.getByRole('table', { name: /Rows that fail Completeness/ });
  await rows.getByText('null').first().waitFor();
  await page.getByRole('heading', { name: 'What explains it' }).waitFor();
  expect(await page.textContent('main')).toContain('guest');
  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('region', { name: 'Failing rows' }).getByRole('button', { name: 'Copy SQL' }).click();
  await page.getByText('SQL copied.').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('select * from "public"."orders" where "email" is null');
  await page.getByRole('button', { name: '30d' }).click();
  await page.getByRole('table', { name: 'Incidents' }).waitFor();
  await seriousFindings(page, 'a dataset with a held load');
  await page.setViewportSize({ width: 390, height: 844 });
  await seriousFindings(page, 'the same on a phone');
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('Slack heard of it once, and the next sync is refused until somebody decides', async () => {
  await slack.waitForMessages(1);
  expect(JSON.stringify(slack.messages[0])).toContain('Load held');
  await expect(client.post(`/connections/${connectionId}/sync`)).rejects.toThrow(/load_held/);
});

test('readers saw nothing of it until it is released; then they see all of it', async () => {
  expect(readers.worst()).toEqual({ withoutEmail: 0, fewest: 100 });
  await page.goto(`${weir.url}/quality/${suiteId}`);
  await page.getByRole('button', { name: 'Release load…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/Reason/).fill('The shop sells to guests now');
  await dialog.getByRole('button', { name: 'Release load', exact: true }).click();
  await page.getByText('1 load held').waitFor({ state: 'detached' });
  await readers.sees(({ withoutEmail }) => withoutEmail === 20);
  expect(readers.worst().fewest).toBe(100);
  const entries = await client.get<{ action: string }[]>('/audit');
  expect(entries.map(({ action }) => action)).toContain('sync.release');
});

test('people hear that it goes on, and a good load passes again', async () => {
  await slack.waitForMessages(2);
  expect(JSON.stringify(slack.messages)).toMatch(/synced again/);
  orders = goodOrders(0, 100);
  await sync();
  await readers.sees(({ withoutEmail }) => withoutEmail === 0);
  await page.goto(`${weir.url}/quality/${suiteId}`);
  await page.getByText('3 of 3 pass').waitFor();
  expect(browser.foreign).toEqual([]);
  expect(browser.errors.filter((text) => !/status of (401|403|404|409|422)/.test(text))).toEqual([]);
});

async function sync(): Promise<void> {
  const { syncId } = await client.post<{ syncId: number }>(`/connections/${connectionId}/sync`);
  expect(await client.syncEnd(syncId)).toMatchObject({ status: 'succeeded' });
}

interface Seen {
  readonly rows: number;
  readonly withoutEmail: number;
}

interface Readers {
  /** The most rows without an email, and the fewest rows at all, that any reader has seen. */
  worst(): { withoutEmail: number; fewest: number };
  sees(what: (seen: Seen) => boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Readers must leave the machine time for the load. */
const READ_EVERY_MS = 20;

/** Reads the table again and again on three connections, from now on. */
function startReaders(url: string): Readers {
  const pool = new pg.Pool({ connectionString: url, max: 3 });
  pool.on('error', () => undefined);
  let worst = { withoutEmail: 0, fewest: Number.POSITIVE_INFINITY };
  let stopped = false;
  const waiting = new Set<(seen: Seen) => void>();
  const read = async () => {
    while (!stopped) {
      const { rows } = await pool.query<Seen>(
        'select count(*)::int as rows, count(*) filter (where email is null)::int as "withoutEmail" from public.orders',
      );
      const seen = rows[0] ?? { rows: 0, withoutEmail: 0 };
      worst = {
        withoutEmail: Math.max(worst.withoutEmail, seen.withoutEmail),
        fewest: Math.min(worst.fewest, seen.rows),
      };
      for (const look of waiting) look(seen);
      await setTimeout(READ_EVERY_MS);
    }
  };
  const reading = Promise.all([read(), read(), read()]);
  return {
    worst: () => worst,
    sees: (what) =>
      new Promise((resolve) => {
        const look = (seen: Seen) => {
          if (!what(seen)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      }),
    async stop() {
      stopped = true;
      await reading.catch(() => undefined);
      await pool.end();
    },
  };
}

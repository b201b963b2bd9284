import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { slackSignature } from '#lib/alerts/slack-actions.ts';
import { freePort } from '#lib/db/embedded-postgres.ts';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { type LoopbackSlackBot, loopbackSlackBot } from '#tests/harness/loopback-slack-bot.ts';
import { goodOrders, ordersManifest } from '#tests/harness/orders.ts';
import { seriousFindings, signInPage } from '#tests/harness/pages.ts';
import { type ScriptedServer, scriptedServer } from '#tests/harness/scripted-server.ts';
import { type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// Somebody who was woken: from the message in Slack to the rows that fail, and to the button that mends it. Each test goes on
// where the one before ended.

const SUITE = `dataset: orders
completeness: [{column: email, threshold: 95, level: block, per: channel}]
`;
const SIGNING = 'slack-signing-secret';

let weir: WeirServer;
let client: SignedIn;
let browser: TestBrowser;
let page: Page;
let slack: LoopbackSlackBot;
let shop: ScriptedServer;
let orders: object[] = goodOrders(0, 100);
let connectionId: string;
let channelId: string;

beforeAll(async () => {
  slack = await loopbackSlackBot();
  shop = await scriptedServer({ '*': () => ({ body: { data: orders } }) });
  const port = await freePort();
  // Messages lead to where people reach Weir.
  weir = await startWeir({ env: { PORT: String(port), WEIR_URL: `http://localhost:${port}` } });
  client = await signedIn(weir);
  connectionId = await client.connect(
    ordersManifest(shop.url),
    { host: shop.host, port: shop.port },
    { name: 'shop_orders', connection: { name: 'shop_orders', owner: 'shop team' } },
  );
  const { destination } = await client.get<{ destination: { id: string } }>(`/connections/${connectionId}`);
  await client.post('/suites', { name: 'Orders', text: SUITE, connectionId, destinationId: destination.id });
  await client.post('/allowed-hosts', { host: slack.host, port: slack.port, reason: 'test' });
  const config = { botToken: slack.token, channel: '#data', signingSecret: SIGNING, apiUrl: slack.apiUrl };
  channelId = (await client.post<{ id: string }>('/channels', { type: 'slack_bot', name: '#data', config })).id;
  expect(await sync()).toMatchObject({ status: 'succeeded' });
  browser = await openBrowser();
  page = await signInPage(browser, weir.url);
});

afterAll(async () => {
  await browser?.close();
  await weir?.stop();
  await slack?.close();
  await shop?.close();
});

test('the message leads to the sync, one click to the rows that fail, and the button is there', async () => {
  orders = [...goodOrders(0, 80), ...Array.from({ length: 20 }, (_, index) => ({ id: 200 + index, channel: 'guest' }))];
  await sync();
  await told((message) => message?.text?.startsWith('Load held'));
  await page.goto(linkOf(slack.messages.at(-1)?.text));
  await page.getByRole('heading', { name: /is held: 100 rows of orders are not published/ }).waitFor();
  await page.getByRole('link', { name: 'Show the rows that fail' }).click();
  const rows = page.getByRole('table', { name: /Rows that fail Completeness/ });
  await rows.getByText('guest').first().waitFor();
  await page.getByRole('button', { name: 'Release load…' }).waitFor();
});

test('the incident has the same buttons, and the overview names who answers for it', async () => {
  await page.goto(`${weir.url}/incidents`);
  await page.getByRole('link', { name: /shop_orders: orders is held/ }).click();
  await page.getByRole('button', { name: 'Discard and run again…' }).waitFor();
  await seriousFindings(page, 'an incident with a held load');
  await page.goto(weir.url);
  await page.getByRole('link', { name: 'shop team' }).click();
  await page.waitForURL(`${weir.url}/?owner=shop%20team`);
  await page.getByRole('link', { name: 'shop_orders', exact: true }).first().waitFor();
  await page.getByLabel('Filter by owner').selectOption({ label: 'No owner' });
  await page.getByText('There is no connection without an owner.').waitFor();
  await page.waitForURL(/owner=-/);
});

test('a member releases it from Slack: the message loses the button, readers get the rows, and it turns green', async () => {
  slack.knows('U1', { profile: { email: 'test@example.com' } });
  expect(await press('release')).toBe(200);
  await told((message) => message?.text?.startsWith('Resolved'));
  const message = slack.messages.at(-1);
  expect(JSON.stringify(message?.blocks)).toContain('Released by test@example.com');
  expect(message?.replies.map(({ text }) => text?.split('\n')[0])).toContain(
    'test@example.com: Load 2 is released, its rows are being published. Released in Slack.',
  );
  expect(slack.buttons(message)).not.toContain('Release load 2…');
});

test('a new field of the source is shown in the whole schema, before and after', async () => {
  orders = goodOrders(0, 100).map((order) => ({ ...order, discount: 'SPRING' }));
  expect(await sync()).toMatchObject({ status: 'succeeded' });
  await page.goto(`${weir.url}/connections/${connectionId}`);
  const change = page.getByRole('region', { name: 'Schema change' });
  await change.getByText('discount').waitFor();
  await change.getByRole('link', { name: /whole schema/ }).click();
  await page.waitForURL(/\/schema\?version=/);
  const columns = page.getByRole('list', { name: 'Columns of orders', exact: true });
  await columns.getByText('discount').waitFor();
  expect(await columns.getByRole('listitem').count()).toBeGreaterThan(4);
  await page.getByLabel('Only what differs').check();
  await page.waitForURL(/only=true/);
  expect(await columns.getByRole('listitem').allInnerTexts()).toEqual([expect.stringMatching(/discount[\s\S]*new/)]);
  await seriousFindings(page, 'a schema before and after');
});

test('the palette finds the sync by its number, and the source by its name', async () => {
  await page.keyboard.press('ControlOrMeta+K');
  await page.getByPlaceholder('Search or run').fill('2');
  await page.getByRole('option', { name: 'Sync 2', exact: true }).waitFor();
  await page.getByPlaceholder('Search or run').fill('source shop');
  await page.getByRole('option', { name: 'shop_orders' }).first().click();
  await page.waitForURL(/\/sources\/[0-9a-f-]{36}$/);
  expect(browser.foreign).toEqual([]);
  expect(browser.errors.filter((text) => !/status of (401|403|404|409|422)/.test(text))).toEqual([]);
});

async function sync(): Promise<{ status: string }> {
  const { syncId } = await client.post<{ syncId: number }>(`/connections/${connectionId}/sync`);
  return client.syncEnd(syncId);
}

/** Once the newest message is so; the worker sends it soon after what it tells of. */
async function told(isSo: (message: LoopbackSlackBot['messages'][number] | undefined) => boolean | undefined) {
  await expect.poll(() => isSo(slack.messages.at(-1)), { timeout: 30_000 }).toBe(true);
}

function linkOf(text: string | undefined): string {
  return /<(http[^|>]+)\|/.exec(text ?? '')?.[1] ?? '';
}

async function press(action: string): Promise<number> {
  const body = slack.press(slack.messages.at(-1), action);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = slackSignature(SIGNING, timestamp, body);
  const headers = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature };
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await fetch(`${weir.url}/api/weir/v1/slack/${channelId}`, {
    ...{ method: 'POST', body, headers: { ...headers, ...type } },
  });
  return answer.status;
}

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { setSecret, signInPage } from '#tests/harness/pages.ts';
import { productionApi, productionManifest, TOKEN } from '#tests/harness/production.ts';
import type { ScriptedServer } from '#tests/harness/scripted-server.ts';
import { signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// What somebody enters wrongly, and where the page says so.

let weir: WeirServer;
let browser: TestBrowser;
let page: Page;
let source: ScriptedServer;
let connectionId: string;
let connectorId: string;

beforeAll(async () => {
  source = await productionApi();
  weir = await startWeir();
  const client = await signedIn(weir);
  const options = { config: { api_token: TOKEN }, name: 'Production' };
  const { url, host, port } = source;
  connectionId = await client.connect(productionManifest(url), { host, port }, options);
  const [connector] = await client.get<{ id: string }[]>('/connectors');
  connectorId = connector?.id ?? '';
  browser = await openBrowser();
  page = await signInPage(browser, weir.url);
});

afterAll(async () => {
  await browser?.close();
  await weir?.stop();
  await source?.close();
});

test.each([
  ['/quality/new', 'Name'],
  ['/connectors/new', 'Address of a list'],
  ['/settings', 'Name'],
])('%s takes nothing before its scripts are there, which would be lost', async (address, label) => {
  const { promise: held, resolve: open } = Promise.withResolvers<void>();
  const scripts = /\.js(\?|$)/;
  await page.route(scripts, (route) => held.then(() => route.continue()));
  await page.goto(weir.url + address, { waitUntil: 'commit' });
  const field = page.getByLabel(label, { exact: true }).first();
  await field.waitFor();
  expect(await field.isDisabled()).toBe(true);
  open();
  await field.fill('https://example.com/early');
  expect(await field.inputValue()).toBe('https://example.com/early');
  await page.unroute(scripts);
});

test('settings that their test has just refused are saved only by who says so, others without a question', async () => {
  await page.goto(`${weir.url}/sources/new?connector=${connectorId}`);
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Production, 2');
  await setSecret(page, 'Api token', 'wrong');
  await page.getByRole('button', { name: 'Test source' }).click();
  await page.getByText('The test failed').waitFor();
  await page.getByRole('button', { name: 'Save source' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save Production, 2 although its test failed' });
  await dialog.getByText(/answered 401/).waitFor();
  await dialog.getByRole('button', { name: 'Go back' }).click();
  await setSecret(page, 'Api token', TOKEN);
  await page.getByRole('button', { name: 'Save source' }).click();
  await page.waitForURL(`${weir.url}/sources`);
  await page.getByRole('link', { name: 'Production, 2' }).waitFor();
});

test('what is wrong with a schedule stands at its own fields, all at once', async () => {
  await page.goto(`${weir.url}/connections/${connectionId}/edit`);
  await page.getByLabel('Schedule', { exact: true }).selectOption('cron');
  await page.getByLabel('Cron expression').fill('0 2 * *');
  await page.getByLabel('Time zone').focus();
  await page.locator('#schedule-cron-note').getByText('it has 4 fields').waitFor();
  await page.getByLabel('Cron expression').fill('0 25 * * *');
  await page.getByLabel('Time zone').fill('Mars/Base');
  await page.getByRole('button', { name: /^Save/ }).click();
  await page.locator('#schedule-cron-note').getByText('Invalid value for hour: 25').waitFor();
  await page.locator('#schedule-zone-note').getByText('There is no time zone named Mars/Base').waitFor();
  expect(await page.locator('#schedule-note').count()).toBe(0);
});

test('test values outlive a reload of the builder, but for secrets', async () => {
  await page.goto(`${weir.url}/connectors/${connectorId}`);
  const outline = page.getByLabel('Outline');
  await outline.getByText('start_date').waitFor();
  await page.getByRole('button', { name: 'Edit the test values' }).click();
  await setSecret(page, 'Api token', TOKEN);
  await page.getByLabel(/^Start date/).fill('2026-01-02T00:00:00Z');
  await page.getByRole('button', { name: 'Use these values' }).click();
  await page.reload();
  await outline.getByText('2026-01-02T00:00:00Z').waitFor();
  expect(await outline.getByText('••••••').count()).toBe(0);
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain(TOKEN);
});

test('who signs out leaves no test values to whoever signs in next in the same tab', async () => {
  await page.goto(`${weir.url}/connectors/${connectorId}`);
  await page.getByLabel('Outline').getByText('2026-01-02T00:00:00Z').waitFor();
  await page.getByRole('button', { name: /, account of / }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL(`${weir.url}/sign-in`);
  expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([]);
});

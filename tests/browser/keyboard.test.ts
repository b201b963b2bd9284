import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { keysReady, setUpPage } from '#tests/harness/pages.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// Whatever a key opens, Escape closes, and whoever was there goes on from the same place.

let weir: WeirServer;
let browser: TestBrowser;
let page: Page;

beforeAll(async () => {
  weir = await startWeir();
  browser = await openBrowser();
  page = await setUpPage(browser, weir.url);
});

afterAll(async () => {
  await browser?.close();
  await weir?.stop();
});

test.each([
  ['the palette by its keys', '/', 'Jobs', ['Control+K'], 'dialog'],
  ['the palette by its button', '/', /Search or run/, ['Enter'], 'dialog'],
  ['the list of keys', '/', 'Quality', ['?'], 'dialog'],
  ['the menu of the account', '/', /account of/, ['Enter'], 'menu'],
  ['a dialog by its button', '/settings/notifications', 'Add a channel', ['Enter'], 'dialog'],
] as const)('%s', async (_name, address, opener, keys, role) => {
  await page.goto(weir.url + address);
  await keysReady(page);
  const button = page.getByRole('button', { name: opener, exact: true });
  const from = button.or(page.getByRole('link', { name: opener, exact: true })).first();
  await from.focus();
  for (const key of keys) await page.keyboard.press(key);
  await escapeLeadsBack(role, from);
});

test('a dialog by an item of a menu', async () => {
  await page.goto(weir.url);
  await keysReady(page);
  const from = page.getByRole('button', { name: /^Workspace/ }).first();
  await from.press('Enter');
  await page.getByRole('menuitem', { name: 'New workspace…' }).press('Enter');
  await escapeLeadsBack('dialog', from);
});

/** The focus is in what was opened; Escape closes it, and the focus is where it was and can be seen. */
async function escapeLeadsBack(role: 'dialog' | 'menu', from: Locator): Promise<void> {
  const opened = page.getByRole(role);
  await opened.waitFor();
  await expect.poll(() => opened.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  await page.keyboard.press('Escape');
  await opened.waitFor({ state: 'detached' });
  await expect.poll(() => from.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await from.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
}

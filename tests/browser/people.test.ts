import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { seriousFindings, signInPage } from '#tests/harness/pages.ts';
import { type ScriptedServer, scriptedServer } from '#tests/harness/scripted-server.ts';
import { type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// A team comes in, and its own systems hear of what fails.

let weir: WeirServer;
let client: SignedIn;
let browser: TestBrowser;
let guest: TestBrowser;
let page: Page;
let hook: ScriptedServer;

beforeAll(async () => {
  hook = await scriptedServer({ '/hook': { status: 204 } });
  weir = await startWeir();
  client = await signedIn(weir);
  await client.post('/allowed-hosts', { host: hook.host, port: hook.port });
  browser = await openBrowser();
  guest = await openBrowser();
  page = await signInPage(browser, weir.url);
});

afterAll(async () => {
  await guest?.close();
  await browser?.close();
  await weir?.stop();
  await hook?.close();
});

test('somebody is invited, comes in by the link, and stands in the audit log', async () => {
  await page.goto(`${weir.url}/settings/people`);
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await page.getByRole('dialog').getByLabel('Email').fill('bob@example.com');
  await page.getByRole('button', { name: 'Make link' }).click();
  const link = await page.getByLabel('Link to send', { exact: true }).inputValue();
  await page.getByRole('button', { name: 'Done' }).click();
  await seriousFindings(page, 'people');

  const theirs = await guest.context.newPage();
  await theirs.goto(link);
  await theirs.getByText('Join Test as bob@example.com.').waitFor();
  await seriousFindings(theirs, 'join');
  await theirs.getByLabel('Your name').fill('Bob Byrne');
  await theirs.getByLabel('Password').fill('short');
  await theirs.getByRole('button', { name: 'Come in' }).click();
  await theirs.getByText(/At least 12 characters: /).waitFor();
  await theirs.getByLabel('Password').fill('nine quiet harbours');
  await theirs.getByRole('button', { name: 'Come in' }).click();
  await theirs.waitForURL(`${weir.url}/`);
  await theirs.goto(`${weir.url}/settings/account`);
  await theirs.getByText('this session').waitFor();

  await page.goto(`${weir.url}/settings/audit`);
  await page.getByRole('cell', { name: 'member.join' }).waitFor();
  await seriousFindings(page, 'audit log');
});

test('a webhook is added, tested, and named on the overview when it stays silent', async () => {
  await page.goto(`${weir.url}/settings/notifications`);
  await page.getByRole('button', { name: 'Add a channel' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Type').selectOption('webhook');
  await dialog.getByLabel('Name').fill('our hook');
  await dialog.getByLabel('Address').fill(`${hook.url}/hook`);
  await dialog.getByLabel('Signing secret').fill('a-signing-secret-of-ours');
  await seriousFindings(page, 'channel dialog');
  await dialog.getByRole('button', { name: 'Add channel' }).click();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await hook.waitForRequests(1);
  expect(hook.requests[0]?.headers['weir-signature']).toMatch(/^t=\d+,v1=/);
});

test('a workspace is deleted after its name was typed, and the person goes on in another one', async () => {
  await page.goto(`${weir.url}/settings`);
  await page.evaluate(async () => {
    const headers = { 'content-type': 'application/json' };
    await fetch('/api/weir/v1/workspaces', { method: 'POST', headers, body: JSON.stringify({ name: 'Trial' }) });
  });
  await page.goto(`${weir.url}/settings`);
  await page.getByRole('button', { name: 'Delete workspace…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete Trial' });
  await dialog.getByText('0 connections with 0 past syncs').waitFor();
  await seriousFindings(page, 'deletion of a workspace');
  const confirm = dialog.getByRole('button', { name: 'Delete workspace' });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel('Type the name: Trial').fill('Trial');
  await confirm.click();
  await page.waitForURL(`${weir.url}/`);
  await page.goto(`${weir.url}/settings/audit`);
  await page.getByRole('cell', { name: 'workspace.delete' }).waitFor();
  await page.goto(`${weir.url}/settings`);
  await page.getByRole('button', { name: 'Delete workspace…' }).click();
  await page.getByLabel('Type the name: Test').fill('Test');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete workspace' }).click();
  await page.getByText('This is the only workspace that you are in.').waitFor();
});

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { CLIENT, type OauthProvider, oauthProvider, TOKENS } from '#tests/harness/oauth-provider.ts';
import { seriousFindings, setSecret, setUpPage } from '#tests/harness/pages.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// A source whose tokens come from signing in at its provider.

let weir: WeirServer;
let browser: TestBrowser;
let page: Page;
let provider: OauthProvider;
let connectorId: string;

beforeAll(async () => {
  provider = await oauthProvider();
  weir = await startWeir();
  browser = await openBrowser();
  page = await setUpPage(browser, weir.url);
  await send('/allowed-hosts', { host: '127.0.0.1', port: provider.server.port });
  connectorId = (await send('/connectors', { name: 'Orders', manifest: provider.manifest })).id ?? '';
  await send(`/connectors/${connectorId}/versions`, { manifest: provider.manifest });
});

afterAll(async () => {
  await browser?.close();
  await weir?.stop();
  await provider?.server.close();
});

test('denied, then allowed, tested and saved', async () => {
  await page.goto(`${weir.url}/sources/new?connector=${connectorId}`);
  await page.getByLabel('Name', { exact: true }).fill('Shop orders');
  await page.getByLabel('Credentials').selectOption({ label: 'OAuth' });
  await page.getByText(`${weir.url}/oauth/callback`).waitFor();
  await seriousFindings(page, 'sign-in at a provider');
  await page.getByRole('button', { name: 'Sign in with Orders' }).click();
  await page.getByText('Signing in needs this.').first().waitFor();
  await page.getByLabel('Client id').fill(CLIENT.id);
  await setSecret(page, 'Client secret', CLIENT.secret);
  await page.getByRole('button', { name: 'Sign in with Orders' }).click();
  await page.getByRole('link', { name: 'Deny' }).click();
  await page.getByText('Not connected', { exact: true }).waitFor();
  await page.getByText(/Consent was not given/).waitFor();
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Shop orders');
  await page.getByRole('button', { name: 'Sign in with Orders' }).click();
  await page.getByRole('link', { name: 'Allow' }).click();
  await page.getByText('Connected', { exact: true }).waitFor();
  await seriousFindings(page, 'connected');
  for (const secret of [CLIENT.secret, TOKENS.refresh_token]) expect(await page.content()).not.toContain(secret);
  await page.getByRole('button', { name: 'Test source' }).click();
  await page.getByText('The test passed').waitFor();
  await page.getByRole('button', { name: 'Save source' }).click();
  await page.waitForURL(`${weir.url}/sources`);
  // The refusal that was asked for, and the provider's missing icon.
  expect(browser.errors.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
});

test('what the provider sends back a second time leads to a page that says so', async () => {
  await page.goto(`${weir.url}/oauth/callback?code=old&state=old`);
  await page.getByText(/Begin again from the form/).waitFor();
  expect(new URL(page.url()).search).toBe('?why=state');
});

/** As the pages send it: the session's cookie comes along. */
async function send(path: string, body: object): Promise<{ id?: string }> {
  return page.evaluate(
    async ({ path, body }) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`/api/weir/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return answer.status === 204 ? {} : answer.json();
    },
    { path, body },
  );
}

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { seriousFindings } from '#tests/harness/pages.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// Every page of a workspace with the demo can be read by everybody, on a desk and on a phone, in the light and in the dark,
// however long the names of things are.

const VIEWS = [
  { width: 1440, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
] as const;
const LONG_NAME = 'marketing_attribution_events_of_all_subsidiaries_since_2019';
/** More letters than fit into so little room. */
const SQUEEZED = { letters: 12, px: 60 };
const UUID = '[0-9a-f-]{36}';
const CONNECTION_TABS = ['', '/streams', '/schema', '/quarantine', '/automation', '/timeline', '/edit'];

let weir: WeirServer;
let browser: TestBrowser;
let page: Page;

beforeAll(async () => {
  weir = await startWeir();
  browser = await openBrowser();
  page = await browser.context.newPage();
  await page.goto(weir.url);
  await page.getByLabel('Name', { exact: true }).first().fill('Ada');
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.locator('#workspaceName').fill('Acme data');
  await page.getByRole('button', { name: /Create workspace and load the demo/ }).click();
  await page.waitForURL(`${weir.url}/`);
  // The demo has loaded once a check of it fails: only then is there an incident to open.
  await page
    .getByRole('link', { name: /^Incidents \d/ })
    .first()
    .waitFor({ timeout: 120_000 });
  await page.evaluate(giveLongNames, LONG_NAME);
});

afterAll(async () => {
  await browser?.close();
  await weir?.stop();
});

test.each([
  '/',
  '/pipelines',
  '/connectors',
  '/connectors/new',
  '/connectors/new?from=empty',
  '/sources',
  '/sources/new',
  '/destinations',
  '/destinations/new',
  '/destinations/new?type=postgres',
  '/destinations/new?type=s3',
  '/connections',
  '/connections/new',
  '/quality',
  '/quality/new',
  '/incidents',
  '/incidents?show=resolved',
  '/jobs',
  '/jobs?show=failed',
  '/settings',
  '/settings/notifications',
  '/settings/people',
  '/settings/audit',
  '/settings/network',
  '/settings/api-keys',
  '/settings/account',
  '/connections/nobody-made-it',
])('%s', (address) => holdsUp(address));

test.each([
  ['a connector', '/connectors', `^/connectors/${UUID}`, ['']],
  ['a source', '/sources', `^/sources/${UUID}`, ['']],
  ['a destination', '/destinations', `^/destinations/${UUID}`, ['']],
  ['a connection', '/connections', `^/connections/${UUID}$`, CONNECTION_TABS],
  ['a suite', '/quality', `^/quality/${UUID}$`, ['', '/edit']],
  ['an incident', '/incidents', '^/incidents/\\d+$', ['']],
  ['a sync', '/jobs', '^/jobs/\\d+$', ['']],
] as const)('%s', async (_name, list, pattern, parts) => {
  await page.goto(weir.url + list);
  await page.locator('main table').first().waitFor();
  const links = await page.locator('main a').evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
  const first = links.find((href) => new RegExp(pattern).test(href)) ?? '';
  expect(first, `a link on ${list}`).not.toBe('');
  for (const part of parts) await holdsUp(first + part);
});

test('the API’s own page', () => holdsUp('/api/weir/v1/docs'));

test('sign-in', async () => {
  await browser.context.clearCookies();
  await holdsUp('/sign-in');
});

/** Of all that has a table of its own. Runs in the page, for its session. */
async function giveLongNames(name: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  for (const noun of ['connectors', 'sources', 'destinations', 'connections']) {
    const all = (await (await fetch(`/api/weir/v1/${noun}`)).json()) as { id: string }[];
    const body = JSON.stringify({ name });
    const answer = await fetch(`/api/weir/v1/${noun}/${all[0]?.id}`, { method: 'PATCH', headers, body });
    if (!answer.ok) throw new Error(`${noun}: ${await answer.text()}`);
  }
}

/** No serious finding of axe, no error in the console, nothing that makes the page scroll sideways or squeezes words. */
async function holdsUp(address: string): Promise<void> {
  for (const { width, colorScheme } of VIEWS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    browser.errors.length = 0;
    await page.goto(weir.url + address);
    await page.locator('h1').first().waitFor();
    await seriousFindings(page, `${address} at ${width}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide, `${address} at ${width} scrolls sideways`).toBeLessThanOrEqual(0);
    if (width < 760) expect(await squeezedCells(), `${address} at ${width}`).toEqual([]);
    expect(
      browser.errors.filter((text) => !/status of 404/.test(text)),
      address,
    ).toEqual([]);
  }
}

/** Cells of cards whose words have no room. */
function squeezedCells(): Promise<string[]> {
  return page.locator('.cards td').evaluateAll(
    (cells, { letters, px }) =>
      cells
        .map((cell) => ({ words: cell.textContent?.trim() ?? '', width: cell.clientWidth }))
        .filter(({ words, width }) => width > 0 && width < px && words.length > letters)
        .map(({ words }) => words),
    SQUEEZED,
  );
}

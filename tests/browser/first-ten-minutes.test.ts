import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { type LoopbackSlack, loopbackSlack } from '#tests/harness/loopback-slack.ts';
import { pictures, seriousFindings, setSecret, typeManifest } from '#tests/harness/pages.ts';
import { type ScriptedServer, scriptedServer } from '#tests/harness/scripted-server.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// A newcomer's first ten minutes, in order: each test goes on where the one before ended.

const PERSON = { name: 'Ada Newcomer', email: 'ada@example.com', password: 'correct horse battery' };

let weir: WeirServer;
let browser: TestBrowser;
let page: Page;
let slack: LoopbackSlack;
let shop: ScriptedServer;

beforeAll(async () => {
  slack = await loopbackSlack();
  shop = await scriptedServer({ '/orders': [ordersAnswer(['o-1', 'o-2', 'o-3'])] });
  weir = await startWeir();
  browser = await openBrowser();
  page = await browser.context.newPage();
});

afterAll(async () => {
  await browser?.close();
  await weir?.stop();
  await slack?.close();
  await shop?.close();
});

describe('set-up', () => {
  test('asks for an administrator, a workspace, and whether to load the demo; says that nothing is sent home', async () => {
    await page.goto(weir.url);
    await page.waitForURL('**/setup');
    expect(await page.textContent('main')).toContain('no telemetry');
    await page.getByLabel('Name', { exact: true }).first().fill(PERSON.name);
    await page.getByLabel('Email').fill(PERSON.email);
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: /Create workspace/ }).click();
    await page.getByText(/Add 7 more/).waitFor();
    await page.getByLabel('Password').fill(PERSON.password);
    await page.locator('#workspaceName').fill('Acme data');
    await seriousFindings(page, 'set-up');
    await page.getByRole('button', { name: /Create workspace and load the demo/ }).click();
    await page.waitForURL(`${weir.url}/`);
  });

  test('cannot be done twice', async () => {
    await page.goto(`${weir.url}/setup`);
    await page.waitForURL(`${weir.url}/`);
  });
});

describe('the demo', () => {
  test('has run, has filled tables, has passed checks, and one fails for a true property of the data', async () => {
    await page.goto(weir.url);
    await page.getByText(/pass/).first().waitFor({ timeout: 120_000 });
    await page
      .getByRole('heading', { level: 1 })
      .getByText(/fail|warn/i)
      .first()
      .waitFor({ timeout: 120_000 });
    const rows = page.getByRole('row');
    expect(await rows.count()).toBeGreaterThan(3);
    await seriousFindings(page, 'overview');
  });
});

describe('a connector of one’s own', () => {
  test('problems are marked while typing, a test reads the stream, and a version is saved', async () => {
    await page.goto(`${weir.url}/connectors/new?from=empty`);
    await page.getByLabel('Name of the connector').fill('shop');
    await typeManifest(page, 'version: 6.0.0\ntype: DeclarativeSource\nstreams: [{type: DeclarativeStreem}]\n');
    await page
      .getByText(/DeclarativeStream/)
      .first()
      .waitFor();
    await typeManifest(page, shopManifest());
    await page.getByText('None', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Edit the test values' }).click();
    await setSecret(page, 'API token', 'tok-shop-secret');
    await page.getByRole('button', { name: 'Use these values' }).click();
    await allowShop(page);
    await page
      .getByRole('button', { name: /^Test orders/ })
      .first()
      .click();
    await page.getByText(/3 records in/).waitFor();
    await page.getByRole('tab', { name: /Response/ }).click();
    const answer = await page.textContent('section[aria-label="Test"]');
    expect(answer).toContain('o-1');
    expect(answer).not.toContain('tok-shop-secret');
    await seriousFindings(page, 'builder');
    await page.getByRole('button', { name: 'Save version' }).click();
    expect(await page.getByRole('dialog').getByLabel('What changed').count()).toBe(0);
    await page.getByRole('dialog').getByRole('button', { name: 'Save version 1', exact: true }).click();
    await page.waitForURL(/\/connectors\/[0-9a-f-]{36}$/);
  });
});

describe('source, destination, connection', () => {
  test('a source is made from the spec; its secret never comes back', async () => {
    await page.goto(`${weir.url}/sources/new`);
    await page.getByRole('link', { name: /shop/ }).click();
    await page.getByLabel('Name', { exact: true }).fill('Shop API');
    await setSecret(page, 'API token', 'tok-shop-secret');
    await page.getByRole('button', { name: 'Test source' }).click();
    await page.getByText('The test passed').waitFor();
    await page.getByRole('button', { name: 'Save source' }).click();
    await page.waitForURL('**/sources');
    await page.getByRole('link', { name: 'Shop API' }).click();
    await page.waitForURL(/\/sources\/[0-9a-f-]{36}$/);
    expect(await page.content()).not.toContain('tok-shop-secret');
  });

  test('a destination with a wrong password says so, with the right one it passes', async () => {
    const { hostname, port, username, password, pathname } = new URL(weir.databaseUrl);
    await page.goto(`${weir.url}/destinations/new?type=postgres`);
    await page.getByLabel('Name', { exact: true }).fill('Warehouse');
    await page.getByLabel('Host').fill(hostname);
    await page.getByLabel('Port').fill(port);
    await page
      .getByLabel(/Database/)
      .first()
      .fill(pathname.slice(1));
    await page.getByLabel(/User/).first().fill(username);
    await setSecret(page, 'Password', 'wrong password');
    await page.getByRole('button', { name: 'Test destination' }).click();
    await page.getByText(/The test failed/).waitFor();
    await setSecret(page, 'Password', password);
    await page.getByRole('button', { name: 'Test destination' }).click();
    await page.getByText('The test passed').waitFor();
    await page.getByRole('button', { name: 'Save destination' }).click();
    await page.waitForURL('**/destinations');
    await page.getByRole('link', { name: 'Warehouse', exact: true }).waitFor();
    await page.getByLabel('Filter destinations').fill('s3');
    await page.getByText('No destination matches “s3”.').waitFor();
  });

  test('a connection that was sent empty names at each field what is missing', async () => {
    await page.goto(`${weir.url}/connections/new`);
    await page.getByRole('button', { name: 'Create connection' }).click();
    await page.getByRole('link', { name: '3 fields to fix' }).waitFor();
    const invalid = (label: string) => page.getByLabel(label, { exact: true }).getAttribute('aria-invalid');
    expect(await Promise.all(['Source', 'Destination', 'Name'].map(invalid))).toEqual(['true', 'true', 'true']);
    await page.getByText('Choose a source.', { exact: true }).waitFor();
    await seriousFindings(page, 'empty connection');
    await pictures(page, 'empty-connection');
    await page.getByLabel('Source').selectOption({ label: 'Shop API' });
    await page.getByRole('link', { name: '2 fields to fix' }).waitFor();
  });

  test('a connection lists the streams, is created and syncs', async () => {
    await page.goto(`${weir.url}/connections/new`);
    await page.getByLabel('Source').selectOption({ label: 'Shop API' });
    await page.getByLabel('Destination').selectOption({ label: 'Warehouse' });
    await page.getByLabel('Sync mode of orders').waitFor();
    await page.getByLabel('Schedule').selectOption({ label: 'Cron' });
    await page.getByLabel('Cron expression').fill('0 3 1 1 *');
    await seriousFindings(page, 'new connection');
    await page.getByRole('button', { name: 'Create connection' }).click();
    await page.waitForURL(/\/connections\/[0-9a-f-]{36}$/);
    await page.getByText('Not synced yet', { exact: true }).waitFor();
    await page
      .getByRole('button', { name: /Sync now/ })
      .first()
      .click();
    await page
      .getByText(/Succeeded/)
      .first()
      .waitFor({ timeout: 60_000 });
    expect(shop.requests.at(-1)?.headers.authorization).toBe('Bearer tok-shop-secret');
  });

  test('the page says where the rows are, and shows the first of them', async () => {
    const rows = page.getByRole('region', { name: 'Rows' });
    await rows.getByText('public.orders', { exact: true }).waitFor();
    expect(await rows.textContent()).toMatch(/psql -h .* -c 'select \* from "public"\."orders" limit 20'/);
    await rows.getByRole('button', { name: 'Copy the line for SQL' }).click();
    await page.getByText('The line for SQL is copied.').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('select * from "public"."orders" limit 20;');
    await rows.getByRole('button', { name: 'Show the first rows' }).click();
    await rows.getByRole('table', { name: 'First rows of orders' }).getByText('o-3').waitFor();
    await seriousFindings(page, 'rows');
    await pictures(page, 'rows');
    // The address leads back to them.
    await page.reload();
    await rows.getByText('o-3').waitFor();
    await page.goto(page.url().replace(/\?.*/, ''));
  });

  test('a second connection to the same tables is given a prefix, and the page says why', async () => {
    const connection = page.url();
    await page.goto(`${weir.url}/connections/new`);
    await page.getByLabel('Source').selectOption({ label: 'Shop API' });
    await page.getByLabel('Destination').selectOption({ label: 'Warehouse' });
    await page.getByText('Its tables begin with shop_api_, such as shop_api_orders').waitFor();
    expect(await page.getByLabel('Table prefix').inputValue()).toBe('shop_api_');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Shop API → Warehouse, 2');
    await pictures(page, 'new-connection-prefix');
    await page.getByRole('button', { name: 'Without the prefix' }).click();
    await page.getByText(/Shop API → Warehouse loads this table too/).waitFor();
    await page.goto(connection);
  });
});

describe('settings of a connection', () => {
  test('are saved, and let it stay with one version of its connector', async () => {
    // The form answers to the mouse from when it asks the source for its streams.
    const answers = () => page.waitForRequest(/\/probes$/);
    await Promise.all([answers(), page.goto(`${page.url()}/edit`)]);
    const version = page.getByLabel('Version of the connector');
    await version.selectOption('1');
    await page.getByRole('button', { name: 'Save connection' }).click();
    await page.getByText(/stays with version 1/).waitFor();
    await Promise.all([answers(), page.goto(`${page.url()}/edit`)]);
    await version.selectOption('');
    await page.getByRole('button', { name: 'Save connection' }).click();
    await page.waitForURL(/\/connections\/[0-9a-f-]{36}$/);
    await page.getByText(/stays with version 1/).waitFor({ state: 'detached' });
  });
});

describe('quality', () => {
  test('five kinds of checks in YAML are marked while typing, run on demand, and show what was measured', async () => {
    await page.goto(`${weir.url}/quality/new`);
    await page.getByLabel('Name', { exact: true }).fill('Orders');
    await page.getByLabel('Runs after each sync of').selectOption({ label: 'Shop API → Warehouse' });
    await typeManifest(page, 'dataset: orders\ncompletness: []\n');
    await page
      .getByText(/completness/)
      .first()
      .waitFor();
    await typeManifest(page, ORDER_CHECKS);
    await page.getByRole('button', { name: 'Save suite' }).click();
    await page.waitForURL(/\/quality\/[0-9a-f-]{36}$/);
    await page.getByRole('button', { name: 'Run checks' }).click();
    const checks = page.getByRole('table', { name: 'Checks' });
    await checks
      .getByText(/at least 10|limit 10|10/)
      .first()
      .waitFor();
    await page
      .getByText(/1 of 5/)
      .first()
      .waitFor();
    await seriousFindings(page, 'suite');
  });
});

describe('alerts', () => {
  test('a Slack channel is tested, hears of a failed sync and of its recovery', async () => {
    await allowHost(page, slack.host, slack.port);
    await page.goto(`${weir.url}/settings/notifications`);
    await page.getByRole('button', { name: 'Add a channel' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('#data-alerts');
    await dialog.getByLabel('Webhook address').fill(slack.webhookUrl);
    await dialog.getByRole('button', { name: /^(Add|Save)/ }).click();
    await page
      .getByRole('button', { name: /^(Send a )?[Tt]est/ })
      .first()
      .click();
    await slack.waitForMessages(1);
    await seriousFindings(page, 'notifications');
    shop.on('/orders', [{ status: 401, body: { error: 'expired' } }]);
    await syncShop(page);
    await slack.waitForMessages(2);
    expect(JSON.stringify(slack.messages[1])).toMatch(/401/);
    shop.on('/orders', [ordersAnswer(['o-1', 'o-2', 'o-3', 'o-4'])]);
    await syncShop(page);
    await slack.waitForMessages(3);
    expect(JSON.stringify(slack.messages[2])).toMatch(/recovered|again|works/i);
    expect(JSON.stringify(slack.messages)).not.toContain('tok-shop-secret');
  });
});

test('nothing was asked for outside this machine, and no page broke', () => {
  expect(browser.foreign).toEqual([]);
  expect(browser.errors.filter((text) => !/status of (401|403|404|409|422)/.test(text))).toEqual([]);
});

const ORDER_CHECKS = `dataset: orders
completeness: [{ column: id, rule: not_null, threshold: 100 }]
freshness: [{ max_age_hours: 24 }]
volume: [{ min_rows: 10 }]
uniqueness: [{ unique_columns: [id] }]
distribution: [{ column: amount, expected_mean_range: [5, 25] }]
`;

function ordersAnswer(ids: string[]) {
  const data = ids.map((id, index) => ({ id, amount: 10.5 + index, updated_at: `2026-11-2${index}T08:00:00Z` }));
  return { body: { data } };
}

function shopManifest(): string {
  return `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
streams:
  - type: DeclarativeStream
    name: orders
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url: ${shop.url}/orders
        authenticator: { type: BearerAuthenticator, api_token: "{{ config['api_token'] }}" }
      record_selector:
        type: RecordSelector
        extractor: { type: DpathExtractor, field_path: [data] }
    schema_loader:
      type: InlineSchemaLoader
      schema:
        type: object
        properties:
          id: { type: string }
          amount: { type: number }
          updated_at: { type: string, format: date-time }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [api_token]
    properties:
      api_token: { type: string, title: API token, airbyte_secret: true }
`;
}

async function allowShop(target: Page): Promise<void> {
  await allowHost(target, shop.host, shop.port);
}

async function allowHost(target: Page, host: string, port: number): Promise<void> {
  const answer = await target.request.post(`${weir.url}/api/weir/v1/allowed-hosts`, {
    headers: { origin: weir.url },
    data: { host, port, reason: 'test' },
  });
  expect(answer.ok()).toBe(true);
}

async function syncShop(target: Page): Promise<void> {
  await target.goto(`${weir.url}/connections`);
  await target
    .getByRole('link', { name: /Shop API/ })
    .first()
    .click();
  await target
    .getByRole('button', { name: /Sync now/ })
    .first()
    .click();
}

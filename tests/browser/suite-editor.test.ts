import pg from 'pg';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { pictures, seriousFindings, signInPage, typeManifest, untilShown } from '#tests/harness/pages.ts';
import { type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// Writing checks over tables that are there: names are known, and each check is run before anything is saved.

let weir: WeirServer;
let browser: TestBrowser;
let page: Page;
let person: SignedIn;
let destinationId: string;

beforeAll(async () => {
  weir = await startWeir();
  person = await signedIn(weir);
  await query(weir.databaseUrl, 'create schema shop');
  await query(
    weir.databaseUrl,
    "create table shop.orders as select i as id, case when i % 4 > 0 then 'a' || i || '@x.de' end as email, i * 1.5 as total, now() as made from generate_series(1, 20) i",
  );
  await query(weir.databaseUrl, 'create table shop.customers (customer_id bigint, country text)');
  const { hostname: host, port, username, password, pathname } = new URL(weir.databaseUrl);
  await person.post('/allowed-hosts', { host, port: Number(port), reason: 'test' });
  const config = { host, port: Number(port), database: pathname.slice(1), username, password, schema: 'shop' };
  ({ id: destinationId } = await person.post<{ id: string }>('/destinations', {
    ...{ name: 'Warehouse', type: 'postgres', config },
  }));
  await person.post('/suites', {
    ...{ name: 'Others', destinationId },
    text: 'dataset: orders\nowner: data platform\nvolume: [{ min_rows: 1, tags: [money] }]\n',
  });
  browser = await openBrowser();
  page = await signInPage(browser, weir.url);
});

afterAll(async () => {
  await browser?.close();
  await weir?.stop();
});

test.each([
  ['tables of the database', 'dataset: ', /^orders\s*4 columns/],
  ['columns with their types', 'dataset: orders\ncompleteness:\n  - column: ', /^email\s*text/],
  ['columns of another table', 'dataset: orders\ncompleteness: [{ table: customers, column: ', /^country\s*text/],
  ['kinds of checks', 'dataset: orders\nuniq', /^uniqueness/],
  ['parameters of a check', 'dataset: orders\nvolume:\n  - max_', /^max_change_pct/],
  ['levels', 'dataset: orders\nvolume:\n  - min_rows: 1\n    level: ', /^quarantine/],
  ['formats', 'dataset: orders\nformat:\n  - column: email\n    format: uu', /^uuid/],
  ['owners of other suites', 'dataset: orders\nowner: ', /^"data platform"/],
  ['tags of other suites', 'dataset: orders\nvolume: [{ min_rows: 1, tags: [', /^money/],
])('completion knows %s', async (_what, text, offer) => {
  await open(text);
  const offered = page.locator('.suggest-widget.visible .monaco-list-row').filter({ hasText: offer });
  // The first time the tables may still be on their way.
  await untilShown(offered, async () => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Space');
  });
  await page.keyboard.press('Escape');
});

test('what a parameter means stands in its hover', async () => {
  await open(SUITE);
  const told = page.locator('.monaco-hover').getByText(/The\s*columns\s*that\s*make\s*the\s*key/);
  // Marks that come meanwhile take a hover away.
  await untilShown(told, async () => {
    await page.locator('h1').first().hover();
    await page.locator('.view-line').getByText('unique_columns').hover();
  });
});

test('a check is run from its line, by the key at the cursor, or with all others, and nothing is kept of it', async () => {
  await open(SUITE);
  await marks(3);
  await page.locator('.line-action').first().click();
  await page
    .locator('.template-value.bad')
    .getByText(/75%\sfilled,\sfails/)
    .waitFor();
  const tried = page.getByRole('table', { name: 'Tried now' });
  await tried.getByText('email is 75% filled, limit 100%').waitFor();
  await tried.getByText('blocks publish').waitFor();
  await page
    .getByRole('table', { name: /^Rows that fail/ })
    .getByRole('cell', { name: 'null' })
    .first()
    .waitFor();
  await seriousFindings(page, 'a tried check');
  await pictures(page, 'suite-tried');

  await page.locator('.view-line', { hasText: 'unique_columns' }).click();
  await page.getByText('At the cursor: uniqueness, id').waitFor();
  await page.keyboard.press('ControlOrMeta+Enter');
  await tried.getByText('id is repeated in 0 rows, limit 0').waitFor();
  await page
    .getByRole('status')
    .getByText(/uniqueness, id passes/)
    .waitFor({ state: 'attached' });

  await page.getByRole('button', { name: 'Run all' }).click();
  await tried.getByRole('row').nth(3).waitFor();
  await expect.poll(() => page.locator('.line-action.pass').count()).toBe(2);
  await pictures(page, 'suite-all-tried');
  await page.locator('.view-line', { hasText: 'min_rows' }).click();
  await page.keyboard.press('End');
  for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowLeft');
  await page.keyboard.type('1');
  await page.getByText(/before\sthe\schange/).waitFor();
  expect(await query(weir.databaseUrl, 'select 1 from check_result')).toEqual([]);
});

test('what is typed quickly stands there, in its order', async () => {
  await open(SUITE);
  await page.keyboard.type('# every single key of this line counts');
  await page
    .locator('.view-line')
    .getByText('every\u00a0single\u00a0key\u00a0of\u00a0this\u00a0line\u00a0counts')
    .waitFor();
});

test('a name that leads to nothing is marked where it stands, and mended by a click', async () => {
  await open('dataset: orders\ncompleteness:\n  - column: emial\nvolum: [{ min_rows: 1 }]\n');
  await page.getByText('orders has no column emial. Did you mean email?').first().waitFor();
  await page.getByRole('button', { name: 'Change to email, line 3' }).click();
  await page.getByRole('button', { name: 'Change to volume, line 4' }).click();
  await page.getByText('None', { exact: true }).waitFor();
  await page.locator('.view-line').getByText('email').first().waitFor();
});

test('what could not be measured says why', async () => {
  await open('dataset: orders\ndistribution: [{ column: email, expected_mean_range: [1, 2] }]\n');
  await marks(1);
  await page.getByRole('button', { name: 'Run all' }).click();
  await page
    .getByRole('table', { name: 'Tried now' })
    .getByText(/can’t measure this/)
    .waitFor();
  await seriousFindings(page, 'a check that can’t be measured');
});

test('what was not saved is there again, and somebody else’s newer save is not written over', async () => {
  await page.goto(`${weir.url}/quality/new`);
  await page.getByRole('button', { name: 'Forget it' }).click();
  const { id } = await person.post<{ id: string }>('/suites', { name: 'Orders', text: SUITE, destinationId });
  await page.goto(`${weir.url}/quality/${id}/edit`);
  await typeManifest(page, `# mine\n${SUITE}`);
  await page.locator('.view-line', { hasText: '# mine' }).waitFor();
  await page.getByRole('link', { name: 'Overview' }).first().click();
  await page.waitForURL(`${weir.url}/`);
  await page.goto(`${weir.url}/quality/${id}/edit`);
  await page.getByText('You left this suite without saving.').waitFor();
  await pictures(page, 'suite-left');
  await page.getByRole('button', { name: 'Go on with it' }).click();
  await page.locator('.view-line', { hasText: '# mine' }).waitFor();

  const theirs = { method: 'PUT', headers: { 'content-type': 'application/json' } };
  await page.evaluate(([url, init]) => fetch(String(url), init as RequestInit), [
    `/api/weir/v1/suites/${id}`,
    { ...theirs, body: JSON.stringify({ text: `# theirs\n${SUITE}` }) },
  ] as const);
  await page.getByRole('button', { name: 'Save suite' }).click();
  await page.getByRole('dialog', { name: /Somebody else has saved/ }).waitFor();
  await seriousFindings(page, 'two saves');
  await page.getByRole('button', { name: 'Save mine over theirs' }).click();
  await page.waitForURL(`${weir.url}/quality/${id}`);
  expect((await person.get<{ text: string }>(`/suites/${id}`)).text).toContain('# mine');
});

test('a connection’s suite begins with its own table, and says whose another one is', async () => {
  const [theirs, own] = await connections();
  await page.goto(`${weir.url}/quality/new?connection=${own}`);
  await page.locator('.view-line', { hasText: 'own_orders' }).waitFor();
  const chosen = page.getByLabel('Runs after each sync of');
  expect(await chosen.inputValue()).toBe(own);
  await chosen.selectOption(theirs ?? '');
  await page.locator('.view-line', { hasText: /^dataset:\sorders/ }).waitFor();
  await chosen.selectOption(own ?? '');
  await page.locator('.view-line', { hasText: 'own_orders' }).waitFor();
  await typeManifest(page, 'dataset: orders\nvolume: [{ min_rows: 1 }]\n');
  await page.getByText('orders is loaded by Theirs, not by this connection; its table is own_orders').first().waitFor();
  await seriousFindings(page, 'a table of another connection');
  await pictures(page, 'suite-other-table');
  const panel = page.getByRole('region', { name: 'Suggested checks' });
  await panel.getByText('None: Own does not load orders').waitFor();
  await panel.getByRole('button', { name: 'own_orders' }).click();
  await page.getByText('None yet: they follow from the first load of own_orders').waitFor();
});

/** Two connections that load a stream of the same name. */
async function connections(): Promise<string[]> {
  const rows = await query(
    weir.databaseUrl,
    `with d as (select id, workspace_id from destination where id = '${destinationId}'),
      connector as (insert into connector (workspace_id, name) select workspace_id, 'Shop' from d returning id),
      source as (insert into source (workspace_id, connector_id, name, config) select d.workspace_id, connector.id, 'Shop', '{}' from d, connector returning id),
      made as (insert into connection (workspace_id, name, source_id, destination_id, prefix)
        select d.workspace_id, c.name, source.id, d.id, c.prefix from d, source, (values ('Theirs', ''), ('Own', 'own_')) c (name, prefix) returning id, prefix),
      streams as (insert into connection_stream (connection_id, workspace_id, name, position, configured) select made.id, d.workspace_id, 'orders', 0, '{}' from made, d)
    select id from made order by prefix`,
  );
  return rows.map((row) => String((row as { id: string }).id));
}

const SUITE = `dataset: orders
completeness:
  - column: email
    level: block
uniqueness: [{ unique_columns: [id] }]
volume: [{ min_rows: 20 }]
`;

/** The text is read, and has so many lines where checks begin. */
async function marks(count: number): Promise<void> {
  await expect.poll(() => page.locator('.line-action').count()).toBe(count);
}

async function open(text: string): Promise<void> {
  await page.goto(`${weir.url}/quality/new`);
  await typeManifest(page, text);
  await page.keyboard.press('ControlOrMeta+End');
}

async function query(url: string, sql: string): Promise<object[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

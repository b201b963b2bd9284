import { createDecipheriv } from 'node:crypto';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { seriousFindings, signInPage } from '#tests/harness/pages.ts';
import { productionApi, productionManifest, TOKEN } from '#tests/harness/production.ts';
import type { ScriptedServer } from '#tests/harness/scripted-server.ts';
import { type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// What is done with one stream in place of the usual, and what becomes of rows that its table refuses.

let weir: WeirServer;
let client: SignedIn;
let browser: TestBrowser;
let page: Page;
let api: ScriptedServer;
let warehouse: pg.Client;
let connectionId: string;

beforeAll(async () => {
  api = await productionApi();
  weir = await startWeir();
  client = await signedIn(weir);
  const options = { name: 'Production', prefix: 'w_', config: { api_token: TOKEN } };
  connectionId = await client.connect(productionManifest(api.url), { host: api.host, port: api.port }, options);
  warehouse = new pg.Client({ connectionString: weir.databaseUrl });
  await warehouse.connect();
  const { syncId } = await client.post<{ syncId: number }>(`/connections/${connectionId}/sync`);
  expect(await client.syncEnd(syncId)).toMatchObject({ status: 'succeeded' });
  browser = await openBrowser();
  page = await signInPage(browser, weir.url);
});

afterAll(async () => {
  await browser?.close();
  await warehouse?.end();
  await weir?.stop();
  await api?.close();
});

test('a range of a stream is read again: the plan is said before, and the sync is shown', async () => {
  const dialog = await openDialog('orders', 'Read a range again…');
  await dialog.getByText(/Read so far: up to 2026-01-05T00:00:00Z/).waitFor();
  await dialog.getByRole('button', { name: 'Backfill orders' }).click();
  await dialog.getByText('Enter the created_at to begin with.').waitFor();
  await dialog.getByLabel('From created_at').fill('2026-01-04');
  await dialog.getByLabel(/Up to/).fill('2026-01-04');
  await dialog.getByText(/Reads orders from created_at 2026-01-04 up to 2026-01-04/).waitFor();
  await seriousFindings(page, 'the dialog of a backfill');
  await dialog.getByRole('button', { name: 'Backfill orders' }).click();
  await page.waitForURL(`${weir.url}/connections/${connectionId}`);
  await page.getByText('It is a backfill from 2026-01-04 up to 2026-01-04.').waitFor({ timeout: 60_000 });
  expect(await countsOf('orders')).toMatchObject({ status: 'succeeded', read: 3, filtered: 2, written: 1 });
});

test('a stream is read from the beginning, and replaces what is there', async () => {
  await warehouse.query(
    'insert into w_orders select (jsonb_populate_record(o, \'{"order_id": 99}\')).* from w_orders o limit 1',
  );
  const dialog = await openDialog('orders', 'Read from the beginning…');
  await dialog.getByText(/Replaces what .*w_orders holds when all is read/).waitFor();
  await dialog.getByRole('button', { name: 'Refresh orders' }).click();
  await page.waitForURL(`${weir.url}/connections/${connectionId}`);
  await page.getByText('It is a refresh that replaces what was there.').waitFor({ timeout: 60_000 });
  expect(await countsOf('orders')).toMatchObject({ status: 'succeeded', written: 3 });
  const { rows } = await warehouse.query('select order_id::int as id from w_orders order by 1');
  expect(rows.map(({ id }) => id)).toEqual([10, 11, 12]);
});

test('a field is encrypted; its key is shown once, masked from then on, and kept', async () => {
  const saved = async () => {
    await page.getByRole('button', { name: /^Save/ }).click();
    await page.waitForURL(`${weir.url}/connections/${connectionId}`);
  };
  await page.goto(`${weir.url}/connections/${connectionId}/edit`);
  const open = () =>
    page
      .getByRole('row', { name: /customers/ })
      .getByRole('button', { name: /fields/ })
      .click();
  await open();
  await page.getByLabel('How name of customers is loaded').selectOption('AES');
  const settings = page.getByRole('group', { name: 'Encryption of name of customers' });
  await settings.getByRole('button', { name: 'Make a key' }).click();
  const key = (await settings.getByRole('status').locator('code').textContent()) ?? '';
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  await seriousFindings(page, 'the settings of an encryption');
  await saved();

  await page.goto(`${weir.url}/connections/${connectionId}/edit`);
  await open();
  await settings.getByRole('textbox', { name: 'Key, saved' }).waitFor();
  expect(await page.content()).not.toContain(key);
  await settings.getByLabel('Put behind its name').fill('_secret');
  await saved();
  const { syncId } = await client.post<{ syncId: number }>(`/connections/${connectionId}/sync`);
  expect(await client.syncEnd(syncId)).toMatchObject({ status: 'succeeded' });
  const { rows } = await warehouse.query('select name_secret as text from w_customers where name_secret is not null');
  expect(rows.map(({ text }) => decrypted(text, key))).toContain('Globex');

  await page.goto(`${weir.url}/connections/${connectionId}/edit`);
  await open();
  await page.getByLabel('How name of customers is loaded').selectOption('plain');
  await saved();
});

test('a setting that was refused leaves nothing behind: the next save takes what stands there then', async () => {
  const answers: number[] = [];
  page.on('response', (response) => {
    if (response.request().method() === 'PATCH') answers.push(response.status());
  });
  await page.goto(`${weir.url}/connections/${connectionId}/edit`);
  const memory = page.getByLabel('Most memory of one sync');
  await memory.fill('64');
  await page.getByRole('button', { name: /^Save/ }).click();
  await page.getByText('MB, from 128 to 65536.').first().waitFor();
  await memory.fill('1024');
  await page.getByLabel('Most CPU of one sync').fill('0.5');
  await page.getByRole('button', { name: /^Save/ }).click();
  await page.waitForURL(`${weir.url}/connections/${connectionId}`);
  expect(answers).toEqual([422, 200]);
  expect(await client.get(`/connections/${connectionId}`)).toMatchObject({ memoryMb: 1024, cpuCores: 0.5 });
});

/** AES in GCM: 16 bytes of a vector, the text, 16 bytes of a tag. */
function decrypted(hex: string, key: string): string {
  const bytes = Buffer.from(hex, 'hex');
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key, 'hex'), bytes.subarray(0, 16));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(16, -16)), decipher.final()]).toString();
}

test('a stream without a range says why', async () => {
  const dialog = await openDialog('products', 'Read a range again…');
  await dialog.getByText(/This one is read whole by every sync/).waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).click();
});

test('a row that the table refuses is put aside with its place, and loaded again after the fix', async () => {
  await warehouse.query("alter table w_customers add constraint no_globex check (name <> 'Globex') not valid");
  const { syncId } = await client.post<{ syncId: number }>(`/connections/${connectionId}/sync`);
  expect(await client.syncEnd(syncId)).toMatchObject({ status: 'succeeded' });
  await page.goto(`${weir.url}/jobs/${syncId}`);
  await page.getByText('Every record is accounted for').waitFor();
  await page.goto(`${weir.url}/connections/${connectionId}/quarantine`);
  const rows = page.getByRole('table', { name: 'Rows put aside' });
  await rows.getByText(/no_globex/).waitFor();
  await rows.getByText(/page 1, row 2/).waitFor();
  await seriousFindings(page, 'a quarantine');
  await page.setViewportSize({ width: 390, height: 844 });
  await seriousFindings(page, 'a quarantine on a phone');
  await page.setViewportSize({ width: 1440, height: 900 });
  await warehouse.query('alter table w_customers drop constraint no_globex');
  await page.getByRole('button', { name: 'Load again' }).click();
  await page
    .getByText(/loads the quarantine again/)
    .first()
    .waitFor();
  expect(await countsOf('customers')).toMatchObject({ status: 'succeeded', read: 1, written: 1, quarantined: 0 });
  const { rows: names } = await warehouse.query('select name from w_customers order by name');
  expect(names.map(({ name }) => name)).toEqual(['Acme Corp', 'Globex']);
  expect(browser.foreign).toEqual([]);
  expect(browser.errors.filter((text) => !/status of (401|403|404|409|422)/.test(text))).toEqual([]);
});

async function openDialog(stream: string, item: string) {
  await page.goto(`${weir.url}/connections/${connectionId}/streams`);
  await page.getByRole('button', { name: `Actions for ${stream}` }).click();
  await page.getByRole('menuitem', { name: item }).click();
  return page.getByRole('dialog');
}

/** Of one stream in the newest sync, once that is over. */
async function countsOf(stream: string) {
  const [newest] = await client.get<{ id: number }[]>(`/syncs?connectionId=${connectionId}&limit=1`);
  const { status } = await client.syncEnd(newest?.id ?? 0);
  const { streams } = await client.get<{ streams: { name: string }[] }>(`/syncs/${newest?.id}`);
  return { ...streams.find(({ name }) => name === stream), status };
}

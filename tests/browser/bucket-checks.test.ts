import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { goodOrders, type Order, ordersManifest, ordersStream } from '#tests/harness/orders.ts';
import { seriousFindings, signInPage } from '#tests/harness/pages.ts';
import { type TestStore, testStore } from '#tests/harness/s3-store.ts';
import { type ScriptedServer, scriptedServer } from '#tests/harness/scripted-server.ts';
import { type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// Checks of a stream in a bucket: what follows the loads is there at once, the rest when somebody has the bucket read.

const SUITE = `dataset: orders
volume: [{min_rows: 100}]
uniqueness: [{unique_columns: [email]}]
sql: [{query: "select * from {table} where id < 0"}]
completeness: [{column: email, per: channel}]
`;

let weir: WeirServer;
let client: SignedIn;
let browser: TestBrowser;
let page: Page;
let store: TestStore;
let shop: ScriptedServer;
let orders: Order[] = goodOrders(1, 60);
let connectionId: string;
let suiteId: string;

beforeAll(async () => {
  store = await testStore();
  shop = await scriptedServer({ '*': () => ({ body: { data: orders } }) });
  weir = await startWeir();
  client = await signedIn(weir);
  await client.post('/allowed-hosts', { host: store.host, port: store.port, reason: 'test' });
  const config = {
    ...store.config,
    s3_bucket_path: 'lake',
    format: { format_type: 'Parquet', compression_codec: 'GZIP' },
  };
  const lake = await client.post<{ id: string }>('/destinations', { name: 'Lake', type: 's3', config });
  connectionId = await client.connect(
    ordersManifest(shop.url),
    { host: shop.host, port: shop.port },
    { connection: { destinationId: lake.id, streams: [ordersStream()] } },
  );
  const suite = { name: 'Orders', text: SUITE, connectionId, destinationId: lake.id };
  suiteId = (await client.post<{ id: string }>('/suites', suite)).id;
  for (const next of [orders, goodOrders(61, 60)]) {
    orders = next;
    const { syncId } = await client.post<{ syncId: number }>(`/connections/${connectionId}/sync`);
    expect(await client.syncEnd(syncId)).toMatchObject({ status: 'succeeded' });
  }
  browser = await openBrowser();
  page = await signInPage(browser, weir.url);
});

afterAll(async () => {
  await browser?.close();
  await weir?.stop();
  await store?.close();
  await shop?.close();
});

test('the page says what was not read and how large it is; a press of the button measures it', async () => {
  await page.goto(`${weir.url}/quality/${suiteId}`);
  await page.getByText(/Not measured after the sync, since the bucket would have to be read/).waitFor();
  expect(await page.textContent('main')).toMatch(/orders.*(3 checks|checks).*[kK]i?B|bytes/s);
  await seriousFindings(page, 'a suite whose bucket was not read');
  await page.getByRole('button', { name: 'Read the bucket' }).click();
  await page.getByText('4 of 4 pass').waitFor();
  await page.getByText(/Not measured after the sync/).waitFor({ state: 'detached' });
  expect(browser.foreign).toEqual([]);
});

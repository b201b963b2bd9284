import pg from 'pg';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { signInPage } from '#tests/harness/pages.ts';
import { productionApi, productionManifest, TOKEN } from '#tests/harness/production.ts';
import type { ScriptedServer } from '#tests/harness/scripted-server.ts';
import { type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

let weir: WeirServer;
let client: SignedIn;
let browser: TestBrowser;
let page: Page;
let api: ScriptedServer;
let database: pg.Client;

beforeAll(async () => {
  api = await productionApi();
  weir = await startWeir();
  client = await signedIn(weir);
  database = new pg.Client({ connectionString: weir.databaseUrl });
  await database.connect();
  browser = await openBrowser();
  page = await signInPage(browser, weir.url);
});

afterAll(async () => {
  await browser?.close();
  await database?.end();
  await weir?.stop();
  await api?.close();
});

test('lines that a running sync has pushed off the page are found again', async () => {
  const connectionId = await client.connect(
    productionManifest(api.url),
    { host: api.host, port: api.port },
    { config: { api_token: TOKEN } },
  );
  const { rows } = await database.query<{ id: string }>(
    `insert into syncs (workspace_id, connection_id, trigger, status, started_at)
     select workspace_id, id, 'manual', 'running', now() from connection where id = $1 returning id`,
    [connectionId],
  );
  const syncId = rows[0]?.id ?? '';
  const log = (first: number, last: number) =>
    database.query(
      `insert into sync_log (sync_id, workspace_id, attempt, level, message)
       select id, workspace_id, 1, 'info', 'event ' || n from syncs, generate_series($2::int, $3::int) n where id = $1 order by n`,
      [syncId, first, last],
    );
  await page.goto(`${weir.url}/jobs/${syncId}`);
  const lines = page.getByRole('log', { name: 'Log lines' });
  await log(1, 2_000);
  await lines.getByText('event 2000', { exact: true }).waitFor({ state: 'attached' });
  await log(2_001, 5_000);
  await lines.getByText('event 5000', { exact: true }).waitFor({ state: 'attached' });
  const older = lines.getByRole('button', { name: 'Show older lines' });
  await older.click();
  await lines.getByText('event 3000', { exact: true }).waitFor({ state: 'attached' });
  expect(await lines.getByText('event 2501', { exact: true }).count()).toBe(1);
  await log(5_001, 5_010);
  await lines.getByRole('button', { name: 'Begin at the newest again' }).click();
  await older.click();
  await lines.getByText('event 3010', { exact: true }).waitFor({ state: 'attached' });
});

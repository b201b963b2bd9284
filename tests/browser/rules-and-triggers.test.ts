import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { seriousFindings, signInPage } from '#tests/harness/pages.ts';
import { productionApi, productionManifest, TOKEN } from '#tests/harness/production.ts';
import type { ScriptedServer } from '#tests/harness/scripted-server.ts';
import { type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// Who is told, what starts a sync and what follows it, in order: each test goes on where the one before ended.

const DBT = { metadata: { generated_at: '2026-07-01T06:00:00Z', invocation_id: 'i1' }, elapsed_time: 3 };
let folder: string;
let weir: WeirServer;
let client: SignedIn;
let browser: TestBrowser;
let page: Page;
let source: ScriptedServer;
let connectionId: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'weir-rules-'));
  const commandsFile = path.join(folder, 'commands.yaml');
  const run = [process.execPath, '-e', 'console.log("features are built")'];
  writeFileSync(commandsFile, stringify({ commands: { dbt_features: { run, description: 'Builds the features' } } }));
  source = await productionApi();
  weir = await startWeir({ env: { WEIR_COMMANDS_FILE: commandsFile } });
  client = await signedIn(weir);
  const options = { config: { api_token: TOKEN }, name: 'ml_users' };
  const { url, host, port } = source;
  connectionId = await client.connect(productionManifest(url), { host, port }, options);
  await client.post('/channels', {
    ...{ type: 'slack', name: '#ml', config: { webhookUrl: 'https://hooks.slack.com/services/T0/B0/x' } },
  });
  browser = await openBrowser();
  page = await signInPage(browser, weir.url);
});

afterAll(async () => {
  await browser?.close();
  await weir?.stop();
  await source?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a rule is made, and the page shows who would be told by it', async () => {
  await page.goto(`${weir.url}/settings/notifications`);
  const preview = page.getByRole('table', { name: 'Who would get this' });
  await preview.getByRole('row', { name: /A sync failed #ml at once no rule/ }).waitFor();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add rule' }).click();
  await dialog.getByText('Give the rule a name.').waitFor();
  await dialog.getByLabel('Name').fill('Nights of ml');
  await dialog.getByLabel(/^Of these connections/).selectOption({ label: 'ml_users' });
  await dialog.getByRole('checkbox', { name: '#ml' }).check();
  await dialog.getByLabel('Failed syncs in a row').fill('3');
  await dialog.getByRole('checkbox', { name: /Gather warnings/ }).check();
  await dialog.getByRole('checkbox', { name: /Keep quiet/ }).check();
  await dialog.getByLabel('Time zone').fill('Moon/Base');
  await seriousFindings(page, 'rule dialog');
  await dialog.getByRole('button', { name: 'Add rule' }).click();
  await dialog.getByText(/There is no time zone named Moon\/Base/).waitFor();
  await dialog.getByLabel('Time zone').fill('Europe/Berlin');
  await dialog.getByRole('checkbox', { name: /Keep quiet/ }).uncheck();
  await dialog.getByRole('button', { name: 'Add rule' }).click();
  const rules = page.getByRole('table', { name: 'Rules' });
  await rules.getByText('from 3 failures in a row; warnings at 08:00 Europe/Berlin').waitFor();
  await page.getByLabel('Connection to preview').selectOption({ label: 'ml_users' });
  await preview.getByRole('row', { name: /A sync failed #ml .*3 failures in a row.*Nights of ml/ }).waitFor();
  await preview.getByRole('row', { name: /A schema changed #ml with the digest/ }).waitFor();
  await seriousFindings(page, 'notifications with rules');
});

test('a trigger’s address starts a sync, which is followed by a command with its log', async () => {
  await page.goto(`${weir.url}/connections/${connectionId}/automation`);
  await page.getByRole('checkbox', { name: /dbt_features/ }).check();
  await page.getByRole('button', { name: 'Save automation' }).click();
  await page.getByText('The automation is saved.').waitFor();
  await page.getByLabel('New trigger').fill('GitHub Actions');
  await page.getByRole('button', { name: 'Make trigger' }).click();
  const url = await page.getByRole('dialog').getByLabel('Address', { exact: true }).inputValue();
  await seriousFindings(page, 'the new trigger');
  await page.getByRole('button', { name: 'Done' }).click();

  const called = await fetch(url, { method: 'POST' });
  expect(called.status).toBe(202);
  const { syncId } = (await called.json()) as { syncId: number };
  expect((await client.syncEnd(syncId)).status).toBe('succeeded');
  const commands = page.getByRole('table', { name: 'Commands' });
  await page.reload();
  await commands.getByText('Succeeded').waitFor({ timeout: 30_000 });
  await commands.getByRole('button', { name: /Log of dbt_features/ }).click();
  await page.getByRole('dialog').getByText('features are built').waitFor();
  await seriousFindings(page, 'the log of a command');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Revoke… GitHub Actions' }).click();
  await page.getByRole('button', { name: 'Revoke trigger' }).click();
  await page.getByText('None. A program that calls').waitFor();
  expect((await fetch(url, { method: 'POST' })).status).toBe(404);
  await seriousFindings(page, 'automation');
});

test('the overview’s pipelines show the sync, dbt, the checks and the training', async () => {
  const results = [
    { unique_id: 'model.ml.features_users', status: 'success', message: 'OK' },
    { unique_id: 'test.ml.unique_users.1', status: 'fail', message: 'Got 3 results' },
  ];
  await client.post(`/connections/${connectionId}/dbt-results`, { ...DBT, results });
  await client.post(`/connections/${connectionId}/training-reports`, {
    ...{ model_version: 'v42', accuracy: 0.93, status: 'succeeded', finished_at: new Date().toISOString() },
  });
  await page.goto(weir.url);
  await page.getByRole('navigation', { name: 'Overview' }).getByRole('link', { name: 'Pipelines' }).click();
  await page.getByRole('heading', { name: 'ml_users is in trouble' }).waitFor();
  const row = page.getByRole('table', { name: 'Pipelines' }).getByRole('row', { name: /ml_users/ });
  const text = await row.textContent();
  expect(text).toMatch(/Succeeded.*6.*1 model, tests 0 passed, 1 failed.*no checks.*v42, accuracy 0.93/);
  await seriousFindings(page, 'pipelines');
});

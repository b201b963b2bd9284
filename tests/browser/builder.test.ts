import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { builderManifest, manyStream } from '#tests/harness/builder-manifest.ts';
import { pictures, seriousFindings, setSecret, signInPage, untilShown } from '#tests/harness/pages.ts';
import { type ScriptedServer, scriptedServer } from '#tests/harness/scripted-server.ts';
import { type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// What the builder offers once a connector is there: one connector, worked on by one person, and by a second one.

const TOKEN = 'tok-orders-4711';

let weir: WeirServer;
let browser: TestBrowser;
let page: Page;
let api: ScriptedServer;
let person: SignedIn;
let connectorId: string;

beforeAll(async () => {
  const many = Array.from({ length: 5_000 }, (_, id) => ({ id, name: `name ${id}`, total: id / 7 }));
  api = await scriptedServer(({ path, query, headers }) => {
    if (path.startsWith('/many')) return { body: { data: many } };
    if (headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: { error: 'no token' } };
    const from = Number(query.get('page') ?? 1) * 3;
    const row = (id: number) => ({
      id,
      total: id * 1.5,
      at: '2026-11-20T08:00:00Z',
      to: { city: 'Bonn', zip: `${id}` },
    });
    return { body: { data: from > 6 ? [] : [0, 1, 2].map((each) => row(from + each)) } };
  });
  weir = await startWeir();
  person = await signedIn(weir);
  await person.post('/allowed-hosts', { host: api.host, port: api.port, reason: 'test' });
  ({ id: connectorId } = await person.post<{ id: string }>('/connectors', { name: 'Orders', manifest: manifest() }));
  await person.post(`/connectors/${connectorId}/versions`, { manifest: manifest(), basedOn: null });
  browser = await openBrowser();
  page = await signInPage(browser, weir.url);
  await open();
});

afterAll(async () => {
  await browser?.close();
  await weir?.stop();
  await api?.close();
});

test('a test says what it read: one record, all as a table, one page alone, each with the types it lands as', async () => {
  await page.getByRole('button', { name: 'Edit the test values' }).click();
  await setSecret(page, 'API token', TOKEN);
  await page.getByRole('button', { name: 'Use these values' }).click();
  await runTest();
  await page.getByText(/6 records in/).waitFor();
  await page.getByRole('cell', { name: 'numeric' }).waitFor();
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await page.getByRole('button', { name: 'Record 6', exact: true }).waitFor();
  await page.getByLabel('Page', { exact: true }).selectOption({ label: 'Page 2 (3)' });
  expect(await page.getByRole('button', { name: /^Record \d$/ }).count()).toBe(3);
  await seriousFindings(page, 'records as a table');
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await pictures(page, 'builder-test');
});

test('a plan lists slices and their first requests, and asks nothing', async () => {
  const before = api.requests.length;
  await page.getByRole('tab', { name: 'Plan' }).click();
  await page.getByRole('button', { name: 'Plan orders' }).click();
  await page.getByText('1 slice.').waitFor();
  await page.getByRole('cell', { name: /GET .*\/orders/ }).waitFor();
  expect(api.requests.length).toBe(before);
});

test('a stream without a cursor says that it keeps no state, and no version is saved of what has not changed', async () => {
  await page.getByRole('tab', { name: 'State' }).click();
  await page.getByText('This stream keeps no state.').waitFor();
  const save = page.getByRole('button', { name: /^Save version 2/ });
  expect(await save.getAttribute('aria-disabled')).toBe('true');
  expect(await save.getAttribute('title')).toBe('Nothing has changed since version 1.');
});

test('the recording is read again by the manifest as it is now, without the API', async () => {
  const before = api.requests.length;
  await page.getByLabel(/Read the recording, not the API/).check();
  await replaceText('field_path: [data]', 'field_path: []');
  await runTest();
  await page.getByText(/1 record in/).waitFor();
  await page.getByText(/from the recording/).waitFor();
  await replaceText('field_path: []', 'field_path: [data]');
  await runTest();
  await page.getByText(/6 records in/).waitFor();
  expect(api.requests.length).toBe(before);
  await page.getByLabel(/Read the recording, not the API/).uncheck();
});

test('an API that is made to misbehave shows how the stream takes it', async () => {
  await page.getByText('Let the API misbehave').click();
  await page.getByLabel('A repeated page').check();
  await page.getByLabel('429, retry after 1 s').check();
  await runTest();
  await page.getByText(/1 retry/).waitFor();
  await page.getByRole('tab', { name: /^Log/ }).click();
  await page.getByText(/Made by this test: 429/).waitFor();
  await page.getByText(/Made by this test: the answer before once more/).waitFor();
  await page.getByLabel('A repeated page').uncheck();
  await page.getByLabel('429, retry after 1 s').uncheck();
});

test('what was read is kept as a test without its secret, all tests are run, and one that fails asks why', async () => {
  await runTest();
  await page.getByText(/6 records in/).waitFor();
  await page.getByRole('button', { name: 'Keep as test' }).click();
  await page.getByText(/Kept as a test/).waitFor();
  expect(await page.getByText('Draft changed since').count()).toBe(0);
  await page.getByRole('button', { name: 'Tests', exact: true }).click();
  await page.getByRole('button', { name: 'Run all tests' }).click();
  await page.getByText('1 of 1 tests passed').waitFor();
  await seriousFindings(page, 'tests');
  await pictures(page, 'builder-tests');
  const kept = await downloaded();
  expect(kept).toContain('reads what the API gave');
  expect(kept).not.toContain(TOKEN);

  await replaceText('total: 4.5', 'total: 4.6');
  await page.getByRole('button', { name: 'Run all tests' }).click();
  await page.getByText('0 of 1 tests passed').waitFor();
  await page.getByRole('button', { name: /^Save version 2/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Save version 2', exact: true }).click();
  await page.getByText(/A test of the manifest fails/).waitFor();
  await page.getByLabel('Why save it all the same').fill('the shop mends it tomorrow');
  await page.getByRole('dialog').getByRole('button', { name: 'Save version 2', exact: true }).click();
  await page.getByText('Version 2 saved').waitFor();
  await page.locator('.vbar .tag', { hasText: /^v2$/ }).waitFor();
  await page.getByRole('button', { name: 'Versions' }).click();
  await page.getByText('tests failed: the shop mends it tomorrow').waitFor();
  await page.keyboard.press('Escape');
});

test('a test that fails is recorded again by the last read, shown in the text, and removed without a trace', async () => {
  const tests = page.getByRole('button', { name: 'Tests', exact: true });
  const again = page.getByRole('button', { name: /^Record again: reads what/ });
  await tests.click();
  expect(await again.getAttribute('title')).toBe('Run a test read of orders first.');
  expect(await again.getAttribute('aria-disabled')).toBe('true');
  await setTestValue();
  await runTest();
  await page.getByText(/6 records in/).waitFor();
  await tests.click();
  await again.click();
  await page.getByText(/^Recorded again/).waitFor();
  await page.getByRole('button', { name: 'Run all tests' }).click();
  await page.getByText('1 of 1 tests passed').waitFor();
  await seriousFindings(page, 'a test recorded again');

  const line = (await downloaded()).split('\n').findIndex((each) => each.includes('- name: reads what')) + 1;
  await page.getByRole('button', { name: /^Show in YAML: reads what/ }).click();
  await page.getByText(new RegExp(`^Ln ${line}, Col`)).waitFor();
  const remove = page.getByRole('button', { name: /^Remove: reads what/ });
  await remove.click();
  await page.getByText('A manifest carries its tests').waitFor();
  await page.keyboard.press('ControlOrMeta+Z');
  await remove.click();
  await page.getByText('A manifest carries its tests').waitFor();
  expect(await downloaded()).toBe(manifest());
});

test('one nested field of the schema is taken over', async () => {
  await open();
  await setTestValue();
  await runTest();
  await page.getByText(/6 records in/).waitFor();
  await page.getByRole('button', { name: 'Schema', exact: true }).click();
  await page.getByRole('button', { name: 'Take over to.zip' }).click();
  await page.getByRole('button', { name: 'Take over to.zip' }).waitFor({ state: 'detached' });
  expect(await page.getByRole('button', { name: 'Take over at' }).count()).toBe(1);
  await page.getByRole('cell', { name: 'timestamptz' }).waitFor();
  await seriousFindings(page, 'schema');
});

test('somebody else’s newer draft or version is shown beside one’s own, and one of them is chosen', async () => {
  await open();
  await person.patch(`/connectors/${connectorId}`, { name: 'Orders' });
  await putDraft(`# theirs\n${manifest()}`);
  await setText(`# mine\n${manifest()}`);
  await page.getByRole('dialog', { name: /Somebody else has changed/ }).waitFor();
  await seriousFindings(page, 'conflict');
  await pictures(page, 'builder-conflict');
  await page.getByRole('button', { name: 'Go on with mine' }).click();
  await page.getByText(/draft kept/).waitFor();
  expect((await person.get<{ draft: string }>(`/connectors/${connectorId}`)).draft).toContain('# mine');

  await person.post(`/connectors/${connectorId}/versions`, { manifest: `# their version\n${manifest()}`, basedOn: 2 });
  await page.getByRole('button', { name: /^Save version 3/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Save version 3', exact: true }).click();
  await page.getByText(/On the left version 3/).waitFor();
  await page.getByRole('button', { name: 'Take theirs into the editor' }).click();
  expect(await downloaded()).toContain('# their version');
});

test('a file is opened, what is left unsaved is there again, and leaving loses nothing', async () => {
  await page.goto(`${weir.url}/connectors/new?from=empty`);
  await page.locator('.yaml-editor[data-ready=true]').waitFor();
  await page.getByLabel('Name of the connector').fill('From a file');
  const buffer = Buffer.from(manifest());
  await page.getByLabel('Manifest from a file').setInputFiles({ name: 'orders.yaml', mimeType: 'text/yaml', buffer });
  await page.getByRole('button', { name: 'orders', exact: true }).waitFor();
  await page.getByRole('link', { name: 'Overview' }).first().click();
  await page.waitForURL(`${weir.url}/`);
  await page.goto(`${weir.url}/connectors/new`);
  await page.getByText('A connector that was not saved yet: From a file').waitFor();
  await page.getByRole('button', { name: 'Go on with it' }).click();
  await page.getByRole('button', { name: 'orders', exact: true }).waitFor();
});

test('a problem is mended from the list, and by the key at its place', async () => {
  await open();
  await replaceText('DpathExtractor', 'DpathExtracto');
  await page.getByRole('button', { name: /^Change to DpathExtractor, line/ }).click();
  await page.getByText('None', { exact: true }).waitFor();
  await replaceText('page_size: 3', 'pge_size: 3');
  await page
    .getByRole('button', { name: /pge_size/ })
    .first()
    .click();
  await page.keyboard.press('ControlOrMeta+.');
  await page.locator('.action-widget').getByText('Change to page_size').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('None', { exact: true }).waitFor();
  expect(await downloaded()).toContain('page_size: 3');
});

test('a reference leads to its definition, and a definition to its uses', async () => {
  await setText(manifest());
  await page.locator('.view-line', { hasText: '#/definitions/auth' }).getByText('#/definitions/auth').click();
  await page.keyboard.press('F12');
  const lines = (await downloaded()).split('\n');
  const definition = lines.findIndex((each) => each.startsWith('  auth:')) + 1;
  await page.getByText(`Ln ${definition}, Col 3`).waitFor();
  await page.locator('.view-line', { hasText: 'auth: {' }).getByText('auth', { exact: true }).click();
  await page.keyboard.press('Shift+F12');
  const onlyUse = lines.findIndex((each) => each.includes('$ref')) + 1;
  await page.getByText(new RegExp(`^Ln ${onlyUse}, Col`)).waitFor();
});

test('completion knows the names and the data', async () => {
  await setTestValue();
  await runTest();
  await page.getByText(/6 records in/).waitFor();
  await endOfText(
    manifest()
      .replace(/check:.*\n/, '')
      .concat('check:\n  type: CheckStream\n  stream_names: ['),
  );
  await suggested('orders');
  await endOfText(`${manifest()}    incremental_sync:\n      cursor_field: `);
  await suggested('such as 2026-11-20');
  await setText(manifest());
  await page.getByText('None', { exact: true }).waitFor();
});

test('the form shows the YAML of just one part, what a value comes from, and takes a copy of it', async () => {
  await page.getByRole('button', { name: 'Form', exact: true }).click();
  await page.keyboard.press('ControlOrMeta+2');
  await page.keyboard.press('ControlOrMeta+Home');
  await page.getByText('Ln 1, Col 1').waitFor();
  await page.locator('.view-line', { hasText: 'type: HttpRequester' }).click();
  await page.getByRole('heading', { name: 'HttpRequester' }).waitFor();
  await seriousFindings(page, 'form');
  await pictures(page, 'builder-form');
  await page.locator('.view-line', { hasText: 'type: BearerAuthenticator' }).getByText('auth', { exact: true }).click();
  await page.locator('.view-line', { hasText: '#/definitions/auth' }).getByText('#/definitions/auth').click();
  await page.getByText('from #/definitions/auth').first().waitFor();
  await page.getByRole('button', { name: 'Detach api_token' }).click();
  await page.locator('.view-line', { hasText: 'type: SimpleRetriever' }).click();
  const part = page.getByLabel('requester', { exact: true });
  await part.fill((await part.inputValue()).replace('/orders', '/orders2'));
  await page.getByRole('button', { name: 'Apply to the text' }).click();
  const text = await downloaded();
  expect(text).toContain(`${api.url}/orders2`);
  expect(text.match(/api_token: "\{\{ config\['token'\] \}\}"/g)?.length).toBe(2);
});

test('seventy-nine streams and five thousand records stay quick to draw, and hold up on a phone', async () => {
  const streams = Array.from({ length: 79 }, (_, index) => manyStream(api.url, `stream_${index}`)).join('');
  const text = `version: 6.0.0\ntype: DeclarativeSource\ncheck: { type: CheckStream, stream_names: [stream_0] }\nstreams:\n${streams}`;
  const { id } = await person.post<{ id: string }>('/connectors', { name: 'Crowded', manifest: text });
  await person.post(`/connectors/${id}/versions`, { manifest: text, basedOn: null });
  await page.goto(`${weir.url}/connectors/${id}?stream=stream_40`);
  await page.getByRole('button', { name: 'stream_78', exact: true }).waitFor();
  await page.getByLabel('records', { exact: true }).fill('5000');
  await page
    .getByRole('button', { name: /^Test stream_40/ })
    .first()
    .click();
  await page.getByText(/5,000 records in/).waitFor();
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await page.getByRole('button', { name: 'Record 1', exact: true }).waitFor();
  expect(await page.locator('.records tbody tr').count()).toBeLessThan(200);
  await page.getByLabel('All records').evaluate((region) => region.scrollTo(0, region.scrollHeight));
  await page.getByRole('button', { name: 'Record 5000', exact: true }).waitFor();
  await seriousFindings(page, 'crowded');
  await pictures(page, 'builder-crowded');
});

test('the palette runs what the page can do', async () => {
  await open();
  await page.getByRole('button', { name: 'orders', exact: true }).waitFor();
  await page.keyboard.press('ControlOrMeta+K');
  await page.getByPlaceholder('Search or run').fill('show schema');
  await page.getByRole('option', { name: /schema/i, selected: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Schema', pressed: true }).waitFor();
});

/** Asks for suggestions until one comes: a text that was just put in may still be on its way to what knows them. */
async function suggested(text: string): Promise<void> {
  await untilShown(page.locator('.suggest-widget').getByText(text), async () => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Space');
  });
  await page.keyboard.press('Escape');
}

/** The connector with its manifest as it began: what an earlier test typed last may not have been kept yet, or may be all that was. */
async function open(): Promise<void> {
  await putDraft(manifest());
  await page.goto(`${weir.url}/connectors/${connectorId}`);
  await page.locator('.yaml-editor[data-ready=true]').waitFor();
}

async function setTestValue(): Promise<void> {
  await page.getByRole('button', { name: 'Edit the test values' }).click();
  await setSecret(page, 'API token', TOKEN);
  await page.getByRole('button', { name: 'Use these values' }).click();
}

async function runTest(): Promise<void> {
  await page
    .getByRole('button', { name: /^Test orders/ })
    .first()
    .click();
}

async function replaceText(from: string, to: string): Promise<void> {
  const text = await downloaded();
  expect(text).toContain(from);
  await setText(text.replace(from, to));
}

/** Opens the text as a file: a click and a paste may overtake one another on a busy machine. */
async function setText(text: string): Promise<void> {
  const name = `${randomUUID()}.yaml`;
  const file = { name, mimeType: 'text/yaml', buffer: Buffer.from(text) };
  await page.getByLabel('Manifest from a file').setInputFiles(file);
  await page.getByText(`${name} is in the editor`).waitFor();
}

/** With the cursor behind its last character. */
async function endOfText(text: string): Promise<void> {
  await setText(text);
  await page.keyboard.press('ControlOrMeta+2');
  await page.keyboard.press('ControlOrMeta+End');
}

/** The text in the editor, as a file. */
async function downloaded(): Promise<string> {
  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: /^File of / }).click();
  await page.getByRole('menuitem', { name: 'Download as a file' }).click();
  return readFileSync(await (await file).path(), 'utf8');
}

async function putDraft(text: string): Promise<void> {
  const status = await page.evaluate(
    async ([url, body]) =>
      (await fetch(url ?? '', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: body ?? '' }))
        .status,
    [`/api/weir/v1/connectors/${connectorId}/draft`, JSON.stringify({ manifest: text })],
  );
  expect(status).toBe(200);
}

function manifest(): string {
  return builderManifest(api.url);
}

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type TestBrowser } from '#tests/harness/browser.ts';
import { pictures, seriousFindings, setSecret, setUpPage } from '#tests/harness/pages.ts';
import { type ScriptedServer, scriptedServer } from '#tests/harness/scripted-server.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

// From what people have of an API to a connector that reads it.

let weir: WeirServer;
let browser: TestBrowser;
let page: Page;
let api: ScriptedServer;

beforeAll(async () => {
  api = await scriptedServer({
    '/orders': ({ query, headers }) => {
      if (headers.authorization !== 'Bearer tok-orders') return { status: 401, body: { error: 'no token' } };
      const from = Number(query.get('page') ?? 1) * 3;
      const data = from > 6 ? [] : [0, 1, 2].map((row) => ({ id: from + row, updated_at: '2026-11-20T08:00:00Z' }));
      return { body: { data, page: from / 3, per_page: 3 } };
    },
    '/index': () => ({ body: { version: 2, orders_url: `${api.url}/orders{?page}`, users: { href: '/users' } } }),
    '/openapi.json': () => ({ body: OPENAPI }),
  });
  OPENAPI.servers = [{ url: api.url }];
  weir = await startWeir();
  browser = await openBrowser();
  page = await setUpPage(browser, weir.url);
});

afterAll(async () => {
  await browser?.close();
  await weir?.stop();
  await api?.close();
});

test('from an address: allowed, refused, proposed with its evidence, tested, saved', async () => {
  await page.goto(`${weir.url}/connectors/new`);
  await seriousFindings(page, 'new connector');
  await page.getByLabel('Address of a list').fill(`${api.url}/orders`);
  await page.getByRole('button', { name: 'Propose a connector' }).click();
  await page.getByRole('button', { name: /^Allow / }).click();
  await page.getByText(/refused \(401\): it wants to know who asks/).waitFor();
  await page.getByText('It says: “no token”').waitFor();
  expect(await page.getByRole('table', { name: 'Proposal' }).count()).toBe(0);
  await seriousFindings(page, 'refusal');
  await pictures(page, 'refusal');
  await page.getByRole('button', { name: 'Enter the token' }).click();
  await page.keyboard.type('tok-orders');
  await page.getByRole('button', { name: 'Propose a connector' }).click();
  const proposal = page.getByRole('table', { name: 'Proposal' });
  await proposal.getByText(/The second page was asked for and had 3 other records/).waitFor();
  await proposal.getByText('PageIncrement').waitFor();
  await seriousFindings(page, 'proposal');
  await page.getByRole('button', { name: 'Open in the editor' }).click();
  await page.getByText('None', { exact: true }).waitFor();
  await page
    .getByRole('button', { name: /^Test orders/ })
    .first()
    .click();
  await page.getByText(/6 records in/).waitFor();
  await save('orders-api');
});

test('from the root of an API: it names its lists, and one of them is chosen', async () => {
  await page.goto(`${weir.url}/connectors/new`);
  await page.getByLabel('Address of a list').fill(`${api.url}/index`);
  await page.getByLabel('Token').fill('tok-orders');
  await page.getByRole('button', { name: 'Propose a connector' }).click();
  await page.getByRole('region', { name: 'Which list?' }).waitFor();
  await seriousFindings(page, 'lists of an index');
  await pictures(page, 'lists');
  await page.getByRole('button', { name: /^orders/ }).click();
  await page
    .getByRole('table', { name: 'Proposal' })
    .getByText(/The second page was asked for/)
    .waitFor();
  expect(await page.getByLabel('Address of a list').inputValue()).toBe(`${api.url}/orders`);
});

test('the demo’s address brings the demo’s token', async () => {
  await page.goto(`${weir.url}/connectors/new`);
  await page.getByLabel('Address of a list').fill(`localhost:${weir.port}/demo/api`);
  await page.getByText(/This is the demo’s API/).waitFor();
  await pictures(page, 'demo-token');
  await page.getByRole('button', { name: 'Use it' }).click();
  expect(await page.getByLabel('Token').inputValue()).not.toBe('');
});

test('from a cURL command', async () => {
  await page.goto(`${weir.url}/connectors/new`);
  await page.getByRole('tab', { name: 'cURL' }).click();
  await page.getByLabel('cURL command').fill('wget it');
  await page.getByRole('button', { name: 'Propose a connector' }).click();
  await page.getByText(/does not begin with curl/).waitFor();
  await page.getByLabel('cURL command').fill(`curl '${api.url}/orders' -H 'Authorization: Bearer tok-orders'`);
  await page.getByRole('button', { name: 'Propose a connector' }).click();
  await page.getByRole('button', { name: 'Open in the editor' }).click();
  await page
    .getByRole('button', { name: /^Test orders/ })
    .first()
    .click();
  await page.getByText(/6 records in/).waitFor();
});

test('from an OpenAPI document: its operations are picked, and become streams', async () => {
  await page.goto(`${weir.url}/connectors/new`);
  await page.getByRole('tab', { name: 'OpenAPI' }).click();
  await page.getByLabel('Address of the document').fill(`${api.url}/openapi.json`);
  await page.getByRole('button', { name: 'Propose a connector' }).click();
  await page.getByText('GET /orders').waitFor();
  await seriousFindings(page, 'operations');
  expect(await page.getByRole('checkbox', { name: /GET \/orders/ }).isChecked()).toBe(true);
  await page.getByRole('button', { name: 'Make 1 stream' }).click();
  await page.getByRole('button', { name: 'Open in the editor' }).click();
  await page.getByRole('button', { name: 'Edit the test values' }).click();
  await setSecret(page, 'API token', 'tok-orders');
  await page.getByRole('button', { name: 'Use these values' }).click();
  await page
    .getByRole('button', { name: /^Test orders/ })
    .first()
    .click();
  await page.getByText(/6 records in/).waitFor();
});

test('from a recording of the browser: its calls are picked, the rest of it stays where it was', async () => {
  const call = (url: string, body: unknown) => ({
    request: { method: 'GET', url, headers: [{ name: 'Authorization', value: 'Bearer tok-orders' }] },
    response: { status: 200, headers: [], content: { mimeType: 'application/json', text: JSON.stringify(body) } },
  });
  const data = [1, 2].map((id) => ({ id, updated_at: '2026-11-20T08:00:00Z' }));
  const entries = [call(`${api.url}/orders?page=1`, { data }), call(`${api.url}/me`, { name: 'Ada' })];
  const buffer = Buffer.from(JSON.stringify({ log: { version: '1.2', entries } }));
  await page.goto(`${weir.url}/connectors/new`);
  await page.getByRole('tab', { name: 'Recording' }).click();
  await page
    .getByLabel('Choose a HAR recording')
    .setInputFiles({ name: 'shop.har', mimeType: 'application/json', buffer });
  await page.getByRole('button', { name: 'Propose a connector' }).click();
  await page.getByRole('checkbox', { name: /orders/ }).waitFor();
  await page.getByRole('button', { name: 'Make 1 stream' }).click();
  await page.getByRole('button', { name: 'Open in the editor' }).click();
  await page
    .getByRole('button', { name: /^Test orders/ })
    .first()
    .click();
  await page.getByText(/records in/).waitFor();
});

test('from a file of one’s own: uploaded, tested, and a refusal is told', async () => {
  await page.goto(`${weir.url}/connectors/new`);
  await page.getByRole('button', { name: 'Open in the builder', exact: true }).click();
  await page.getByText(/Give an address that starts with https/).waitFor();
  const buffer = Buffer.from('id,name\n1,Ada\n2,Grace\n');
  await page.getByLabel('Or a file of yours').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer });
  await page.route('**/uploads?*', (route) => route.fulfill({ status: 502, body: '<html>bad gateway</html>' }), {
    times: 1,
  });
  await page.getByRole('button', { name: 'Open in the builder', exact: true }).click();
  await page.getByText(/The upload was not understood: Weir answered 502/).waitFor();
  await page.getByRole('button', { name: 'Open in the builder', exact: true }).click();
  await page
    .getByRole('button', { name: /^Test people/ })
    .first()
    .click();
  await page.getByText(/2 records in/).waitFor();
});

async function save(name: string): Promise<void> {
  await page.getByLabel('Name of the connector').fill(name);
  await page.getByRole('button', { name: 'Save version' }).click();
  await page.getByRole('dialog').getByRole('button', { name: /^Save/ }).click();
  await page.waitForURL(/\/connectors\/[0-9a-f-]{36}$/);
}

const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'Orders' },
  servers: [{ url: '' }],
  security: [{ token: [] }],
  paths: {
    '/orders': {
      get: {
        parameters: [
          { name: 'page', in: 'query', schema: { type: 'integer' } },
          { name: 'per_page', in: 'query', schema: { type: 'integer', maximum: 3 } },
        ],
        responses: {
          200: {
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: {
                    data: { type: 'array', items: { type: 'object', properties: { id: { type: 'integer' } } } },
                  },
                },
              },
            },
          },
        },
      },
    },
    '/me': { get: { responses: {} } },
  },
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
};

test('one of ours: found by what it reads, installed with a click, and asked for its settings', async () => {
  await page.goto(`${weir.url}/connectors/new`);
  await page.getByLabel('Search our connectors').fill('catalogue of the whole world');
  const install = page.getByRole('button', { name: 'Install Earthquakes of the USGS' });
  await install.waitFor();
  expect(await page.getByRole('button', { name: /^Install / }).count()).toBe(1);
  await install.click();
  await page.waitForURL('**/sources/new?connector=*');
  await page.getByLabel('Start date').waitFor();
  await page.goto(`${weir.url}/connectors`);
  await page.getByRole('link', { name: 'Earthquakes of the USGS' }).waitFor();
  await seriousFindings(page, 'connectors');
});

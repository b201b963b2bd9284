import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { ADMIN } from '#tests/harness/api.ts';
import { productionApi, productionManifest, TOKEN } from '#tests/harness/production.ts';
import { type WorkingApi, workingApi } from '#tests/harness/working-api.ts';

type Body = Record<string, unknown>;
interface Sent {
  status: number;
  body: Body;
}

/** A request as a script sends it: no credentials, no cookie, and a body with a GET if it likes. */
function send(
  url: string,
  path: string,
  body?: unknown,
  options: { method?: string; headers?: Body } = {},
): Promise<Sent> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...options.headers };
  return new Promise((resolve, reject) => {
    const asked = request(
      `${url}${path}`,
      { method: options.method ?? 'POST', headers: headers as never },
      async (answer) => {
        const chunks = await Array.fromAsync(answer);
        const said = Buffer.concat(chunks as Buffer[]).toString();
        resolve({ status: answer.statusCode ?? 0, body: said ? JSON.parse(said) : {} });
      },
    );
    asked.on('error', reject);
    asked.end(text);
  });
}

/** Weir with the connector `production_db`, its API allowed, and programs of this machine let in. */
async function weir(variables: Record<string, string> = { WEIR_API_AUTH: 'off' }): Promise<WorkingApi> {
  const source = await productionApi();
  onTestFinished(() => source.close());
  const api = await workingApi(variables);
  const ada = api.client();
  await ada.send('POST', '/api/auth/sign-in/email', { email: ADMIN.email, password: ADMIN.password });
  const manifest = productionManifest(source.url);
  const made = await ada.send<{ id: string }>('POST', '/api/weir/v1/connectors', { name: 'production_db', manifest });
  const version = await ada.send('POST', `/api/weir/v1/connectors/${made.body.id}/versions`, {
    manifest,
    basedOn: null,
  });
  expect(version).toMatchObject({ status: 201 });
  await ada.send('POST', '/api/weir/v1/allowed-hosts', { host: source.host, port: source.port });
  return api;
}

async function makeEnds({ url, warehouse }: WorkingApi): Promise<{ sourceId: string; destinationId: string }> {
  const source = await send(url, '/api/v1/sources/create', {
    name: 'production_db',
    sourceDefinitionId: 'production_db',
    connectionConfiguration: { api_token: TOKEN, start_date: '2026-01-01T00:00:00Z' },
  });
  expect(source).toMatchObject({ status: 200, body: { sourceName: 'production_db' } });
  const destination = await send(url, '/api/v1/destinations/create', {
    name: 'warehouse',
    destinationDefinitionId: 'postgres',
    connectionConfiguration: { ...warehouse, schema: 'ml_training_data' },
  });
  expect(destination).toMatchObject({ status: 200 });
  return { sourceId: String(source.body.sourceId), destinationId: String(destination.body.destinationId) };
}

/** Polls as the script does until the job is over. */
async function pollJob(url: string, id: unknown): Promise<Body> {
  for (;;) {
    const { body } = await send(url, '/api/v1/jobs/get', { id });
    const { status } = body.job as Body;
    if (!['pending', 'running', 'incomplete'].includes(String(status))) return body;
  }
}

const streamOf = (name: string, config: Body) => ({
  stream: { name, jsonSchema: {}, supportedSyncModes: ['full_refresh', 'incremental'] },
  config: { selected: true, ...config },
});

test('script A: lists sources, makes a connection with a legacy schedule, syncs and polls the job', async () => {
  const api = await weir();
  const { url, query } = api;
  const { sourceId, destinationId } = await makeEnds(api);
  const [{ id: workspaceId } = { id: '' }] = await query<{ id: string }>('select id from workspace');
  const { body: listed } = await send(url, '/api/v1/sources/list', { workspaceId });
  expect(listed.sources).toMatchObject([{ sourceId, name: 'production_db', workspaceId }]);
  expect(JSON.stringify(listed)).not.toContain(TOKEN);

  const made = await send(url, '/api/v1/connections/create', {
    sourceId,
    destinationId,
    namespaceDefinition: 'customformat',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
    namespaceFormat: 'production_${SOURCE_NAMESPACE}',
    syncCatalog: {
      streams: [
        streamOf('customers', {
          ...{ syncMode: 'full_refresh', destinationSyncMode: 'overwrite' },
          ...{ cursorField: ['updated_at'], primaryKey: [['customer_id']] },
        }),
        streamOf('orders', {
          ...{ syncMode: 'incremental', destinationSyncMode: 'append' },
          ...{ cursorField: ['created_at'], primaryKey: [['order_id']] },
        }),
        streamOf('products', { syncMode: 'full_refresh', destinationSyncMode: 'overwrite' }),
      ],
    },
    schedule: { units: 24, timeUnit: 'hours' },
  });
  expect(made).toMatchObject({
    status: 200,
    body: { scheduleType: 'basic', schedule: { units: 24, timeUnit: 'hours' }, namespaceDefinition: 'customformat' },
  });
  const { connectionId } = made.body;

  const started = await send(url, '/api/v1/connections/sync', { connectionId });
  const { id } = started.body.job as { id: number };
  expect(started.body.attempts).toHaveLength(1);
  const over = await pollJob(url, String(id));
  expect(over.job).toMatchObject({ id, status: 'succeeded', configType: 'sync', configId: connectionId });
  expect(await query('select name from production_.customers order by 1')).toEqual([
    { name: 'Acme Corp' },
    { name: 'Globex' },
  ]);
  expect(await query('select count(*)::int as n from production_.orders')).toEqual([{ n: 3 }]);
  const jobs = await send(url, '/api/v1/jobs/list', { configTypes: ['sync'], configId: connectionId });
  expect(jobs.body).toMatchObject({ totalJobCount: 1, jobs: [{ job: { id, status: 'succeeded' } }] });
});

test('script B: five-field cron, a prefix, no workspace id, and names in place of ids', async () => {
  const api = await weir();
  const { url, query } = api;
  const { sourceId, destinationId } = await makeEnds(api);
  const made = await send(url, '/api/v1/connections/create', {
    sourceId,
    destinationId,
    syncCatalog: { streams: [streamOf('orders', { syncMode: 'incremental', destinationSyncMode: 'append' })] },
    scheduleType: 'cron',
    scheduleData: { cron: { cronExpression: '0 */6 * * *' } },
    status: 'active',
    namespaceDefinition: 'destination',
    prefix: 'ml_',
  });
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  expect(made.body).toMatchObject({
    prefix: 'ml_',
    scheduleData: { cron: { cronExpression: '0 */6 * * *', cronTimeZone: 'UTC' } },
  });
  const started = await send(url, '/api/v1/connections/sync', { connectionId: made.body.connectionId });
  expect((await pollJob(url, (started.body.job as Body).id)).job).toMatchObject({ status: 'succeeded' });
  expect(await query('select count(*)::int as n from ml_training_data.ml_orders')).toEqual([{ n: 3 }]);
});

test('what is asked by GET with a body is answered, too', async () => {
  const api = await weir();
  await makeEnds(api);
  const { status, body } = await send(api.url, '/api/v1/sources/list', {}, { method: 'GET' });
  expect(status).toBe(200);
  expect(body.sources).toHaveLength(1);
});

test('a source is checked and discovered before it is connected, and what is refused is said', async () => {
  const api = await weir();
  const { url } = api;
  const { sourceId, destinationId } = await makeEnds(api);
  expect((await send(url, '/api/v1/sources/check_connection', { sourceId })).body).toMatchObject({
    status: 'succeeded',
  });
  expect((await send(url, '/api/v1/destinations/check_connection', { destinationId })).body).toMatchObject({
    status: 'succeeded',
  });
  const found = await send(url, '/api/v1/sources/discover_schema', { sourceId });
  expect(found.body).toMatchObject({ catalogId: expect.any(String), jobInfo: { succeeded: true } });
  expect((found.body.catalog as { streams: Body[] }).streams).toHaveLength(3);
  const wrong = await send(url, '/api/v1/sources/check_connection_for_update', {
    sourceId,
    connectionConfiguration: { api_token: 'another-token-altogether' },
  });
  expect(wrong).toMatchObject({ status: 200, body: { status: 'failed' } });
});

test('a clear empties the tables and forgets the states; a refresh reads from the beginning', async () => {
  const api = await weir();
  const { url, query } = api;
  const { sourceId, destinationId } = await makeEnds(api);
  const { body } = await send(url, '/api/v1/connections/create', {
    sourceId,
    destinationId,
    syncCatalog: {
      streams: [
        streamOf('orders', {
          syncMode: 'incremental',
          destinationSyncMode: 'append_dedup',
          primaryKey: [['order_id']],
        }),
      ],
    },
  });
  const { connectionId } = body;
  const run = async (verb: string) => {
    const started = await send(url, `/api/v1/connections/${verb}`, { connectionId });
    return (await pollJob(url, (started.body.job as Body).id)).job as Body;
  };
  const rows = async () => (await query<{ n: number }>('select count(*)::int as n from ml_training_data.orders'))[0]?.n;
  const state = async () => (await send(url, '/api/v1/state/get', { connectionId })).body;

  expect(await run('sync')).toMatchObject({ status: 'succeeded' });
  expect(await state()).toMatchObject({
    stateType: 'stream',
    streamState: [{ streamDescriptor: { name: 'orders' }, streamState: { created_at: '2026-01-05T00:00:00Z' } }],
  });
  expect(await run('refresh')).toMatchObject({
    status: 'succeeded',
    configType: 'refresh',
    aggregatedStats: { recordsEmitted: 3 },
  });
  expect(await rows()).toBe(3);
  expect(await run('clear')).toMatchObject({
    status: 'succeeded',
    configType: 'clear',
    resetConfig: { streamsToReset: [{ name: 'orders' }] },
  });
  expect(await rows()).toBe(0);
  expect(await state()).toMatchObject({ stateType: 'not_set' });
  await send(url, '/api/v1/state/create_or_update_safe', {
    connectionId,
    connectionState: {
      stateType: 'stream',
      streamState: [{ streamDescriptor: { name: 'orders' }, streamState: { created_at: '2026-01-04T12:00:00Z' } }],
    },
  });
  expect(await run('sync')).toMatchObject({ status: 'succeeded' });
  expect(await state()).toMatchObject({ streamState: [{ streamState: { created_at: '2026-01-05T00:00:00Z' } }] });
});

test('without credentials only this machine is let in, under its own name and from no web page', async () => {
  const { url } = await weir();
  const status = async (headers: Body, method = 'POST') =>
    (await send(url, '/api/v1/workspaces/list', {}, { method, headers })).status;
  expect(await status({})).toBe(200);
  expect(await status({ host: 'localhost:8001' })).toBe(200);
  expect(await status({ host: 'weir.example.com' })).toBe(401);
  expect(await status({ 'x-forwarded-for': '203.0.113.9' })).toBe(401);
  expect(await status({ origin: 'https://evil.example' })).toBe(403);
  expect(await status({ 'sec-fetch-site': 'cross-site' })).toBe(401);
  const closed = await weir({});
  expect((await send(closed.url, '/api/v1/workspaces/list', {})).status).toBe(401);
});

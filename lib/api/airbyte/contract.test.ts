import { describe, expect, test } from 'vitest';
import { type ApiClient, testApi } from '#tests/harness/api.ts';
import { makeConnection, ORDERS, SECRET } from '#tests/harness/shop.ts';

// What Airbyte's clients send, as it was recorded from them, and what each of them must find in the answer.

type Body = Record<string, unknown>;

async function served(variables: Record<string, string> = {}) {
  const api = await testApi(variables);
  const ada = await api.admin();
  const ids = await makeConnection(ada);
  const { body } = await ada.send<{ clientId: string; clientSecret: string }>('POST', '/api/weir/v1/applications', {
    ...{ name: 'clients', role: 'editor' },
  });
  const [{ id: workspaceId } = { id: '' }] = await api.query<{ id: string }>('select id from workspace');
  return { ...api, ...ids, ...body, ada, workspaceId, client: api.client() };
}

async function tokenOf({
  client,
  clientId,
  clientSecret,
}: {
  client: ApiClient;
  clientId: string;
  clientSecret: string;
}) {
  const { body } = await client.send<{ access_token: string }>('POST', '/api/public/v1/applications/token', {
    ...{ client_id: clientId, client_secret: clientSecret },
  });
  return { authorization: `Bearer ${body.access_token}` };
}

describe('tokens', () => {
  test('are given for JSON and for forms, in both trees, and hold in both', async () => {
    const api = await served();
    const { client, clientId: client_id, clientSecret: client_secret } = api;
    for (const path of ['/api/public/v1/applications/token', '/v1/applications/token', '/api/v1/applications/token']) {
      const json = await client.send(`POST`, path, { client_id, client_secret, 'grant-type': 'client_credentials' });
      expect(json).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 900 } });
      const form = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
      const answer = await client.fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
      });
      expect([path, answer.status]).toEqual([path, 200]);
    }
    const headers = await tokenOf(api);
    expect((await client.get('/api/public/v1/connections', headers)).status).toBe(200);
    expect((await client.send('POST', '/api/v1/connections/list', {}, headers)).status).toBe(200);
  });

  test('are refused for a wrong secret, and end with their application and after a quarter of an hour', async () => {
    const api = await served();
    const { client, clientId, ada } = api;
    const wrong = await client.send('POST', '/api/public/v1/applications/token', {
      ...{ client_id: clientId, client_secret: 'wrong' },
    });
    expect(wrong.status).toBe(401);
    const headers = await tokenOf(api);
    const forged = { authorization: `${headers.authorization}x` };
    expect((await client.get('/api/public/v1/sources', forged)).status).toBe(401);
    const { body } = await ada.get<{ id: string }[]>('/api/weir/v1/applications');
    await ada.send('DELETE', `/api/weir/v1/applications/${body[0]?.id}`);
    expect((await client.get('/api/public/v1/sources', headers)).status).toBe(401);
  });

  test('a client id with its secret, and an API key as password, are Basic credentials', async () => {
    const { client, clientId, clientSecret, ada } = await served();
    const key = await ada.send<{ secret: string }>('POST', '/api/weir/v1/api-keys', { name: 'ci', role: 'viewer' });
    const status = async (credentials: string) =>
      (await client.send('POST', '/api/v1/workspaces/list', {}, { authorization: `Basic ${btoa(credentials)}` }))
        .status;
    expect(await status(`${clientId}:${clientSecret}`)).toBe(200);
    expect(await status(`airbyte:${key.body.secret}`)).toBe(200);
    expect(await status('airbyte:password')).toBe(401);
  });
});

test('paths answer with and without a slash at the end, and none redirects', async () => {
  const api = await served();
  const headers = await tokenOf(api);
  const { client, connectionId } = api;
  for (const path of ['/api/v1/health', '/api/v1/health/'])
    expect((await client.get(path)).body).toEqual({ available: true });
  for (const path of ['/api/v1/connections/get', '/api/v1/connections/get/'])
    expect((await client.send('POST', path, { connectionId }, headers)).body).toMatchObject({ status: 'active' });
});

test('Prefect and Kestra find an attempt with its log from the first look on, and ids as numbers or texts', async () => {
  const api = await served();
  const headers = await tokenOf(api);
  const { client, connectionId } = api;
  const started = await client.send<Body>('POST', '/api/v1/connections/sync/', { connectionId }, headers);
  expect(started).toMatchObject({ status: 200, body: { job: { status: 'pending', createdAt: expect.any(Number) } } });
  const { id } = started.body.job as { id: number };
  for (const given of [id, String(id)]) {
    const { body } = await client.send('POST', '/api/v1/jobs/get/', { id: given }, headers);
    expect(body).toMatchObject({ attempts: [{ attempt: { id: 0, status: 'running' }, logs: { logLines: [] } }] });
  }
  const second = await client.send('POST', '/api/v1/connections/sync/', { connectionId }, headers);
  expect(second).toMatchObject({
    status: 409,
    body: { message: expect.stringContaining(`A sync is already running for: ${connectionId}`) },
  });
});

test('no status goes out that clients do not know; what is not whole has failed, and says why', async () => {
  const api = await served();
  const headers = await tokenOf(api);
  const { client, connectionId, query, workspaceId } = api;
  const failure = { kind: 'config', code: 'blocked', message: 'A check holds the load back.' };
  const statuses = ['succeeded', 'partial', 'failed', 'cancelled', 'skipped', 'incomplete'];
  for (const status of statuses)
    await query(
      `insert into syncs (workspace_id, connection_id, trigger, status, failure, started_at, finished_at)
       values ($1, $2, 'api', $3, $4, now() - interval '484 seconds', case when $3 = 'incomplete' then null else now() end)`,
      [workspaceId, connectionId, status, status === 'succeeded' ? null : JSON.stringify(failure)],
    );
  const { body } = await client.get<{ data: Body[] }>(`/api/public/v1/jobs?connectionId=${connectionId}`, headers);
  expect(body.data.map(({ status }) => status)).toEqual(['succeeded', 'failed', 'failed', 'cancelled', 'incomplete']);
  expect(body.data[0]).toMatchObject({
    duration: 'PT8M4S',
    jobType: 'sync',
    lastUpdatedAt: expect.stringMatching(/\+00:00$/),
  });
  expect(body.data.at(-1)).not.toHaveProperty('lastUpdatedAt');
  const partial = await client.send('POST', '/api/v1/jobs/get', { id: body.data[1]?.jobId }, headers);
  expect(partial.body).toMatchObject({
    job: { status: 'failed' },
    attempts: [
      {
        attempt: {
          status: 'failed',
          failureSummary: { failures: [{ externalMessage: failure.message, failureType: 'config_error' }] },
        },
      },
    ],
  });
});

test('a job that is over is cancelled without a word, in both trees', async () => {
  const api = await served();
  const headers = await tokenOf(api);
  const { client, connectionId, query } = api;
  const { body } = await client.send<{ jobId: number }>(
    'POST',
    '/api/public/v1/jobs',
    { connectionId, jobType: 'sync' },
    headers,
  );
  const cancelled = await client.send('DELETE', `/api/public/v1/jobs/${body.jobId}`, undefined, headers);
  expect(cancelled).toMatchObject({ status: 200, body: { jobId: body.jobId, status: 'cancelled' } });
  expect((await client.send('DELETE', `/api/public/v1/jobs/${body.jobId}`, undefined, headers)).status).toBe(200);
  expect((await client.send('POST', '/api/v1/jobs/cancel', { id: body.jobId }, headers)).status).toBe(200);
  await query(`update connection set status = 'inactive'`);
  const paused = await client.send('POST', '/api/public/v1/jobs', { connectionId, jobType: 'sync' }, headers);
  expect(paused).toMatchObject({ status: 409, body: { title: 'state-conflict' } });
  expect((await client.send('POST', '/api/public/v1/jobs', { connectionId, jobType: 'refresh' }, headers)).status).toBe(
    422,
  );
});

test('the Python SDK finds every field that it requires of connections and destinations, and 200 and 204', async () => {
  const api = await served();
  const headers = await tokenOf(api);
  const { client, connectionId, destinationId, sourceId } = api;
  const { body } = await client.get<Body>(`/api/public/v1/connections/${connectionId}`, headers);
  expect(body).toMatchObject({
    ...{ connectionId, sourceId, destinationId, name: 'Shop to warehouse', status: 'active', tags: [] },
    schedule: { scheduleType: 'manual' },
    configurations: { streams: [{ name: 'orders', syncMode: 'incremental_deduped_history' }] },
    createdAt: expect.any(Number),
  });
  expect(Object.values(body)).not.toContain(null);
  const destination = await client.get(`/api/public/v1/destinations/${destinationId}`, headers);
  expect(destination.body).toMatchObject({ configuration: { destinationType: 'postgres', password: '**********' } });
  expect((await client.send('DELETE', `/api/public/v1/connections/${connectionId}`, undefined, headers)).status).toBe(
    204,
  );
  expect((await client.send('DELETE', `/api/public/v1/sources/${sourceId}`, undefined, headers)).status).toBe(204);
  expect(await client.get(`/api/public/v1/sources/${sourceId}`, headers)).toMatchObject({
    status: 404,
    body: { title: 'resource-not-found', type: expect.stringContaining('#resource-not-found') },
  });
});

test('Dagster follows the next page by its query, whose end is an empty text', async () => {
  const api = await served();
  const headers = await tokenOf(api);
  const { client, ada, sourceId, destinationId, workspaceId } = api;
  for (const name of ['b', 'c', 'd'])
    await ada.send('POST', '/api/weir/v1/connections', { name, sourceId, destinationId, streams: [ORDERS] });
  const names: unknown[] = [];
  let next = `/api/public/v1/connections?workspaceIds=${workspaceId}&limit=3`;
  for (let page = 1; next !== ''; page++) {
    const { body } = await client.get<{ data: Body[]; next: string }>(next, headers);
    names.push(...body.data.map(({ name }) => name));
    next = body.next && `/api/public/v1/connections${new URL(body.next).search}`;
    expect(page).toBeLessThan(5);
  }
  expect(names).toEqual(['Shop to warehouse', 'b', 'c', 'd']);
  const both = await client.get(`/api/public/v1/connections?workspaceIds=x,${workspaceId}`, headers);
  expect(both.status).toBe(200);
  expect((await client.get('/api/public/v1/jobs?orderBy=name', headers)).status).toBe(400);
  expect((await client.get('/api/public/v1/jobs?orderBy=createdAt%7CDESC&status=running', headers)).status).toBe(200);
});

test('a masked secret that comes back is kept, by a whole update and by a part; another one takes its place', async () => {
  const api = await served();
  const headers = await tokenOf(api);
  const { client, sourceId, query, context } = api;
  const stored = async () => {
    const [row] = await query<{ key: string }>(`select config -> 'api_key' ->> '$sealed' as key from source`);
    return JSON.parse(context.secrets.open(row?.key ?? '', `source:${sourceId}`));
  };
  const put = (body: Body) =>
    client.send('PUT', `/api/public/v1/sources/${sourceId}`, { name: 'Shop EU', configuration: body }, headers);
  expect((await put({ api_key: '**********', start_date: '2026-02-01' })).status).toBe(200);
  expect(await stored()).toBe(SECRET);
  const part = { configuration: { start_date: '2026-03-01' } };
  const patched = await client.send('PATCH', `/api/public/v1/sources/${sourceId}`, part, headers);
  expect(patched.body).toMatchObject({ configuration: { api_key: '**********', start_date: '2026-03-01' } });
  expect(await stored()).toBe(SECRET);
  await put({ api_key: 'another-secret', start_date: '2026-03-01' });
  expect(await stored()).toBe('another-secret');
  expect((await put({ api_key: 'k', start_date: 'soon' })).status).toBe(422);
});

test('what is refused before a route is found has the form of its tree, too', async () => {
  const api = await served();
  const headers = await tokenOf(api);
  const problem = await api.client.get('/api/public/v1/jobs?status=%00', headers);
  expect(problem).toMatchObject({ status: 400, body: { status: 400, title: 'bad-request' } });
  const forged = { ...headers, origin: 'https://evil.example' };
  const config = await api.client.send('POST', '/api/v1/jobs/list', {}, forged);
  expect(config).toMatchObject({ status: 403, body: { exceptionClassName: 'foreign_origin' } });
});

test('Terraform makes, reads, changes and deletes: POST then GET, PUT and PATCH with secrets in clear, 404 for what is gone', async () => {
  const api = await served();
  const headers = await tokenOf(api);
  const { client, connectorId, workspaceId } = api;
  const send = (method: string, path: string, body?: Body) =>
    client.send<Body>(method, `/api/public/v1/${path}`, body, headers);
  const configuration = { api_key: SECRET, start_date: '2026-01-01' };
  const source = { name: 'by terraform', workspaceId, definitionId: connectorId, configuration };
  const made = await send('POST', 'sources', source);
  expect(made).toMatchObject({ status: 200, body: { name: 'by terraform', definitionId: connectorId, workspaceId } });
  const at = `sources/${made.body.sourceId}`;
  // It keeps what it wrote itself, and compares only the rest of what it reads.
  expect(await send('GET', at)).toMatchObject({
    status: 200,
    body: { name: 'by terraform', sourceId: made.body.sourceId },
  });
  const put = await send('PUT', at, { name: 'renamed', configuration: { ...configuration, api_key: 'another' } });
  expect(put).toMatchObject({ status: 200, body: { name: 'renamed' } });

  const there = `connections/${api.connectionId}`;
  expect(await send('GET', there)).toMatchObject({ status: 200, body: { status: 'active' } });
  const patched = await send('PATCH', there, {
    ...{ name: 'by terraform', prefix: 'tf_', status: 'active', namespaceDefinition: 'destination' },
    schedule: { scheduleType: 'cron', cronExpression: '0 30 7 * * ?' },
  });
  expect(patched.body).toMatchObject({ schedule: { scheduleType: 'cron', cronExpression: '0 30 7 * * ?' } });
  const zoned = await send('PATCH', there, { schedule: { scheduleType: 'cron', cronExpression: '0 30 7 * * ? UTC' } });
  expect(zoned.body).toMatchObject({ schedule: { cronExpression: '0 30 7 * * ? UTC' } });
  for (const path of [there, at]) {
    expect((await send('DELETE', path)).status).toBe(204);
    expect((await send('GET', path)).status).toBe(404);
    expect((await send('DELETE', path)).status).toBe(404);
  }
});

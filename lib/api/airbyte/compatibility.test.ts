import { expect, test } from 'vitest';
import { withWorker } from '#tests/harness/answering-worker.ts';
import { testApi } from '#tests/harness/api.ts';
import { make, makeConnection, POSTGRES } from '#tests/harness/shop.ts';
import { configRoutes, publicRoutes } from './routes.ts';

// What breaks Airbyte's clients when a server does it otherwise, over all routes at once.

type Body = Record<string, unknown>;

/** A workspace that has one of everything, with a job in each state. */
async function furnished(variables: Record<string, string> = {}) {
  const api = await testApi(variables);
  const ada = await api.admin();
  const ids = await makeConnection(ada);
  const [{ id: workspaceId } = { id: '' }] = await api.query<{ id: string }>('select id from workspace');
  for (const status of ['succeeded', 'failed', 'cancelled', 'partial', 'running'])
    await api.query(
      `insert into syncs (workspace_id, connection_id, trigger, status, started_at, finished_at)
       select workspace_id, id, 'api', $1, now(), case when $1 = 'running' then null else now() end from connection`,
      [status],
    );
  const tag = await ada.send<Body>('POST', '/api/public/v1/tags', { name: 'gold', color: 'FF0000', workspaceId });
  const application = await ada.send<Body>('POST', '/api/public/v1/applications', { name: 'ci' });
  return {
    ...api,
    ...ids,
    ada,
    workspaceId,
    tagId: String(tag.body.tagId),
    applicationId: String(application.body.id),
  };
}

type Furnished = Awaited<ReturnType<typeof furnished>>;

/** Every GET of the public tree with its names filled in. */
function reads(ids: Furnished): string[] {
  const filled: Record<string, string> = {
    ...{ workspaceId: ids.workspaceId, connectionId: ids.connectionId, sourceId: ids.sourceId },
    ...{ destinationId: ids.destinationId, tagId: ids.tagId, jobId: '1' },
  };
  return publicRoutes
    .filter(({ route, role }) => route.startsWith('GET ') && role !== 'anybody' && !route.includes('/streams'))
    .map(({ route }) => {
      const path = route.slice('GET '.length);
      const id = path.includes('/sources/')
        ? ids.connectorId
        : path.includes('applications')
          ? ids.applicationId
          : 'postgres';
      return path.replaceAll(
        /:(\w+)/g,
        (_whole, name: string) => filled[name] ?? (name === 'permissionId' ? 'me' : id),
      );
    })
    .map((path) =>
      path.replace(`definitions/declarative_sources/postgres`, `definitions/declarative_sources/${ids.connectorId}`),
    )
    .filter((path) => !path.endsWith('/me'));
}

/** Where null stands in a JSON value. */
function nulls(value: unknown, path = ''): string[] {
  if (value === null) return [path];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => nulls(inner, `${path}.${key}`));
}

test('what is read is 200 and JSON in both spellings of the public tree, and says nothing with null', async () => {
  const api = await furnished();
  const paths = reads(api);
  expect(paths.length).toBeGreaterThan(25);
  for (const path of paths)
    for (const root of ['/api/public/v1', '/v1', '/api/public/v1/'.slice(0, -1)]) {
      const answer = await api.ada.get<unknown>(`${root}${path}`);
      expect([path, answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([
        ...[path, 200, 'application/json'],
      ]);
      // Manifests are the user's own.
      if (!path.includes('declarative_sources')) expect([path, nulls(answer.body)]).toEqual([path, []]);
    }
});

test('each verb that reads answers with a slash at its end and without, and says nothing with null', async () => {
  const api = await furnished();
  const body = {
    ...{ workspaceId: api.workspaceId, connectionId: api.connectionId, sourceId: api.sourceId, id: 2 },
    ...{ destinationId: api.destinationId, configId: api.connectionId, configTypes: ['sync'], slug: 'harbour-data' },
    ...{ sourceDefinitionId: api.connectorId, destinationDefinitionId: 'postgres' },
    ...{ organizationId: '00000000-0000-0000-0000-000000000000', pagination: { pageSize: 5 } },
  };
  const verbs = configRoutes
    .filter(({ verb, role, action }) => role !== 'anybody' && !action && /\/(get|list)/.test(verb))
    .map(({ verb }) => verb)
    .filter((verb) => !verb.startsWith('operations/get') && !verb.startsWith('state/'));
  expect(verbs.length).toBeGreaterThan(30);
  for (const verb of verbs)
    for (const path of [verb, `${verb}/`]) {
      const answer = await api.ada.send<unknown>('POST', `/api/v1/${path}`, body);
      expect([path, answer.status, nulls(answer.body)]).toEqual([path, 200, []]);
    }
});

test('health and tokens never ask who it is, whatever credentials come along', async () => {
  const { client } = await furnished();
  for (const authorization of [undefined, 'Bearer expired', 'Basic YWlyYnl0ZTpwYXNzd29yZA==', 'Nonsense']) {
    const headers: Record<string, string> = authorization ? { authorization } : {};
    for (const path of ['/api/v1/health', '/api/v1/health/', '/api/public/v1/health', '/v1/health'])
      expect([path, (await client().fetch(path, { headers })).status]).toEqual([path, 200]);
    const token = await client().send(
      'POST',
      '/v1/applications/token',
      { client_id: 'x', client_secret: 'y' },
      headers,
    );
    expect(token.status).toBe(401);
    expect((await client().get('/api/public/v1/jobs', headers)).status).toBe(401);
  }
});

test('a form for a token may not be larger than a form is', async () => {
  const { client } = await testApi();
  const answer = await client().fetch('/api/public/v1/applications/token', {
    ...{ method: 'POST', body: `client_id=${'x'.repeat(3_000_000)}` },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(answer.status).toBe(413);
});

test('a tunnel that Weir does not open is refused, and its password kept nowhere', async () => {
  const { ada, workspaceId, query } = await furnished();
  const destination = (tunnel_method: Body) => ({
    ...{ name: `by ${tunnel_method.tunnel_method}`, workspaceId },
    configuration: { destinationType: 'postgres', ...POSTGRES.config, tunnel_method },
  });
  const tunnel = { tunnel_method: 'SSH_PASSWORD_AUTH', tunnel_host: 'bastion', tunnel_user_password: 'opensesame' };
  const refused = await ada.send('POST', '/api/public/v1/destinations', destination(tunnel));
  expect(refused).toMatchObject({ status: 422, body: { detail: expect.stringContaining('tunnel_method') } });
  expect(JSON.stringify(refused.body)).not.toContain('opensesame');
  const none = await ada.send('POST', '/api/public/v1/destinations', destination({ tunnel_method: 'NO_TUNNEL' }));
  expect(none.status).toBe(200);
  expect(JSON.stringify(await query('select config from destination'))).not.toContain('opensesame');
});

test('deleting answers 204 with nothing in it, but for jobs and definitions', async () => {
  const api = await furnished();
  await api.query("update syncs set status = 'cancelled', finished_at = now()");
  const empty = [
    'tags',
    api.tagId,
    'connections',
    api.connectionId,
    'sources',
    api.sourceId,
    'destinations',
    api.destinationId,
  ];
  for (let at = 0; at < empty.length; at += 2) {
    const answer = await api.ada.fetch(`/api/public/v1/${empty[at]}/${empty[at + 1]}`, { method: 'DELETE' });
    expect([empty[at], answer.status, await answer.text()]).toEqual([empty[at], 204, '']);
  }
  const base = `/api/public/v1/workspaces/${api.workspaceId}/definitions/declarative_sources`;
  expect(await api.ada.send('DELETE', `${base}/${api.connectorId}`)).toMatchObject({
    status: 200,
    body: { name: 'Shop' },
  });
});

test('making and changing answers 200, never 201', async () => {
  const api = await furnished();
  const destination = { name: 'second', workspaceId: api.workspaceId };
  const configuration = { destinationType: 'postgres', ...POSTGRES.config };
  const made = await api.ada.send<Body>('POST', '/api/public/v1/destinations', { ...destination, configuration });
  expect([made.status, made.body.destinationType]).toEqual([200, 'postgres']);
  const at = `/api/public/v1/destinations/${made.body.destinationId}`;
  expect((await api.ada.send('PATCH', at, { name: 'third' })).status).toBe(200);
  expect((await api.ada.send('PUT', at, { name: 'fourth', configuration })).status).toBe(200);
  const [, ...all] = (await api.ada.get<{ data: Body[] }>('/api/public/v1/destinations')).body.data;
  expect(all).toMatchObject([
    { name: 'fourth', configuration: { destinationType: 'postgres', password: '**********' } },
  ]);
  const stored = await api.query<{ config: Body }>(`select config from destination where name = 'fourth'`);
  expect(stored[0]?.config).not.toHaveProperty('destinationType');
});

test('a second sync is refused in both trees in the words that Kestra looks for', async () => {
  const api = await furnished();
  const words = `A sync is already running for: ${api.connectionId}`;
  const open = await api.ada.send('POST', '/api/public/v1/jobs', { connectionId: api.connectionId, jobType: 'sync' });
  expect(open).toMatchObject({
    status: 409,
    body: { title: 'try-again-later', detail: expect.stringContaining(words) },
  });
  const config = await api.ada.send('POST', '/v1/jobs', { connectionId: api.connectionId, jobType: 'sync' });
  expect(config.status).toBe(409);
  const state = { connectionId: api.connectionId, connectionState: { stateType: 'not_set' } };
  expect((await api.ada.send('POST', '/api/v1/state/create_or_update_safe', state)).status).toBe(423);
});

test('a job has an attempt with log lines in every state, and a time of change only once it is over', async () => {
  const api = await furnished();
  const wire = ['pending', 'running', 'incomplete', 'failed', 'succeeded', 'cancelled'];
  const { body } = await api.ada.get<{ data: Body[] }>('/api/public/v1/jobs?limit=100');
  expect(body.data).toHaveLength(5);
  for (const { jobId, status, ...job } of body.data) {
    expect(wire).toContain(status);
    expect(['succeeded', 'failed', 'cancelled'].includes(String(status))).toBe('lastUpdatedAt' in job);
    for (const verb of ['get', 'get_without_logs', 'get_light', 'get_debug_info']) {
      const info = await api.ada.send<{ attempts: Body[] }>('POST', `/api/v1/jobs/${verb}`, { id: jobId });
      expect(info.body.attempts.length).toBeGreaterThan(0);
      expect(info.body.attempts.at(-1)).toMatchObject({ attempt: { id: expect.any(Number) }, logs: { logLines: [] } });
    }
  }
});

test('lists take workspaces repeated and joined, and what is deleted is not asked for', async () => {
  const api = await furnished();
  const w = api.workspaceId;
  for (const thing of ['sources', 'destinations', 'connections', 'workspaces'])
    for (const query of [`workspaceIds=${w}`, `workspaceIds=${w}&workspaceIds=${w}`, `workspaceIds=${w},${w}`]) {
      const path = `/api/public/v1/${thing}?${query}&includeDeleted=false&limit=20&offset=0`;
      const answer = await api.ada.get<{ data: Body[]; next: string; previous: string }>(path);
      expect([path, answer.status, answer.body.data.length]).toEqual([path, 200, 1]);
      expect(answer.body).toMatchObject({ next: '', previous: '' });
    }
  expect((await api.ada.get('/api/public/v1/sources?limit=0')).status).toBe(400);
  expect((await api.ada.get('/api/public/v1/sources?limit=101')).status).toBe(400);
});

test('a page of jobs that is none is refused, in both trees', async () => {
  const api = await testApi();
  const ada = await api.admin();
  for (const pagination of [{ pageSize: -1 }, { rowOffset: -1 }, { pageSize: 'x' }, { rowOffset: 1.5 }]) {
    const { status, body } = await ada.send('POST', '/api/v1/jobs/list', { configTypes: ['sync'], pagination });
    expect([status, body.message]).toEqual([422, expect.stringContaining('A whole number.')]);
  }
  for (const query of ['limit=0', 'limit=101', 'limit=-1', 'offset=-1', 'offset=x'])
    expect((await ada.get(`/api/public/v1/jobs?${query}`)).status).toBe(400);
});

test('the streams of a source are a bare list with the odd spelling of its keys', async () => {
  const ada = await (await withWorker()).admin();
  const { sourceId, destinationId } = await makeConnection(ada);
  const { body } = await ada.get<Body[]>(`/api/public/v1/streams?sourceId=${sourceId}&destinationId=${destinationId}`);
  expect(body).toMatchObject([
    {
      ...{ streamName: 'orders', streamnamespace: '', syncModes: expect.arrayContaining(['full_refresh_overwrite']) },
      ...{ sourceDefinedCursorField: false, sourceDefinedPrimaryKey: [['order_id']] },
      propertyFields: expect.arrayContaining([['order_id']]),
    },
  ]);
  await make(ada, 'destinations', { ...POSTGRES, name: 'another' });
});

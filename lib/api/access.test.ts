import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ADMIN, type ApiClient, testApi } from '#tests/harness/api.ts';
import { stopTime } from '#tests/harness/stop-time.ts';
import { configRoutes } from './airbyte/routes.ts';
import { ownRoutes } from './api.ts';

const V1 = '/api/weir/v1';
const signIn = (client: ApiClient, password = ADMIN.password, email = ADMIN.email) =>
  client.send('POST', '/api/auth/sign-in/email', { email, password });

describe('setting up', () => {
  test('works once, and signs in', async () => {
    const { client } = await testApi();
    const ada = client();
    expect((await ada.get(`${V1}/setup`)).body).toEqual({ needed: true });
    expect((await ada.get(`${V1}/me`)).status).toBe(401);
    const made = await ada.send('POST', `${V1}/setup`, ADMIN);
    expect(made.status).toBe(201);
    expect((await ada.get(`${V1}/me`)).body).toMatchObject({ email: ADMIN.email, role: 'admin' });
    const again = await client().send('POST', `${V1}/setup`, { ...ADMIN, email: 'eve@example.com' });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'already_set_up' } } });
  });

  test('names every field that is wrong', async () => {
    const { client } = await testApi();
    const answer = await client().send('POST', `${V1}/setup`, { ...ADMIN, email: 'x', password: 'password' });
    expect(answer.status).toBe(422);
    expect(answer.body.issues).toMatchObject([{ path: 'email' }, { path: 'password' }]);
  });
});

describe('signing in', () => {
  test.each([
    ['localhost', {}, 'http://localhost:8000', false],
    ['127.0.0.1', {}, 'http://127.0.0.1:8000', false],
    ['an address of the local network', {}, 'http://192.168.7.20:8000', false],
    ['a proxy with TLS', { WEIR_URL: 'https://weir.example.com' }, 'https://weir.example.com', true],
  ])('works at %s', async (_, variables, origin, secure) => {
    const { admin, client } = await testApi(variables as Record<string, string>);
    await admin();
    const ada = client({ origin });
    const answer = await signIn(ada);
    expect(answer.status).toBe(200);
    const cookie = answer.headers.getSetCookie().join();
    expect(cookie).toMatch(/HttpOnly;.*SameSite=Lax/i);
    expect(/secure/i.test(cookie)).toBe(secure);
    expect(JSON.stringify(answer.body)).not.toContain('token');
    expect((await ada.get(`${V1}/me`)).body).toMatchObject({ email: ADMIN.email });
    expect((await ada.send('POST', '/api/auth/sign-out')).status).toBe(200);
    expect((await ada.get(`${V1}/me`)).status).toBe(401);
  });

  test('works behind a proxy that speaks plain HTTP to us and forwards who asked', async () => {
    const { admin, client } = await testApi({ WEIR_TRUST_PROXY: '1' });
    await admin();
    const ada = client({ origin: 'http://10.0.0.5:8000' });
    const forwarded = {
      origin: 'https://weir.example.com',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'weir.example.com',
    };
    const answer = await ada.send('POST', '/api/auth/sign-in/email', ADMIN_CREDENTIALS, forwarded);
    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie().join()).toMatch(/__Secure-weir/);
    expect((await ada.get(`${V1}/me`, forwarded)).status).toBe(200);
  });

  test('a wrong password and an unknown address look alike, and both are noted', async () => {
    const { admin, client, query } = await testApi();
    await admin();
    const wrong = await signIn(client(), 'not the password');
    const unknown = await signIn(client(), 'not the password', 'eve@example.com');
    expect(wrong.status).toBe(401);
    expect(unknown.body).toEqual(wrong.body);
    expect(await query(`select actor from audit_entry where action = 'sign_in.refused' order by id`)).toEqual([
      { actor: ADMIN.email },
      { actor: 'eve@example.com' },
    ]);
  });

  test('one account cannot be tried from many addresses', async () => {
    stopTime();
    const { admin, client } = await testApi();
    await admin();
    for (let n = 1; n <= 10; n++) {
      const answer = await signIn(client({ peer: `10.0.0.${n}` }), 'not the password');
      expect(answer.status).toBe(401);
    }
    const refused = await signIn(client({ peer: '10.0.0.99' }));
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'too_many_tries' } } });
  });

  test('a session ends after thirty days however often it is used', async () => {
    const { admin, query } = await testApi();
    const ada = await admin();
    await query(`update session set "createdAt" = now() - interval '31 days'`);
    expect((await ada.get(`${V1}/me`)).status).toBe(401);
  });

  test('what is not ours of better-auth is closed', async () => {
    const { client } = await testApi();
    for (const path of ['sign-up/email', 'sign-in/social', 'update-user', 'request-password-reset'])
      expect([path, (await client().send('POST', `/api/auth/${path}`, ADMIN)).status]).toEqual([path, 404]);
  });

  test('of a whole office at once is no attack, and tries that fail from there are', async () => {
    stopTime();
    const { admin, client } = await testApi();
    await admin();
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) {
      const answers = await Promise.all(Array.from({ length: 7 }, () => signIn(client())));
      statuses.push(...answers.map(({ status }) => status));
    }
    expect(new Set(statuses)).toEqual(new Set([200]));
    for (let n = 0; n < 31; n++) statuses.push((await signIn(client(), 'wrong', `eve${n}@example.com`)).status);
    expect(statuses.at(-1)).toBe(429);
  });

  test('that tries too often says when to come back', async () => {
    stopTime();
    const { admin, client } = await testApi();
    await admin();
    for (let n = 0; n < 10; n++) await signIn(client(), 'wrong');
    const answer = await signIn(client(), 'wrong');
    expect([answer.status, Number(answer.headers.get('retry-after'))]).toEqual([429, 300]);
  });

  test('and out again stands in the audit log', async () => {
    const { admin, client, query } = await testApi();
    await admin();
    const phone = client();
    await signIn(phone);
    await phone.send('POST', '/api/auth/sign-out');
    await phone.send('POST', '/api/auth/sign-out');
    const entries = await query(`select actor, action, subject from audit_entry where action like 'sign_out%'`);
    expect(entries).toEqual([{ actor: ADMIN.email, action: 'sign_out', subject: 'session' }]);
  });

  test('a changed password ends the other sessions', async () => {
    const { admin, client } = await testApi();
    const ada = await admin();
    const elsewhere = client();
    await signIn(elsewhere);
    const change = { currentPassword: ADMIN.password, newPassword: 'eleven red boats' };
    expect((await ada.send('POST', '/api/auth/change-password', change)).status).toBe(200);
    expect((await elsewhere.get(`${V1}/me`)).status).toBe(401);
    expect((await ada.get(`${V1}/me`)).status).toBe(200);
    expect((await signIn(client(), 'eleven red boats')).status).toBe(200);
  });
});

const ADMIN_CREDENTIALS = { email: ADMIN.email, password: ADMIN.password };

describe('requests from other pages', () => {
  test('are refused when they would change something', async () => {
    const { admin } = await testApi();
    const ada = await admin();
    const forged = { origin: 'https://evil.example' };
    const answer = await ada.send('POST', `${V1}/connectors`, { name: 'x' }, forged);
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'foreign_origin' } } });
    expect((await ada.get<unknown[]>(`${V1}/connectors`)).body).toEqual([]);
  });

  test('cannot invent their own origin by forwarded headers', async () => {
    const { admin } = await testApi();
    const ada = await admin();
    const forged = {
      origin: 'https://evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
    };
    expect((await ada.send('POST', `${V1}/connectors`, { name: 'x' }, forged)).status).toBe(403);
    expect((await ada.send('POST', '/api/auth/sign-out', {}, forged)).status).toBe(403);
  });
});

describe('roles and API keys', () => {
  test('a viewer reads, an editor changes, an administrator decides who may come in', async () => {
    const { admin, client, query } = await testApi();
    const ada = await admin();
    const keys = new Map<string, string>();
    for (const role of ['viewer', 'editor', 'admin']) {
      const { body, status } = await ada.send<{ secret: string }>('POST', `${V1}/api-keys`, { name: role, role });
      expect(status).toBe(201);
      keys.set(role, body.secret);
    }
    const status = async (role: string, method: string, path: string, body?: unknown) => {
      const headers = { authorization: `Bearer ${keys.get(role)}` };
      const nobody = client();
      return (await (method === 'GET' ? nobody.get(path, headers) : nobody.send(method, path, body, headers))).status;
    };
    expect(await status('viewer', 'GET', `${V1}/connectors`)).toBe(200);
    expect(await status('viewer', 'POST', `${V1}/connectors`, { name: 'a' })).toBe(403);
    expect(await status('editor', 'POST', `${V1}/connectors`, { name: 'b' })).toBe(201);
    expect(await status('editor', 'POST', `${V1}/api-keys`, { name: 'c', role: 'admin' })).toBe(403);
    expect(await status('editor', 'POST', `${V1}/allowed-hosts`, { host: 'db.lan', port: 5432 })).toBe(403);
    expect(await status('admin', 'POST', `${V1}/allowed-hosts`, { host: 'db.lan', port: 5432 })).toBe(201);
    expect(await status('nobody', 'GET', `${V1}/connectors`)).toBe(401);
    expect(await query(`select actor, subject from audit_entry where action = 'refused' order by id`)).toEqual([
      { actor: 'API key viewer', subject: 'connector.create' },
      { actor: 'API key editor', subject: 'api_key.create' },
      { actor: 'API key editor', subject: 'allowed_host.add' },
    ]);
  });

  test('a key is shown once; it stops when it is deleted or has expired', async () => {
    const { admin, client, query } = await testApi();
    const ada = await admin();
    const { body } = await ada.send<{ id: string; secret: string }>('POST', `${V1}/api-keys`, {
      name: 'airflow',
      role: 'viewer',
      expiresInDays: 30,
    });
    expect(JSON.stringify((await ada.get(`${V1}/api-keys`)).body)).not.toContain(body.secret);
    expect(JSON.stringify(await query('select * from api_key'))).not.toContain(body.secret);
    const use = async () => (await client().get(`${V1}/me`, { authorization: `Bearer ${body.secret}` })).status;
    expect(await use()).toBe(200);
    await query(`update api_key set expires_at = now() - interval '1 second'`);
    expect(await use()).toBe(401);
    await query(`update api_key set expires_at = null`);
    expect(await use()).toBe(200);
    expect((await ada.send('DELETE', `${V1}/api-keys/${body.id}`)).status).toBe(204);
    expect(await use()).toBe(401);
  });

  test('every route is closed to strangers but the first steps, the documents and addresses that are secrets themselves', async () => {
    const { admin, client } = await testApi();
    await admin();
    const stranger = client();
    const open: string[] = [];
    for (const route of routes()) {
      const [method = '', path = ''] = route.split(' ');
      const url = `${V1}${path.replace(/:(id)/g, '00000000-0000-4000-8000-000000000000').replace(/:\w+/g, '1')}`;
      const { status } = await (method === 'GET' ? stranger.get(url) : stranger.send(method, url, {}));
      if (status !== 401) open.push(route);
    }
    expect(open).toEqual([
      'GET /health',
      'GET /setup',
      'POST /setup',
      'POST /triggers/:token',
      'POST /invitations/read',
      'POST /invitations/accept',
      'GET /openapi.json',
      'GET /docs',
    ]);
  });
});

test('every route that changes something is named in the audit log, but for what is noted elsewhere or changes nothing that lasts', () => {
  const unnamed = ownRoutes()
    .routes.filter(({ method, handler }) => method !== 'GET' && method !== 'ALL' && !actionOf(handler))
    .map(({ method, path }) => `${method} ${path}`);
  const named = ownRoutes().routes.flatMap(({ method, path, handler }) =>
    actionOf(handler) ? [`${method} ${path}`] : [],
  );
  expect([...new Set(unnamed)].filter((route) => !named.includes(route)).toSorted()).toEqual(
    [
      // Noted where it is done.
      ...['POST /setup', 'POST /slack/:id', 'POST /triggers/:token', 'POST /invitations/accept'],
      // What is saved as one types; the version that is made of it is noted.
      'PUT /connectors/:id/draft',
      // They only look.
      ...['POST /manifests/validate', 'POST /suites/validate', 'POST /invitations/read'],
      // One's own question, and one's own browser.
      ...['DELETE /probes/:id', 'POST /workspaces/:id/enter'],
    ].toSorted(),
  );
  const looks = /\/(list|get|search)(_|$)|get_|list_/;
  const silent = configRoutes.filter(({ verb, action }) => action === undefined && !looks.test(verb));
  // Each of these refuses, or answers without keeping anything.
  expect(silent.map(({ verb }) => verb)).toEqual([
    ...['applications/token', 'workspaces/create', 'source_definitions/create_custom'],
    ...['destination_definitions/create_custom', 'organizations/update', 'operations/create', 'operations/update'],
  ]);
});

function actionOf(handler: unknown): string | undefined {
  return (handler as { entrance?: { action?: string } }).entrance?.action;
}

test('the documentation lists every route, and no other', () => {
  const page = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `([A-Z]+ \/[^`]*)` +\|/gm)].map(([, route]) => route);
  expect(listed.toSorted()).toEqual(routes().toSorted());
});

function routes(): string[] {
  return [...new Set(ownRoutes().routes.map(({ method, path }) => `${method} ${path}`))];
}

test('health answers without signing in, with and without a slash', async () => {
  const { client } = await testApi();
  for (const path of ['/api/v1/health', '/api/v1/health/', `${V1}/health`])
    expect((await client().get(path)).body).toEqual({ available: true });
  expect((await client().get('/api/public/v1/health')).status).toBe(200);
});

test('an address that takes another method says which', async () => {
  const { client } = await testApi();
  const trigger = await client().get(`${V1}/triggers/whatever`);
  expect(trigger).toMatchObject({ status: 405, body: { error: { message: 'This address takes POST, and not GET.' } } });
  expect(trigger.headers.get('allow')).toBe('POST');
  expect((await client().send('POST', `${V1}/overview/`)).status).toBe(405);
  expect((await client().get(`${V1}/nothing/here`)).status).toBe(404);
});

test('answers carry the headers that keep browsers from guessing', async () => {
  const { client } = await testApi();
  const forged = { origin: 'https://evil.example' };
  for (const { headers } of [await client().get(`${V1}/me`), await client().send('POST', `${V1}/setup`, {}, forged)]) {
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
  }
});

test('what Postgres can’t hold and forms that can’t be read are refused, not failed', async () => {
  const { admin } = await testApi();
  const ada = await admin();
  const nul = await ada.send('POST', `${V1}/connectors`, { name: 'a\u0000b' });
  expect(nul).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } });
  expect((await ada.get(`${V1}/suites/00000000-0000-4000-8000-000000000000/history?key=%00`)).status).toBe(400);
  const form = await ada.fetch(`${V1}/uploads`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data', 'content-length': '3' },
    body: 'abc',
  });
  expect(form.status).toBe(400);
});

test('a list is answered by pages when it is asked so', async () => {
  const { admin } = await testApi();
  const ada = await admin();
  for (const name of ['a', 'b', 'c']) await ada.send('POST', `${V1}/connectors`, { name });
  const first = await ada.get<{ name: string }[]>(`${V1}/connectors?limit=2`);
  expect(first.body.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(first.headers.get('x-total-count')).toBe('3');
  expect(first.headers.get('link')).toBe(`<${V1}/connectors?limit=2&offset=2>; rel="next"`);
  const last = await ada.get<{ name: string }[]>(`${V1}/connectors?limit=2&offset=2`);
  expect([last.body.map(({ name }) => name), last.headers.get('link')]).toEqual([['c'], null]);
  for (const path of ['connectors', 'syncs'])
    for (const limit of ['x', '0', '-1', '1001', '9e99'])
      expect((await ada.get(`${V1}/${path}?limit=${limit}`)).status, `${path} ${limit}`).toBe(400);
});

import { expect, test } from 'vitest';
import { identify } from '#lib/access/identify.ts';
import { forgetAccess } from '#lib/access/retention.ts';
import { type ApiClient, testApi } from '#tests/harness/api.ts';
import { stopTime } from '#tests/harness/stop-time.ts';

const V1 = '/api/weir/v1';
const BOB = { name: 'Bob Byrne', email: 'bob@example.com', password: 'nine quiet harbours' };

test('an invitation lets its address in once, with its role, and signs in', async () => {
  const { api, ada, bob } = await withBob('editor');
  expect(await bob.get(`${V1}/me`)).toMatchObject({ body: { email: BOB.email, role: 'editor' } });
  expect((await ada.get<unknown[]>(`${V1}/invitations`)).body).toEqual([]);
  expect((await bob.get(`${V1}/members`)).status).toBe(403);
  const dump = JSON.stringify(await api.query('select * from invitation'));
  expect(dump).toContain(BOB.email);
});

test('a link that was used, taken back or has expired lets nobody in', async () => {
  const { api, ada, token } = await withBob('viewer');
  const used = await accept(api.client(), { ...BOB, token });
  expect(used).toMatchObject({ status: 422, body: { error: { code: 'link_expired' } } });
  const { body: again } = await ada.send('POST', `${V1}/invitations`, { email: 'eve@example.com', role: 'admin' });
  expect((await ada.send('DELETE', `${V1}/invitations/${again.id}`)).status).toBe(204);
  expect((await accept(api.client(), { ...BOB, token: again.token })).body).toMatchObject({
    error: { code: 'link_expired' },
  });
  const { body: old } = await ada.send('POST', `${V1}/invitations`, { email: 'eve@example.com', role: 'admin' });
  await api.query(`update invitation set expires_at = now() - interval '1 second'`);
  expect((await accept(api.client(), { ...BOB, token: old.token })).body).toMatchObject({
    error: { code: 'link_expired' },
  });
  expect((await api.query('select 1 from "user"')).length).toBe(2);
});

test('used by two at once, a link makes one member', async () => {
  const api = await testApi();
  const ada = await api.admin();
  const { body } = await ada.send('POST', `${V1}/invitations`, { email: BOB.email, role: 'viewer' });
  const answers = await Promise.all([1, 2, 3].map(() => accept(api.client(), { ...BOB, token: body.token })));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect((await api.query('select 1 from membership')).length).toBe(2);
});

test('an administrator’s link sets a new password, and ends what the old one began', async () => {
  const { api, ada, bob, bobId } = await withBob('editor');
  const { body } = await ada.send('POST', `${V1}/members/${bobId}/password-reset`);
  expect((await bob.get(`${V1}/me`)).status).toBe(200);
  const weak = await accept(api.client(), { token: body.token, password: 'short' });
  expect(weak.body).toMatchObject({ issues: [{ path: 'password' }] });
  expect((await accept(api.client(), { token: body.token, password: 'four slow comets' })).status).toBe(201);
  expect((await bob.get(`${V1}/me`)).status).toBe(401);
  const signIn = (password: string) =>
    api.client().send('POST', '/api/auth/sign-in/email', { email: BOB.email, password });
  expect((await signIn(BOB.password)).status).not.toBe(200);
  expect((await signIn('four slow comets')).status).toBe(200);
});

test('a new password lets in who has tried too often with the old one', async () => {
  stopTime();
  const { api, ada, bobId } = await withBob('viewer');
  const signIn = (password: string) =>
    api.client().send('POST', '/api/auth/sign-in/email', { email: BOB.email, password });
  for (let tried = 0; tried < 11; tried++) await signIn('three fast comets');
  expect((await signIn(BOB.password)).status).toBe(429);
  const { body } = await ada.send('POST', `${V1}/members/${bobId}/password-reset`);
  expect((await accept(api.client(), { token: body.token, password: 'four slow comets' })).status).toBe(201);
  expect((await signIn('four slow comets')).status).toBe(200);
});

test('an administrator’s link gives a password to who has come in by a provider alone', async () => {
  const { api, ada, bobId } = await withBob('viewer');
  await api.query(`update account set "providerId" = 'oidc', password = null where "userId" = $1`, [bobId]);
  const { body } = await ada.send('POST', `${V1}/members/${bobId}/password-reset`);
  expect((await accept(api.client(), { token: body.token, password: 'four slow comets' })).status).toBe(201);
});

test('what lets nobody in any more is forgotten with its addresses, and what does stays', async () => {
  const { api, ada, bob } = await withBob('viewer');
  await ada.send('POST', `${V1}/invitations`, { email: 'eve@example.com', role: 'viewer' });
  const counts = async () => {
    const tables = ['session', 'invitation', 'try_counter'];
    const rows = await Promise.all(tables.map((table) => api.query(`select from ${table}`)));
    return rows.map(({ length }) => length);
  };
  const [sessions = 0] = await counts();
  await api.query(`update session set "expiresAt" = now() - interval '1 second' where "userId" in
    (select id from "user" where email = 'bob@example.com')`);
  const later = (days: number) => new Date(Date.now() + days * 86_400_000);
  await forgetAccess({ db: api.context.db, clock: () => new Date() });
  expect(await counts()).toEqual([sessions - 1, 2, expect.any(Number)]);
  expect((await ada.get(`${V1}/me`)).status).toBe(200);
  expect((await bob.get(`${V1}/me`)).status).toBe(401);
  await forgetAccess({ db: api.context.db, clock: () => later(40) });
  expect(await counts()).toEqual([0, 0, 0]);
});

test('a changed role holds at the next request; who is removed is out at once', async () => {
  const { ada, bob, bobId } = await withBob('viewer');
  expect((await bob.get(`${V1}/audit`)).status).toBe(403);
  await ada.send('PATCH', `${V1}/members/${bobId}`, { role: 'admin' });
  expect((await bob.get(`${V1}/audit`)).status).toBe(200);
  expect((await ada.send('DELETE', `${V1}/members/${bobId}`)).status).toBe(204);
  expect((await bob.get(`${V1}/me`)).status).toBe(401);
});

test('the last administrator stays one', async () => {
  const api = await testApi();
  const ada = await api.admin();
  const { body: members } = await ada.get<{ userId: string }[]>(`${V1}/members`);
  const path = `${V1}/members/${members[0]?.userId}`;
  const refused = { body: { error: { code: 'last_admin' } } };
  expect(await ada.send('PATCH', path, { role: 'viewer' })).toMatchObject(refused);
  expect(await ada.send('DELETE', path)).toMatchObject(refused);
});

test.each([
  ['whose session ends', (_ada: ApiClient, bob: ApiClient) => bob.send('POST', '/api/auth/sign-out')],
  ['who is removed', (ada: ApiClient, _bob: ApiClient, id: string) => ada.send('DELETE', `${V1}/members/${id}`)],
])('somebody %s is told nothing more of what was being followed', async (_, end) => {
  const { ada, bob, bobId } = await withBob('viewer');
  const { body } = await bob.fetch(`${V1}/overview/events`, { method: 'GET' });
  const reader = body?.getReader();
  await reader?.read();
  expect((await end(ada, bob, bobId)).status).toBeLessThan(300);
  const ended = Promise.withResolvers<string>();
  const drain = async () => {
    while (!(await reader?.read())?.done);
    ended.resolve('over');
  };
  void drain();
  expect(await ended.promise).toBe('over');
});

test('sessions are listed without their tokens and end one by one; a key sees none', async () => {
  const { api, ada, bob } = await withBob('viewer');
  const phone = api.client();
  await phone.send('POST', '/api/auth/sign-in/email', { email: BOB.email, password: BOB.password });
  const { body: sessions } = await bob.get<{ id: string; current: boolean }[]>(`${V1}/sessions`);
  expect(sessions.map(({ current }) => current).toSorted()).toEqual([false, true]);
  expect(JSON.stringify(sessions)).not.toContain('token');
  const other = sessions.find(({ current }) => !current)?.id;
  expect((await ada.send('DELETE', `${V1}/sessions/${other}`)).status).toBe(404);
  expect((await bob.send('DELETE', `${V1}/sessions/${other}`)).status).toBe(204);
  expect((await phone.get(`${V1}/me`)).status).toBe(401);
  const { body: key } = await ada.send('POST', `${V1}/api-keys`, { name: 'k', role: 'admin' });
  const byKey = await api.client().get(`${V1}/sessions`, { authorization: `Bearer ${key.secret}` });
  expect(byKey.body).toEqual([]);
});

test('a session is prolonged by an answer that says so to the browser, and not by a look that can’t', async () => {
  const { api, bob } = await withBob('viewer');
  await api.query(`update session set "expiresAt" = now() + interval '5 days'`);
  const headers = { cookie: [...bob.cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
  expect(await identify(api.context, new Headers(headers))).toMatchObject({ email: BOB.email });
  const answer = await bob.fetch(`${V1}/me`);
  expect(answer.headers.getSetCookie().join()).toMatch(/session_token=.*Max-Age/i);
});

test('the audit log is exported with who let whom in, and with no cell that a spreadsheet would run', async () => {
  const { api, ada, bob } = await withBob('viewer');
  await api.client().send('POST', '/api/auth/sign-in/email', { email: '=cmd("x")', password: 'no' });
  const answer = await ada.fetch(`${V1}/audit.csv`);
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  const csv = await answer.text();
  expect(csv).toMatch(/,ada@example\.com,member\.invite,invitation:/);
  expect(csv).toMatch(/,bob@example\.com,member\.join,invitation:/);
  expect(csv).toContain(`"'=cmd(""x"")"`);
  expect((await bob.fetch(`${V1}/audit.csv`)).status).toBe(403);
});

async function withBob(role: string) {
  const api = await testApi();
  const ada = await api.admin();
  const { body } = await ada.send('POST', `${V1}/invitations`, { email: 'Bob@Example.com', role });
  const token = String(body.token);
  expect(JSON.stringify(await api.query('select * from invitation'))).not.toContain(token);
  expect((await api.client().send('POST', `${V1}/invitations/read`, { token })).body).toMatchObject({
    ...{ kind: 'invite', email: BOB.email, workspaceName: 'Harbour data' },
  });
  const bob = api.client();
  expect(await accept(bob, { ...BOB, token })).toMatchObject({ status: 201 });
  const { body: me } = await bob.get<{ userId: string }>(`${V1}/me`);
  return { api, ada, bob, token, bobId: me.userId };
}

function accept(client: ApiClient, link: { token: unknown; name?: string; password: string; email?: string }) {
  const { email: _, ...body } = link;
  return client.send('POST', `${V1}/invitations/accept`, body);
}

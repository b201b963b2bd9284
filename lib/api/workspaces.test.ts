import { expect, test } from 'vitest';
import { createApiKey } from '#lib/access/api-keys.ts';
import type { OwnWorkspace } from '#lib/access/workspaces.ts';
import type { Role } from '#lib/db/schema.ts';
import { ADMIN, type ApiClient, testApi } from '#tests/harness/api.ts';
import { makeConnection } from '#tests/harness/shop.ts';
import { ownRoutes } from './api.ts';

const V1 = '/api/weir/v1';
const BOB = { name: 'Bob Byrne', email: 'bob@example.com', password: 'nine quiet harbours' };

const signIn = (client: ApiClient, { email, password }: { email: string; password: string }) =>
  client.send('POST', '/api/auth/sign-in/email', { email, password });
const workspacesOf = async (client: ApiClient) => (await client.get<OwnWorkspace[]>(`${V1}/workspaces`)).body;
const invite = async (client: ApiClient, email: string, role: Role) =>
  (await client.send<{ token: string }>('POST', `${V1}/invitations`, { email, role })).body.token;
const accept = (client: ApiClient, body: object) => client.send('POST', `${V1}/invitations/accept`, body);

/** Ada has two workspaces, Harbour data with a connection and Labs without; Bob is a viewer in the first and an editor in the second. */
async function two() {
  const api = await testApi();
  const ada = await api.admin();
  const ids = await makeConnection(ada);
  const harbour = (await workspacesOf(ada))[0]?.id ?? '';
  const bob = api.client();
  const { email, ...person } = BOB;
  const joined = await accept(bob, { ...person, token: await invite(ada, email, 'viewer') });
  expect(joined.status).toBe(201);
  const made = await ada.send<{ id: string }>('POST', `${V1}/workspaces`, { name: 'Labs', timeZone: 'Europe/Berlin' });
  expect(made.status).toBe(201);
  const labs = made.body.id;
  const enter = (client: ApiClient, id: string) => client.send('POST', `${V1}/workspaces/${id}/enter`);
  return { api, ada, bob, ids, harbour, labs, enter };
}

test('who makes a workspace goes on in it as its administrator, and can go back', async () => {
  const { api, ada, harbour, labs, enter } = await two();
  expect(await workspacesOf(ada)).toEqual([
    { id: harbour, name: ADMIN.workspaceName, role: 'admin', current: false },
    { id: labs, name: 'Labs', role: 'admin', current: true },
  ]);
  expect((await ada.get(`${V1}/connections`)).body).toEqual([]);
  expect((await ada.get(`${V1}/workspace`)).body).toMatchObject({ name: 'Labs', timeZone: 'Europe/Berlin' });
  expect((await enter(ada, harbour)).status).toBe(204);
  expect((await ada.get(`${V1}/connections`)).body).toHaveLength(1);
  const other = api.client();
  await signIn(other, ADMIN);
  expect((await workspacesOf(other)).find(({ current }) => current)?.id).toBe(harbour);
  expect(await ada.send('POST', `${V1}/workspaces`, { name: ' ' })).toMatchObject({
    status: 422,
    body: { issues: [{ path: 'name' }] },
  });
});

test('somebody with an account joins another workspace by password or while signed in, with a role of its own', async () => {
  const { api, ada, bob, harbour, labs, enter } = await two();
  const token = await invite(ada, BOB.email, 'editor');
  const { body: link } = await api.client().send('POST', `${V1}/invitations/read`, { token });
  expect(link).toMatchObject({ email: BOB.email, workspaceName: 'Labs', hasAccount: true });
  expect((await accept(api.client(), { token })).status).toBe(401);
  expect((await accept(api.client(), { token, password: 'some other words' })).status).toBe(401);
  expect((await accept(ada, { token })).status).toBe(401);
  const fresh = api.client();
  expect((await accept(fresh, { token, password: BOB.password })).status).toBe(201);
  expect((await fresh.get(`${V1}/me`)).body).toMatchObject({ email: BOB.email, role: 'editor', workspaceId: labs });
  expect((await accept(fresh, { token, password: BOB.password })).body).toMatchObject({
    error: { code: 'link_expired' },
  });
  expect(await ada.send('POST', `${V1}/invitations`, { email: BOB.email, role: 'admin' })).toMatchObject({
    body: { issues: [{ path: 'email', message: 'This is a member already.' }] },
  });

  // The browser that was signed in before is where it was, until it goes.
  expect((await bob.get(`${V1}/me`)).body).toMatchObject({ role: 'viewer', workspaceId: harbour });
  expect((await enter(bob, labs)).status).toBe(204);
  expect((await bob.get(`${V1}/me`)).body).toMatchObject({ role: 'editor', workspaceId: labs });

  const [{ id: third } = { id: '' }] = await api.query<{ id: string }>(
    `with w as (insert into workspace (name) values ('Elsewhere') returning id)
     insert into membership select id, (select id from "user" where email = $1), 'admin' from w returning workspace_id as id`,
    [ADMIN.email],
  );
  await enter(ada, third);
  expect((await accept(bob, { token: await invite(ada, BOB.email, 'viewer') })).status).toBe(201);
  expect((await bob.get(`${V1}/me`)).body).toMatchObject({ role: 'viewer', workspaceId: third });
});

test('the session of somebody with several workspaces is as good as a stranger’s in those that it is not in', async () => {
  const { api, ada, bob, ids, harbour, labs, enter } = await two();
  await accept(bob, { token: await invite(ada, BOB.email, 'admin') });
  await enter(bob, labs);
  const found: string[] = [];
  for (const { method, path } of ownRoutes().routes) {
    if (method !== 'GET' || !path.includes(':id')) continue;
    const [, noun = ''] = path.split('/');
    const id = { connectors: ids.connectorId, sources: ids.sourceId, destinations: ids.destinationId }[noun];
    const answer = await bob.fetch(V1 + path.replace(':id', id ?? ids.connectionId), { method });
    if (answer.ok) found.push(path);
  }
  expect(found).toEqual([]);
  const [row] = await api.query<{ role: string }>(
    `select role from membership where workspace_id = $1 and role = 'viewer'`,
    [harbour],
  );
  expect(row).toEqual({ role: 'viewer' });
  await enter(bob, harbour);
  const refused = await bob.send('PATCH', `${V1}/connections/${ids.connectionId}`, { status: 'inactive' });
  expect(refused.status).toBe(403);
});

test('a workspace that one is not in can’t be entered; neither can a key change its own', async () => {
  const { api, ada, bob, harbour, labs, enter } = await two();
  expect((await enter(bob, labs)).status).toBe(404);
  const { secret } = await createApiKey(api.context, labs, { name: 'ci', role: 'admin' });
  const authorization = { authorization: `Bearer ${secret}` };
  const program = api.client();
  expect((await program.get(`${V1}/workspaces`, authorization)).body).toEqual([
    { id: labs, name: 'Labs', role: 'admin', current: true },
  ]);
  expect((await program.send('POST', `${V1}/workspaces/${harbour}/enter`, {}, authorization)).status).toBe(404);
  expect((await program.send('POST', `${V1}/workspaces`, { name: 'x' }, authorization)).status).toBe(403);
  expect((await bob.send('POST', `${V1}/workspaces`, { name: 'x' })).status).toBe(403);
  expect((await workspacesOf(ada)).map(({ name }) => name)).toEqual([ADMIN.workspaceName, 'Labs']);
});

test('who leaves a workspace is in one of the others; a removed member of one stays in the other', async () => {
  const { api, ada, bob, harbour, labs, enter } = await two();
  await accept(bob, { token: await invite(ada, BOB.email, 'editor') });
  const { body: members } = await ada.get<{ userId: string; email: string }[]>(`${V1}/members`);
  const bobId = members.find(({ email }) => email === BOB.email)?.userId;
  expect((await ada.send('DELETE', `${V1}/members/${bobId}`)).status).toBe(204);
  const again = api.client();
  expect((await signIn(again, BOB)).status).toBe(200);
  expect((await again.get(`${V1}/me`)).body).toMatchObject({ role: 'viewer', workspaceId: harbour });
  await enter(ada, harbour);
  expect((await workspacesOf(ada)).find(({ current }) => current)?.id).toBe(harbour);
  expect(labs).not.toBe(harbour);
});

test('an administrator of one workspace can’t take over the account of somebody who is in another', async () => {
  const { api, ada, bob, labs, enter } = await two();
  await accept(bob, { token: await invite(ada, BOB.email, 'admin') });
  await enter(bob, labs);
  const { body: members } = await bob.get<{ userId: string; email: string }[]>(`${V1}/members`);
  const idOf = (email: string) => members.find((member) => member.email === email)?.userId;
  const reset = (client: ApiClient, email: string) =>
    client.send('POST', `${V1}/members/${idOf(email)}/password-reset`);
  // Ada is in Harbour data too, where Bob is a viewer.
  expect(await reset(bob, ADMIN.email)).toMatchObject({ status: 403, body: { error: { code: 'not_allowed' } } });
  expect((await reset(ada, BOB.email)).status).toBe(201);
  const { secret } = await createApiKey(api.context, labs, { name: 'ci', role: 'admin' });
  const byKey = await api.client().send(
    'POST',
    `${V1}/members/${idOf(BOB.email)}/password-reset`,
    {},
    {
      authorization: `Bearer ${secret}`,
    },
  );
  expect(byKey.status).toBe(403);
});

test('signing in stands in the audit log of each workspace of the person, and a stranger’s try in the first', async () => {
  const { api, ada, bob, harbour, labs } = await two();
  await accept(bob, { token: await invite(ada, BOB.email, 'editor') });
  await api.query('delete from audit_entry');
  await signIn(api.client(), BOB);
  await signIn(api.client(), { email: 'eve@example.com', password: 'a guess of hers' });
  const rows = await api.query<{ w: string; actor: string; action: string }>(
    'select workspace_id as w, actor, action from audit_entry order by action, id',
  );
  expect(rows.map(({ w, actor, action }) => [w, actor, action])).toEqual(
    expect.arrayContaining([
      [harbour, BOB.email, 'sign_in'],
      [labs, BOB.email, 'sign_in'],
      [harbour, 'eve@example.com', 'sign_in.refused'],
    ]),
  );
  expect(rows).toHaveLength(3);
});

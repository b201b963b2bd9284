import { expect, onTestFinished, test } from 'vitest';
import { createApiKey } from '#lib/access/api-keys.ts';
import type { Failure } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { openConfig } from '#lib/secrets.ts';
import { type ApiClient, ORIGIN, type TestApi, testApi } from '#tests/harness/api.ts';
import { CLIENT, type OauthProvider, oauthProvider, TOKENS } from '#tests/harness/oauth-provider.ts';
import { make } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';
const CALLBACK = `${ORIGIN}/oauth/callback`;
const credentials = { auth_type: 'OAuth', client_id: CLIENT.id, client_secret: CLIENT.secret };

interface Stage {
  readonly api: TestApi;
  readonly ada: ApiClient;
  readonly provider: OauthProvider;
  readonly connectorId: string;
  readonly begin: (change?: object) => Promise<{ id: string; url: string }>;
}

async function stage(options: { registered?: string; variables?: Record<string, string> } = {}): Promise<Stage> {
  const api = await testApi(options.variables);
  const ada = await api.admin();
  const provider = await oauthProvider(options);
  onTestFinished(() => provider.server.close());
  await ada.send('POST', `${V1}/allowed-hosts`, { host: '127.0.0.1', port: provider.server.port });
  const connectorId = await make(ada, 'connectors', { name: 'Orders', manifest: provider.manifest });
  await ada.send('POST', `${V1}/connectors/${connectorId}/versions`, { manifest: provider.manifest });
  const begin: Stage['begin'] = async (change) => {
    const body = { connectorId, name: 'Shop', config: { credentials }, ...change };
    const answer = await ada.send<{ id: string; url: string }>('POST', `${V1}/oauth/consents`, body);
    expect(answer).toMatchObject({ status: 201 });
    return answer.body;
  };
  return { api, ada, provider, connectorId, begin };
}

async function comeBack(client: ApiClient, url: URL | string): Promise<string> {
  const { status, headers } = await client.get(String(url).replace(/^https?:\/\/[^/]+/, ''));
  expect(status).toBe(303);
  return headers.get('location') ?? '';
}

/** How the consent ended, as its form is told. */
async function outcome({ api }: Stage): Promise<{ status: string; failure: Failure | null }> {
  const rows = await api.query<{ status: string; failure: Failure | null }>(
    'select status, failure from oauth_consent',
  );
  return rows[0] ?? { status: 'none', failure: null };
}

test('a consent fills the config of the source that is saved after it', async () => {
  const it = await stage();
  const { id, url } = await it.begin();
  const query = new URL(url).searchParams;
  expect(Object.fromEntries(query)).toMatchObject({
    ...{ client_id: CLIENT.id, redirect_uri: CALLBACK, response_type: 'code', scope: 'orders:read' },
    code_challenge_method: 'S256',
  });
  expect(await comeBack(it.ada, it.provider.consent(url))).toBe(
    `/sources/new?connector=${it.connectorId}&consent=${id}`,
  );
  const masked = { ...credentials, client_secret: '**********', refresh_token: '**********' };
  const source = { name: 'Shop', connectorId: it.connectorId, config: { credentials: masked }, consentId: id };
  const { status, body } = await it.ada.send<{ id: string }>('POST', `${V1}/sources`, source);
  expect(status).toBe(201);
  const [row] = await it.api.query<{ config: JsonObject }>('select config from source');
  expect(openConfig(it.api.context.secrets, row?.config ?? {}, `source:${body.id}`)).toEqual({
    credentials: { ...credentials, refresh_token: TOKENS.refresh_token },
  });
  expect(await outcome(it)).toMatchObject({ status: 'none' });
});

test('a source signs in again: its stored client secret is used, and its new token kept', async () => {
  const it = await stage();
  const config = { credentials: { ...credentials, refresh_token: 'old-refresh-token' } };
  const sourceId = await make(it.ada, 'sources', { name: 'Shop', connectorId: it.connectorId, config });
  const sent = { credentials: { ...credentials, client_secret: '**********', refresh_token: '**********' } };
  const { id, url } = await it.begin({ sourceId, config: sent });
  expect(await comeBack(it.ada, it.provider.consent(url))).toBe(`/sources/${sourceId}?consent=${id}`);
  await it.ada.send('PATCH', `${V1}/sources/${sourceId}`, { config: sent, consentId: id });
  const [row] = await it.api.query<{ config: JsonObject }>('select config from source');
  expect(openConfig(it.api.context.secrets, row?.config ?? {}, `source:${sourceId}`)).toMatchObject({
    credentials: { refresh_token: TOKENS.refresh_token, client_secret: CLIENT.secret },
  });
});

test('a state works once, and only in the session that began', async () => {
  const it = await stage();
  const { url } = await it.begin();
  const back = it.provider.consent(url);
  const other = it.api.client();
  expect(await comeBack(other, back)).toBe('/sources/not-connected?why=signed-out');
  await other.send('POST', '/api/auth/sign-in/email', { email: 'ada@example.com', password: 'seven green lamps' });
  expect(await comeBack(other, back)).toBe('/sources/not-connected?why=state');
  expect(await comeBack(it.ada, back)).toMatch(/consent=/);
  expect(await comeBack(it.ada, back)).toBe('/sources/not-connected?why=state');
  expect(it.provider.server.requests.filter(({ path }) => path === '/token')).toHaveLength(1);
});

test('a state is too old after a quarter of an hour', async () => {
  const it = await stage();
  const { url } = await it.begin();
  await it.api.query(`update oauth_consent set expires_at = now() - interval '1 second' returning id`);
  expect(await comeBack(it.ada, it.provider.consent(url))).toBe('/sources/not-connected?why=state');
});

test('another workspace neither begins with our connector nor ends or uses our consent', async () => {
  const it = await stage();
  const { id, url } = await it.begin();
  await comeBack(it.ada, it.provider.consent(url));
  const [{ id: theirs } = { id: '' }] = await it.api.query<{ id: string }>(
    `insert into workspace (name) values ('Elsewhere') returning id`,
  );
  await it.api.query(`update membership set workspace_id = '${theirs}' returning user_id`);
  const body = { connectorId: it.connectorId, name: 'Shop', config: { credentials } };
  expect(await it.ada.send('POST', `${V1}/oauth/consents`, body)).toMatchObject({ status: 404 });
  const save = { name: 'Shop', connectorId: it.connectorId, config: {}, consentId: id };
  expect(await it.ada.send('POST', `${V1}/sources`, save)).toMatchObject({ status: 404 });
});

test('a key can not begin a consent, and a config without client is told so by field', async () => {
  const it = await stage();
  const [{ id } = { id: '' }] = await it.api.query<{ id: string }>('select id from workspace');
  const { secret } = await createApiKey(it.api.context, id, { name: 'ci', role: 'editor' });
  const body = { connectorId: it.connectorId, config: { credentials: { auth_type: 'OAuth' } } };
  const key = await it.api.client().send('POST', `${V1}/oauth/consents`, body, { authorization: `Bearer ${secret}` });
  expect(key).toMatchObject({ status: 422, body: { error: { code: 'needs_browser' } } });
  expect(await it.ada.send('POST', `${V1}/oauth/consents`, body)).toMatchObject({
    status: 422,
    body: { issues: [{ path: 'config.credentials.client_id' }, { path: 'config.credentials.client_secret' }] },
  });
});

test.each([
  ['a wrong client', { client_secret: 'wrong' }, {}, /invalid_client/, /client id and client secret/],
  [
    'a redirect address that is not registered',
    {},
    { registered: 'https://other.example/cb' },
    /redirect_uri/,
    /localhost:8000\/oauth\/callback/,
  ],
])('%s is explained in the form', async (_, change, options, message, hint) => {
  const it = await stage(options);
  const { url } = await it.begin({ config: { credentials: { ...credentials, ...change } } });
  expect(await comeBack(it.ada, it.provider.consent(url))).toMatch(/consent=/);
  expect(await outcome(it)).toMatchObject({
    status: 'failed',
    failure: { code: 'consent_refused', message: expect.stringMatching(message), hint: expect.stringMatching(hint) },
  });
});

test('a consent that is denied is explained, and nothing is exchanged', async () => {
  const it = await stage();
  const { url } = await it.begin();
  const state = new URL(url).searchParams.get('state');
  await comeBack(it.ada, `${CALLBACK}?error=access_denied&error_description=Not+today&state=${state}`);
  expect(await outcome(it)).toMatchObject({ failure: { message: expect.stringMatching(/access_denied: Not today/) } });
  expect(it.provider.server.requests).toEqual([]);
});

test('after a denial the form signs in again with the client secret that it does not show any more', async () => {
  const it = await stage();
  const first = await it.begin();
  const state = new URL(first.url).searchParams.get('state');
  await comeBack(it.ada, `${CALLBACK}?error=access_denied&state=${state}`);
  const config = { credentials: { ...credentials, client_secret: '**********' } };
  const { id, url } = await it.begin({ config, consentId: first.id });
  await comeBack(it.ada, it.provider.consent(url));
  const masked = { credentials: { ...config.credentials, refresh_token: '**********' } };
  const source = { name: 'Shop', connectorId: it.connectorId, config: masked, consentId: id };
  expect(await it.ada.send('POST', `${V1}/sources`, source)).toMatchObject({ status: 201 });
});

test('a code that another verifier was meant for is refused by the provider', async () => {
  const it = await stage();
  const { url } = await it.begin();
  const forged = new URL(url);
  forged.searchParams.set('code_challenge', 'somebody-elses');
  await comeBack(it.ada, it.provider.consent(forged.href));
  expect(await outcome(it)).toMatchObject({ failure: { message: expect.stringMatching(/invalid_grant/) } });
});

test('nothing secret stands in our addresses, the audit log or, readable, in the database', async () => {
  const it = await stage();
  const { url } = await it.begin();
  const location = await comeBack(it.ada, it.provider.consent(url));
  const [audit, consents] = [
    await it.api.query('select * from audit_entry order by id'),
    await it.api.query('select * from oauth_consent'),
  ];
  const said = JSON.stringify([location, audit, consents]);
  const state = new URL(url).searchParams.get('state') ?? '';
  for (const secret of [CLIENT.secret, TOKENS.refresh_token, TOKENS.access_token, 'code-1-secret', state])
    expect(said).not.toContain(secret);
  expect(said).toMatch(/oauth.begin.*oauth.connected/);
});

test('behind WEIR_URL the provider gets that address; from another one the form says where to go', async () => {
  const it = await stage({ variables: { WEIR_URL: 'https://weir.example.com' } });
  const body = { connectorId: it.connectorId, config: { credentials } };
  const answer = await it.ada.send('POST', `${V1}/oauth/consents`, body);
  expect(answer).toMatchObject({ status: 422, body: { error: { code: 'wrong_origin' } } });
  const behind = await it.ada.send<{ url: string }>('POST', `${V1}/oauth/consents`, body, {
    ...{ host: 'weir.example.com', origin: 'https://weir.example.com' },
  });
  expect(new URL(behind.body.url).searchParams.get('redirect_uri')).toBe('https://weir.example.com/oauth/callback');
});

test('the guard keeps the exchange from private addresses', async () => {
  const it = await stage();
  await it.ada.send('DELETE', `${V1}/allowed-hosts/127.0.0.1/${it.provider.server.port}`);
  const { url } = await it.begin();
  await comeBack(it.ada, it.provider.consent(url));
  expect(await outcome(it)).toMatchObject({ status: 'failed', failure: { code: 'address_refused' } });
});

import { getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { operatorGuard } from '#lib/access/operator-guard.ts';
import { guardGlobalFetch } from '#lib/guard-global-fetch.ts';
import { ADMIN, type ApiClient, ORIGIN, testApi } from '#tests/harness/api.ts';
import { httpProxy } from '#tests/harness/http-proxy.ts';
import { CLIENT, type OidcProvider, oidcProvider, type Person } from '#tests/harness/oidc-provider.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';

const V1 = '/api/weir/v1';
const EVE: Person = { sub: 'p-2', email: 'eve@example.com', name: 'Eve Evans', email_verified: true };
const ADA: Person = { sub: 'p-1', email: ADMIN.email, name: ADMIN.name, email_verified: true };

async function stage(
  variables: Record<string, string> = {},
  prepare: (provider: OidcProvider) => void = () => undefined,
) {
  const provider = await oidcProvider();
  prepare(provider);
  onTestFinished(() => provider.server.close());
  const api = await testApi({
    ...{ WEIR_OIDC_ISSUER: provider.issuer, WEIR_OIDC_CLIENT_ID: CLIENT.id, WEIR_OIDC_CLIENT_SECRET: CLIENT.secret },
    ...variables,
  });
  const before = getGlobalDispatcher();
  guardGlobalFetch(operatorGuard(api.context.env));
  onTestFinished(() => setGlobalDispatcher(before));
  return { api, provider, ada: await api.admin() };
}

/** As a browser goes: to the provider, back with what it gave, and on; gives where it ends. */
async function signIn(client: ApiClient, provider: OidcProvider, person: Person | null): Promise<string> {
  provider.person = person;
  const begun = await client.fetch('/api/auth/sign-in/oidc', { method: 'GET' });
  expect(begun.status).toBe(303);
  const given = await fetch(begun.headers.get('location') ?? '', { redirect: 'manual' });
  const back = new URL(given.headers.get('location') ?? '');
  expect(`${back.origin}${back.pathname}`).toBe(`${ORIGIN}/api/auth/callback/oidc`);
  const ended = await client.fetch(`${back.pathname}${back.search}`, { method: 'GET' });
  expect(ended.status).toBe(302);
  return (ended.headers.get('location') ?? '').replace(ORIGIN, '');
}

test('a member comes in by the provider, and the log says so; no token of the provider is kept', async () => {
  const { api, provider } = await stage();
  const browser = api.client();
  expect(await signIn(browser, provider, ADA)).toBe('/');
  expect((await browser.get(`${V1}/me`)).body).toMatchObject({ email: ADMIN.email, role: 'admin' });
  expect(await api.query('select count(*)::int as users from "user"')).toEqual([{ users: 1 }]);
  const [entry] = await api.query<{ actor: string; action: string }>(
    'select actor, action from audit_entry order by id desc limit 1',
  );
  expect(entry).toEqual({ actor: ADMIN.email, action: 'sign_in' });
  const again = api.client();
  expect(await signIn(again, provider, ADA)).toBe('/');
  const accounts = JSON.stringify(await api.query('select * from account'));
  expect(accounts).toContain('p-1');
  expect(accounts).not.toMatch(/provider-access-token|eyJ/);
});

test('who was not invited does not come in; who was, gets the role of the invitation', async () => {
  const { api, provider, ada } = await stage();
  const stranger = api.client();
  expect(await signIn(stranger, provider, EVE)).toBe('/sign-in?error=unable_to_create_user');
  expect((await stranger.get(`${V1}/me`)).status).toBe(401);
  await ada.send('POST', `${V1}/invitations`, { email: EVE.email, role: 'editor' });
  const invited = api.client();
  expect(await signIn(invited, provider, EVE)).toBe('/');
  expect((await invited.get(`${V1}/me`)).body).toMatchObject({ email: EVE.email, name: EVE.name, role: 'editor' });
  expect((await ada.get(`${V1}/invitations`)).body).toEqual([]);
});

test('where the operator says so, everybody that the provider knows comes in', async () => {
  const { api, provider } = await stage({ WEIR_OIDC_JOIN: 'viewer' });
  const browser = api.client();
  expect(await signIn(browser, provider, EVE)).toBe('/');
  expect((await browser.get(`${V1}/me`)).body).toMatchObject({ email: EVE.email, role: 'viewer' });
});

test('an address that the provider does not vouch for opens nobody’s account', async () => {
  const unverified = { ...ADA, email_verified: false };
  const first = await stage();
  expect(await signIn(first.api.client(), first.provider, unverified)).toBe('/sign-in?error=account_not_linked');
  const open = await stage({ WEIR_OIDC_JOIN: 'viewer' });
  expect(await signIn(open.api.client(), open.provider, { ...EVE, email_verified: false })).toMatch(/error=/);
  const trusting = await stage({ WEIR_OIDC_TRUST_EMAIL: '1' });
  expect(await signIn(trusting.api.client(), trusting.provider, unverified)).toBe('/');
});

test('tokens that are not the provider’s, not for us, too old or of another sign-in let nobody in', async () => {
  const { api, provider } = await stage();
  const refused = async () => {
    const browser = api.client();
    expect(await signIn(browser, provider, ADA)).toMatch(/^\/sign-in\?error=/);
    expect((await browser.get(`${V1}/me`)).status).toBe(401);
  };
  for (const forged of [{ iss: 'https://evil.example' }, { aud: 'another' }, { exp: 1 }, { nonce: 'another' }]) {
    provider.forged = forged;
    await refused();
  }
  provider.forged = {};
  provider.foreignKey = true;
  await refused();
  provider.foreignKey = false;
  expect(await signIn(api.client(), provider, ADA)).toBe('/');
});

test('a refusal at the provider, a state of another browser and a state used twice come back to the page', async () => {
  const { api, provider } = await stage();
  expect(await signIn(api.client(), provider, null)).toBe('/sign-in?error=access_denied');
  const browser = api.client();
  provider.person = ADA;
  const begun = await browser.fetch('/api/auth/sign-in/oidc', { method: 'GET' });
  const given = await fetch(begun.headers.get('location') ?? '', { redirect: 'manual' });
  const back = new URL(given.headers.get('location') ?? '');
  const come = async (client: ApiClient) => {
    const { headers } = await client.fetch(back.pathname + back.search, { method: 'GET' });
    return headers.get('location') ?? '';
  };
  const victim = api.client();
  expect(await come(victim)).toMatch(/error/);
  expect((await victim.get(`${V1}/me`)).status).toBe(401);
});

test('a provider that does not answer, or none at all', async () => {
  const { api, ada } = await stage({ WEIR_OIDC_ISSUER: 'http://127.0.0.1:1' });
  const { headers } = await api.client().get('/api/auth/sign-in/oidc');
  expect(headers.get('location')).toBe('/sign-in?error=provider_unreachable');
  expect((await ada.get(`${V1}/me`)).status).toBe(200);
  const without = await testApi();
  expect((await without.client().get('/api/auth/sign-in/oidc')).status).toBe(404);
});

test('the provider is asked through the guard: its own host and port, and nothing else inside', async () => {
  const inside = await scriptedServer(() => ({ body: {} }));
  onTestFinished(() => inside.close());
  const documentOf = (answer: (provider: OidcProvider) => object) =>
    stage({}, (provider) => provider.server.on('/.well-known/openid-configuration', answer(provider)));
  const named = await documentOf((provider) => ({
    body: { ...provider.document(), token_endpoint: `${inside.url}/token` },
  }));
  await expect(fetch(inside.url)).rejects.toMatchObject({ cause: { code: 'address_refused' } });
  expect(await signIn(named.api.client(), named.provider, ADA)).toMatch(/^\/sign-in\?error=/);

  const location = `${inside.url}/.well-known/openid-configuration`;
  const redirecting = await documentOf(() => ({ status: 302, headers: { location } }));
  const { headers } = await redirecting.api.client().get('/api/auth/sign-in/oidc');
  expect(headers.get('location')).toBe('/sign-in?error=provider_unreachable');
  expect(inside.requests).toEqual([]);
});

test('where there is a proxy, the provider is asked through it', async () => {
  const proxy = await httpProxy();
  const { api, provider } = await stage();
  const issuer = `http://id.example.org:${provider.server.port}`;
  const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
  const oidc = api.context.env.oidc && { ...api.context.env.oidc, issuer };
  guardGlobalFetch(operatorGuard({ oidc, proxies: proxy.proxies() }, { lookup }));
  expect(await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()).toEqual(provider.document());
  expect(proxy.asked).toEqual([`id.example.org:${provider.server.port}`]);
});

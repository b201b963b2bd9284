import { describe, expect, test } from 'vitest';
import type { ConfigChange } from '#lib/manifest/kind.ts';
import { testClock } from '#tests/harness/clock.ts';
import type { Answers } from '#tests/harness/scripted-server.ts';
import { manifestOf, scriptedSource } from '../fixtures/scripted-source.ts';

const DATA = { body: { data: [{ id: 1 }] } };
const token = (value: string, more = {}) => ({ body: { access_token: value, expires_in: 3600, ...more } });
const sent = (body: string) => Object.fromEntries(new URLSearchParams(body));

/** A stream that authenticates so, and an API that gives tokens at /token. */
function shop(script: Record<string, Answers>, oauth: string, options = {}) {
  const requester = `authenticator:\n  type: OAuthAuthenticator\n  token_refresh_endpoint: SERVER/token\n${oauth.trim().replaceAll(/^ */gm, '  ')}`;
  return scriptedSource(
    { '/orders': DATA, '/users': DATA, ...script },
    manifestOf({ orders: requester, users: requester }),
    {
      config: { id: 'me', secret: 's3cret-secret', refresh: 'old-refresh', credentials: { refresh_token: 'once-1' } },
      clock: testClock('2026-03-01T00:00:00Z'),
      ...options,
    },
  );
}

const CLIENT = `
client_id: "{{ config.id }}"
client_secret: "{{ config.secret }}"
refresh_token: "{{ config.refresh }}"
`;

describe('a refresh token', () => {
  test('is changed for an access token, once for all streams of a source', async () => {
    const { read, asked } = await shop({ '/token': token('abcd') }, CLIENT);
    await Promise.all([read('orders'), read('users')]);
    expect(asked('/token')).toHaveLength(1);
    const [request] = asked('/token');
    expect(sent(request?.body ?? '')).toEqual({
      ...{ grant_type: 'refresh_token', client_id: 'me', client_secret: 's3cret-secret', refresh_token: 'old-refresh' },
    });
    expect(request?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' });
    expect([...asked('/orders'), ...asked('/users')].map(({ headers }) => headers.authorization)).toEqual([
      'Bearer abcd',
      'Bearer abcd',
    ]);
  });

  test('fields are named as the manifest says, and more are sent beside those of OAuth', async () => {
    const { read, asked } = await shop(
      { '/token': { body: { wrapped: [{ key: 'abcd' }] } } },
      `${CLIENT}
       client_id_name: app
       grant_type_name: kind
       access_token_name: key
       scopes: [read, write]
       refresh_request_body: { app: mine, audience: "{{ config.id }}", n: 1, none: "{{ none }}" }
       refresh_request_headers: { X-Version: "2" }`,
    );
    await read('orders');
    const [request] = asked('/token');
    expect(request?.body).toBe(
      'kind=refresh_token&app=me&client_secret=s3cret-secret&refresh_token=old-refresh&scopes=read&scopes=write&audience=me&n=1',
    );
    expect(request?.headers['x-version']).toBe('2');
    expect(asked('/orders')[0]?.headers.authorization).toBe('Bearer abcd');
  });

  test('client id and secret in the header are not repeated in the body; all of it may go into the address', async () => {
    const { read, asked } = await shop(
      { '/token': token('abcd') },
      `${CLIENT}
       refresh_request_headers: { Authorization: "Basic {{ (config.id ~ ':' ~ config.secret) | base64encode }}" }
       send_refresh_request_as_query_params: true`,
    );
    await read('orders');
    const [request] = asked('/token');
    expect(request?.target).toBe('/token?grant_type=refresh_token&refresh_token=old-refresh');
    expect(request?.body).toBe('');
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('me:s3cret-secret').toString('base64')}`);
  });
});

describe('the life of a token', () => {
  const paged = (requester: string) =>
    manifestOf({ orders: requester }).replace(
      'record_selector:',
      'paginator: { type: DefaultPaginator, pagination_strategy: { type: PageIncrement, page_size: 1 }, page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page } }\n      record_selector:',
    );
  const slow = (clock: ReturnType<typeof testClock>, moveMs: number) => (_request: unknown, index: number) => {
    clock.move(moveMs);
    return { body: { data: index < 3 ? [{ id: index }] : [] } };
  };
  const requester = (more = '') =>
    `authenticator:\n  type: OAuthAuthenticator\n  token_refresh_endpoint: SERVER/token\n  client_id: a\n  client_secret: b\n  refresh_token: c\n${more}`;

  test('it is renewed before it runs out', async () => {
    const clock = testClock('2026-03-01T00:00:00Z');
    const { read, asked } = await scriptedSource(
      { '/token': [token('aaaa'), token('bbbb')], '/orders': slow(clock, 1_790_000) },
      paged(requester()),
      { clock },
    );
    await read('orders');
    expect(asked('/orders').map(({ headers }) => headers.authorization)).toEqual(
      ['aaaa', 'aaaa', 'bbbb', 'bbbb'].map((value) => `Bearer ${value}`),
    );
  });

  test('the answer may name the time at which it runs out, and without a word it is an hour', async () => {
    const clock = testClock('2026-03-01T00:00:00Z');
    const dated = { body: { access_token: 'aaaa', expires_in: '2026-03-01T00:10:00Z' } };
    const { read, asked } = await scriptedSource(
      { '/token': [dated, { body: { access_token: 'bbbb' } }], '/orders': slow(clock, 900_000) },
      paged(requester('  token_expiry_date_format: "%Y-%m-%dT%H:%M:%SZ"')),
      { clock },
    );
    await read('orders');
    expect(asked('/orders').map(({ headers }) => headers.authorization)).toEqual(
      ['aaaa', 'bbbb', 'bbbb', 'bbbb'].map((value) => `Bearer ${value}`),
    );
  });

  test('a token of the config is used up to its date', async () => {
    const { read, asked } = await scriptedSource(
      { '/token': token('bbbb'), '/orders': DATA },
      manifestOf({
        orders: requester('  access_token_value: mine-first\n  token_expiry_date: "2026-03-02T00:00:00Z"'),
      }),
      { clock: testClock('2026-03-01T00:00:00Z') },
    );
    await read('orders');
    expect(asked('/token')).toEqual([]);
    expect(asked('/orders')[0]?.headers.authorization).toBe('Bearer mine-first');
  });

  test('one that the API refuses is renewed once, and the request sent again', async () => {
    const { read, asked, clock } = await shop(
      { '/token': [token('aaaa'), token('bbbb')], '/orders': [{ status: 401 }, DATA] },
      CLIENT,
    );
    expect((await read('orders')).records).toEqual([{ id: 1 }]);
    expect(asked('/token')).toHaveLength(2);
    expect(asked('/orders').map(({ headers }) => headers.authorization)).toEqual(['Bearer aaaa', 'Bearer bbbb']);
    expect(clock.waits).toEqual([]);
  });
});

describe('client credentials and assertions', () => {
  test('client credentials need no refresh token', async () => {
    const { read, asked } = await shop(
      { '/token': token('abcd') },
      'client_id: me\nclient_secret: s3cret\ngrant_type: client_credentials',
    );
    await read('orders');
    expect(sent(asked('/token')[0]?.body ?? '')).toEqual({
      ...{ grant_type: 'client_credentials', client_id: 'me', client_secret: 's3cret' },
    });
  });

  test('a profile assertion is a signed token, and nothing else is sent', async () => {
    const { read, asked } = await shop(
      { '/token': token('abcd') },
      `use_profile_assertion: true
       profile_assertion: { algorithm: HS256, secret_key: k, jwt_payload: { iss: me } }`,
    );
    await read('orders');
    const { grant_type: grant, assertion = '', ...rest } = sent(asked('/token')[0]?.body ?? '');
    expect(grant).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    expect(JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({ iss: 'me' });
    expect(rest).toEqual({});
  });
});

describe('a refresh token that works once', () => {
  test('the new one is stored before anything goes on, and the next read takes it up', async () => {
    const saved: unknown[] = [];
    const given = {
      saveConfig: async (config: unknown, changes: readonly ConfigChange[]) => void saved.push({ config, changes }),
    };
    const { read, asked, server } = await shop(
      { '/token': [token('aaaa', { refresh_token: 'once-2' }), token('bbbb', { refresh_token: 'once-3' })] },
      'client_id: me\nclient_secret: x\nrefresh_token_updater: {}',
      { given },
    );
    server.on('/orders', () => {
      expect(saved).toHaveLength(1);
      return DATA;
    });
    await Promise.all([read('orders'), read('users')]);
    expect(asked('/token').map(({ body }) => sent(body).refresh_token)).toEqual(['once-1']);
    expect(saved).toEqual([
      {
        config: expect.objectContaining({
          id: 'me',
          credentials: {
            access_token: 'aaaa',
            refresh_token: 'once-2',
            token_expiry_date: '2026-03-01T01:00:00+00:00',
          },
        }),
        changes: [
          { path: ['credentials', 'access_token'], value: 'aaaa' },
          { path: ['credentials', 'refresh_token'], value: 'once-2' },
          { path: ['credentials', 'token_expiry_date'], value: '2026-03-01T01:00:00+00:00' },
        ],
      },
    ]);
  });

  test('is used by one process at a time: who comes later takes up what the other was given', async () => {
    const stored = { refresh_token: 'once-2', access_token: 'aaaa', token_expiry_date: '2026-03-01T01:00:00+00:00' };
    const config = (credentials: object) => ({ credentials });
    const given = {
      alone: <T>(work: (now: never) => Promise<T>) => work(config(stored) as never),
      saveConfig: async () => undefined,
    };
    const updater = 'client_id: me\nclient_secret: x\nrefresh_token_updater: {}';
    const late = await shop({ '/token': token('bbbb') }, updater, { given });
    await late.read('orders');
    expect(late.asked('/token')).toEqual([]);
    expect(late.asked('/orders')[0]?.headers.authorization).toBe('Bearer aaaa');
    // What that one was given has run out meanwhile: its refresh token is the one that still works.
    const later = await shop({ '/token': token('bbbb') }, updater, { given, clock: testClock('2026-03-01T02:00:00Z') });
    await later.read('orders');
    expect(later.asked('/token').map(({ body }) => sent(body).refresh_token)).toEqual(['once-2']);
  });

  test('what the config holds is used while it is valid; paths may be others, and an answer without one keeps the old', async () => {
    const config = { tokens: { a: 'kept-token', r: 'once-1', until: '2026-03-01T02:00:00Z' } };
    const updater =
      'client_id: me\nclient_secret: x\nrefresh_token_updater: { access_token_config_path: [tokens, a], refresh_token_config_path: [tokens, r], token_expiry_date_config_path: [tokens, until] }';
    const clock = testClock('2026-03-01T00:00:00Z');
    const saved: unknown[] = [];
    const given = { saveConfig: async (all: unknown) => void saved.push(all) };
    const { read, asked } = await shop({ '/token': token('aaaa') }, updater, { config, clock, given });
    await read('orders');
    expect(asked('/token')).toEqual([]);
    expect(asked('/orders')[0]?.headers.authorization).toBe('Bearer kept-token');
    clock.set('2026-03-01T03:00:00Z');
    await read('users');
    expect(saved).toEqual([{ tokens: { a: 'aaaa', r: 'once-1', until: '2026-03-01T04:00:00+00:00' } }]);
  });
});

describe('an endpoint that gives no token', () => {
  const failure = async (answer: Answers, oauth = CLIENT) => {
    const { read, asked, clock } = await shop({ '/token': answer }, oauth);
    const error = await read('orders').catch((thrown: unknown) => thrown);
    return { error, tries: asked('/token').length, waits: clock.waits };
  };

  test('a refresh token that is no good any more: sign in again', async () => {
    const { error, tries } = await failure({ status: 400, body: { error: 'invalid_grant' } });
    expect(error).toMatchObject({
      kind: 'config',
      code: 'token_refused',
      message: expect.stringMatching(/answered 400 \(invalid_grant\)\. The refresh token is not valid any more\./),
      hint: 'Sign in again in the settings of the source.',
    });
    expect(tries).toBe(1);
  });

  test('the manifest may say how the API tells that', async () => {
    const { error } = await failure(
      { status: 422, body: { reason: 'dead' } },
      `${CLIENT}
       refresh_token_error_status_codes: [422]
       refresh_token_error_key: reason
       refresh_token_error_values: [dead]`,
    );
    expect(error).toMatchObject({ hint: 'Sign in again in the settings of the source.' });
  });

  test('other refusals name what the API said', async () => {
    expect((await failure({ status: 401, body: { error: 'invalid_client' } })).error).toMatchObject({
      kind: 'config',
      message: expect.stringContaining('answered 401 (invalid_client).'),
    });
    expect((await failure({ body: { hello: 1 } })).error).toMatchObject({
      message: expect.stringMatching(/has no access_token\.$/),
    });
    expect((await failure({ body: '<html>' })).error).toMatchObject({ message: expect.stringContaining('is no JSON') });
  });

  test('a fault of the API is tried again for five minutes', async () => {
    const { error, waits } = await failure({ status: 503 });
    expect(error).toMatchObject({ kind: 'transient', code: 'token_refused' });
    expect(waits.map((ms) => ms / 1000)).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64]);
  });

  test('what lacks a credential is refused when the manifest is read', async () => {
    await expect(shop({}, 'client_id: a')).rejects.toThrow('OAuthAuthenticator needs refresh_token.');
    await expect(shop({}, 'use_profile_assertion: true')).rejects.toThrow('needs profile_assertion');
  });
});

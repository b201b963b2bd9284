import { expect, test } from 'vitest';
import { testClock } from '#tests/harness/clock.ts';
import { manifestOf, scriptedSource } from '../fixtures/scripted-source.ts';

const DATA = { body: { data: [{ id: 1 }] } };
const CONFIG = { user: 'ada', password: 'pass-word' };
const requester = (more: string) => `
authenticator:
  type: SessionTokenAuthenticator
  login_requester:
    url: SERVER/login
    http_method: POST
    request_body_json: { user: "{{ config.user }}", password: "{{ config.password }}" }
  session_token_path: [session, token]
${more.replaceAll(/^/gm, '  ')}
`;
const login = (value: string) => ({ body: { session: { token: value } } });

test('one login serves all streams while the session lasts', async () => {
  const clock = testClock('2026-03-01T00:00:00Z');
  const manifest = requester('expiration_duration: PT1H\nrequest_authentication: { type: Bearer }');
  const { read, asked } = await scriptedSource(
    { '/login': [login('aaaa'), login('bbbb')], '/orders': DATA, '/users': DATA },
    manifestOf({ orders: manifest, users: manifest }),
    { clock, config: CONFIG },
  );
  await Promise.all([read('orders'), read('users')]);
  expect(asked('/login').map((request) => request.json())).toEqual([{ user: 'ada', password: 'pass-word' }]);
  expect(asked('/users')[0]?.headers.authorization).toBe('Bearer aaaa');
  clock.move(3_600_000);
  await read('orders');
  expect(asked('/orders').map(({ headers }) => headers.authorization)).toEqual(['Bearer aaaa', 'Bearer bbbb']);
});

test('without a length of life each request logs in, as in the CDK', async () => {
  const { read, asked } = await scriptedSource(
    { '/login': [login('aaaa'), login('bbbb')], '/orders': DATA },
    manifestOf({ orders: requester('request_authentication: { type: Bearer }') }),
    { config: CONFIG },
  );
  await read('orders');
  await read('orders');
  expect(asked('/orders').map(({ headers }) => headers.authorization)).toEqual(['Bearer aaaa', 'Bearer bbbb']);
});

test('the token may go anywhere, and as part of a text', async () => {
  const { read, asked } = await scriptedSource(
    { '/login': login('aaaa'), '/orders': DATA },
    manifestOf({
      orders: requester(
        'request_authentication: { type: ApiKey, api_token: "Token {{ session_token }}", inject_into: { type: RequestOption, inject_into: header, field_name: X-Session } }',
      ),
    }),
    { config: CONFIG },
  );
  await read('orders');
  expect(asked('/orders')[0]?.headers['x-session']).toBe('Token aaaa');
});

test('a session that the API has ended is begun anew', async () => {
  const { read, asked } = await scriptedSource(
    { '/login': [login('aaaa'), login('bbbb')], '/orders': [{ status: 401 }, DATA] },
    manifestOf({ orders: requester('expiration_duration: P1D\nrequest_authentication: { type: Bearer }') }),
    { config: CONFIG },
  );
  expect((await read('orders')).records).toHaveLength(1);
  expect(asked('/orders').at(-1)?.headers.authorization).toBe('Bearer bbbb');
});

test('a login that fails says so, and one without a token too', async () => {
  const manifest = manifestOf({ orders: requester('request_authentication: { type: Bearer }') });
  const refused = await scriptedSource({ '/login': { status: 403, body: { message: 'locked' } } }, manifest, {
    config: CONFIG,
  });
  await expect(refused.read('orders')).rejects.toMatchObject({
    kind: 'config',
    message: expect.stringMatching(/locked/),
  });
  const empty = await scriptedSource({ '/login': { body: { session: {} } } }, manifest, { config: CONFIG });
  await expect(empty.read('orders')).rejects.toMatchObject({
    code: 'token_refused',
    message: 'The answer to the login has nothing at session.token.',
  });
});

test('the token is masked in what the test panel shows', async () => {
  const { read, exchanges } = await scriptedSource(
    { '/login': login('very-secret-token'), '/orders': { body: { data: [{ echo: 'very-secret-token' }] } } },
    manifestOf({ orders: requester('expiration_duration: P1D\nrequest_authentication: { type: Bearer }') }),
    { config: CONFIG },
  );
  await read('orders');
  expect(JSON.stringify(exchanges.filter(({ stream }) => stream === 'orders'))).not.toContain('very-secret-token');
});

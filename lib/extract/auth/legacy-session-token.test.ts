import { expect, test } from 'vitest';
import { manifestOf, scriptedSource } from '../fixtures/scripted-source.ts';

const DATA = { body: { data: [{ id: 1 }] } };
const MANIFEST = manifestOf({
  orders: `
path: /orders
authenticator:
  type: LegacySessionTokenAuthenticator
  header: X-Session
  login_url: session
  validate_session_url: user/current
  session_token_response_key: id
  session_token: "{{ config.get('session_token', '') }}"
  username: "{{ config.get('username', '') }}"
  password: "{{ config.get('password', '') }}"
`,
}).replace('url: SERVER/orders', 'url_base: SERVER/');

test('the token of the config while it is valid', async () => {
  const { read, asked } = await scriptedSource({ '/orders': DATA, '/user/current': {} }, MANIFEST, {
    config: { session_token: 'mine-1' },
  });
  await read('orders');
  expect(asked('/user/current')[0]?.headers['x-session']).toBe('mine-1');
  expect(asked('/orders')[0]?.headers['x-session']).toBe('mine-1');
});

test('else user name and password', async () => {
  const { read, asked } = await scriptedSource(
    { '/orders': DATA, '/user/current': { status: 401 }, '/session': { body: { id: 'new-1' } } },
    MANIFEST,
    { config: { session_token: 'mine-1', username: 'ada', password: 'pass-word' } },
  );
  await read('orders');
  expect(asked('/session').map((request) => request.json())).toEqual([{ username: 'ada', password: 'pass-word' }]);
  expect(asked('/orders')[0]?.headers['x-session']).toBe('new-1');
});

test('with neither it says what to give', async () => {
  const { read } = await scriptedSource({ '/user/current': { status: 401 } }, MANIFEST, {
    config: { session_token: 'mine-1' },
  });
  await expect(read('orders')).rejects.toMatchObject({
    code: 'token_refused',
    message: 'The session token is not valid any more.',
  });
});

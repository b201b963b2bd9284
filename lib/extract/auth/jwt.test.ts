import { createHmac, createVerify, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { testClock } from '#tests/harness/clock.ts';
import { manifestOf, scriptedSource } from '../fixtures/scripted-source.ts';

async function sent(jwt: string, config = {}) {
  const { read, asked } = await scriptedSource(
    { '/orders': { body: { data: [] } } },
    manifestOf({ orders: `authenticator:\n  type: JwtAuthenticator\n${jwt.trim().replaceAll(/^ */gm, '  ')}` }),
    { config, clock: testClock('2026-03-01T00:00:00Z') },
  );
  await read('orders');
  return asked('/orders')[0];
}

function parts(token: string) {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const json = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: json(header), payload: json(payload), data: `${header}.${payload}`, signature };
}

test('a shared secret signs the token; its times are those of the clock', async () => {
  const request = await sent(
    `
    algorithm: HS256
    secret_key: "{{ config.secret }}"
    header_prefix: Bearer
    token_duration: 60
    jwt_headers: { kid: "{{ config.key }}" }
    additional_jwt_headers: { env: prod }
    jwt_payload: { iss: "12345", aud: weir }
    additional_jwt_payload: { scope: [a], n: "{{ 1 + 1 }}" }`,
    { secret: 'sh', key: 'k1' },
  );
  const [word, token = ''] = (request?.headers.authorization ?? '').split(' ');
  const { header, payload, data, signature } = parts(token);
  expect(word).toBe('Bearer');
  expect(header).toEqual({ typ: 'JWT', alg: 'HS256', kid: 'k1', env: 'prod' });
  const now = Date.parse('2026-03-01T00:00:00Z') / 1000;
  expect(payload).toEqual({ scope: ['a'], n: 2, iss: '12345', aud: 'weir', iat: now, exp: now + 60, nbf: now });
  expect(signature).toBe(createHmac('sha256', 'sh').update(data).digest('base64url'));
});

test('the secret may be signed with as base64, and the token go elsewhere', async () => {
  const request = await sent(`
    algorithm: HS512
    secret_key: sh
    base64_encode_secret_key: true
    request_option: { type: RequestOption, inject_into: request_parameter, field_name: jwt }`);
  const { data, signature } = parts(request?.query.get('jwt') ?? '');
  const key = Buffer.from('sh').toString('base64');
  expect(signature).toBe(createHmac('sha512', key).update(data).digest('base64url'));
});

describe('a private key', () => {
  test('RSA, its line ends written as \\n, as forms often bring them', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const request = await sent('algorithm: RS256\nsecret_key: "{{ config.key }}"', {
      key: pem.replaceAll('\n', '\\n'),
    });
    const { data, signature } = parts(request?.headers.authorization ?? '');
    const verifier = createVerify('sha256').update(data);
    expect(verifier.verify(publicKey, signature, 'base64url')).toBe(true);
  });

  test('with a passphrase; curves give both numbers side by side', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' });
    const request = await sent('algorithm: ES256\nsecret_key: "{{ config.key }}"\npassphrase: open', { key: pem });
    const { data, signature } = parts(request?.headers.authorization ?? '');
    const raw = Buffer.from(signature, 'base64url');
    expect(raw).toHaveLength(64);
    expect(verify('sha256', Buffer.from(data), { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true);
  });

  test('EdDSA', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const request = await sent('algorithm: EdDSA\nsecret_key: "{{ config.key }}"', { key });
    const { data, signature } = parts(request?.headers.authorization ?? '');
    expect(verify(null, Buffer.from(data), publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  test('one that does not fit says so', async () => {
    await expect(sent('algorithm: RS256\nsecret_key: nonsense')).rejects.toMatchObject({
      code: 'token_unsigned',
      message: expect.stringContaining('RS256'),
    });
  });
});

test('fields with a place of their own are refused among the others', async () => {
  await expect(
    sent('algorithm: HS256\nsecret_key: x\nadditional_jwt_payload: { exp: 1 }\nadditional_jwt_headers: { kid: a }'),
  ).rejects.toThrow(/exp can.t stand in additional_jwt_payload[\s\S]*kid can.t stand in additional_jwt_headers/);
});

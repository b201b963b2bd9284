import { createHash, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Answer, type ScriptedServer, scriptedServer } from './scripted-server.ts';

/** Weir as the provider knows it. */
export const CLIENT = { id: 'weir-client', secret: 'weir-client-secret' };

/** Whom the provider says it is that signs in. */
export interface Person {
  readonly sub: string;
  readonly email: string;
  readonly name: string;
  readonly email_verified?: boolean;
}

export interface OidcProvider {
  readonly server: ScriptedServer;
  readonly issuer: string;
  /** Who is signed in at the provider; null denies. */
  person: Person | null;
  /** Claims in place of the right ones, for tokens that must not be taken. */
  forged: Record<string, unknown>;
  /** What it says of itself. */
  document(): Record<string, unknown>;
  /** Signs with a key that the provider does not publish. */
  foreignKey: boolean;
}

const SECONDS = 1_000;

interface Given {
  readonly challenge: string;
  readonly redirectUri: string;
  readonly nonce: string | null;
  readonly person: Person;
}

/**
 * A provider as OpenID Connect Core and Discovery describe one, with the code flow and PKCE: it sends the browser back at once, takes
 * each code once, and signs identity tokens with RS256.
 */
export async function oidcProvider(): Promise<OidcProvider> {
  const [own, foreign] = [keyPair(), keyPair()];
  const codes = new Map<string, Given>();
  const state = { person: null as Person | null, forged: {} as Record<string, unknown>, foreignKey: false };
  const server = await scriptedServer({
    '/.well-known/openid-configuration': () => ({ body: discovery(server.url) }),
    '/jwks': () => ({
      body: { keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }] },
    }),
    '/authorize': ({ query }) => authorize(new URLSearchParams([...query]), codes, state.person),
    '/token': ({ body, headers }) => {
      const given = redeem(new URLSearchParams(body), String(headers.authorization ?? ''), codes);
      if (given === null) return { status: 400, body: { error: 'invalid_grant' } };
      const now = Math.floor(Date.now() / SECONDS);
      const claims = { iss: server.url, aud: CLIENT.id, iat: now, exp: now + 300, nonce: given.nonce, ...given.person };
      const token = signed({ ...claims, ...state.forged }, (state.foreignKey ? foreign : own).privateKey);
      return {
        body: { access_token: 'provider-access-token', token_type: 'Bearer', expires_in: 300, id_token: token },
      };
    },
  });
  return Object.assign(state, { server, issuer: server.url, document: () => discovery(server.url) });
}

function keyPair() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function discovery(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
  };
}

function authorize(query: URLSearchParams, codes: Map<string, Given>, person: Person | null): Answer {
  const back = new URL(query.get('redirect_uri') ?? '');
  back.searchParams.set('state', query.get('state') ?? '');
  if (person === null) back.searchParams.set('error', 'access_denied');
  else {
    const code = `code-${codes.size + 1}`;
    codes.set(code, {
      challenge: query.get('code_challenge') ?? '',
      redirectUri: query.get('redirect_uri') ?? '',
      nonce: query.get('nonce'),
      person,
    });
    back.searchParams.set('code', code);
  }
  return { status: 302, headers: { location: back.href } };
}

function redeem(form: URLSearchParams, authorization: string, codes: Map<string, Given>): Given | null {
  const basic = Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64');
  const isClient = form.get('client_secret') === CLIENT.secret || authorization === `Basic ${basic}`;
  const given = codes.get(form.get('code') ?? '');
  codes.delete(form.get('code') ?? '');
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  return isClient && given?.challenge === challenge && given.redirectUri === form.get('redirect_uri') ? given : null;
}

function signed(claims: object, key: KeyObject): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', kid: 'one', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
}

import { constants, createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import { type Build, component, defineKind, template } from '#lib/manifest/kind.ts';
import {
  interpolate,
  interpolateBoolean,
  interpolateString,
  interpolateText,
  plain,
  printed,
  type Scope,
} from '#lib/manifest/template/interpolate.ts';
import type { Authenticator, RequestOption } from '../families.ts';
import { scopeOf } from '../scope.ts';

const DEFAULT_LIFE_S = 1_200;
const RESERVED_HEADERS = ['kid', 'alg', 'typ', 'cty'];
const RESERVED_CLAIMS = ['iss', 'sub', 'aud', 'iat', 'exp', 'nbf'];
const ALGORITHMS: Record<string, (key: string, passphrase: string, data: string) => Buffer> = Object.fromEntries([
  ...['256', '384', '512'].flatMap((bits) => [
    [`HS${bits}`, (key: string, _passphrase: string, data: string) => hmac(bits, key, data)],
    [`RS${bits}`, signer(`sha${bits}`, () => ({}))],
    [`PS${bits}`, signer(`sha${bits}`, () => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: +bits / 8 }))],
  ]),
  ['ES256', signer('sha256', p1363)],
  ['ES256K', signer('sha256', p1363)],
  ['ES384', signer('sha384', p1363)],
  ['ES512', signer('sha512', p1363)],
  ['EdDSA', signer(null, () => ({}))],
]);
const CONFIG = ['config', 'parameters'];

/** An authenticator whose token others use too: OAuth sends it as an assertion. */
export interface JwtAuthenticator extends Authenticator {
  token(now: Date): string;
}

export const jwt = defineKind<JwtAuthenticator>({
  name: 'JwtAuthenticator',
  family: 'authenticator',
  docs: 'Signs a JSON Web Token for each request, with a shared secret or a private key.',
  example: `type: JwtAuthenticator\nalgorithm: HS256\nsecret_key: "{{ config['secret'] }}"\nheader_prefix: Bearer\njwt_payload: { iss: weir }\n`,
  fields: {
    secret_key: template('The shared secret, or the private key as PEM.', [], { required: true }),
    algorithm: { docs: 'How it is signed.', required: true, types: ['string'], values: Object.keys(ALGORITHMS) },
    base64_encode_secret_key: {
      docs: 'Sign with the secret written as base64.',
      types: ['boolean', 'string'],
      variables: CONFIG,
    },
    token_duration: { docs: 'Life of the token in seconds; 1200 when absent.', types: ['integer'] },
    header_prefix: template('Word before the token, such as Bearer.'),
    jwt_headers: claims('`kid`, `typ` and `cty` of the header.', ['kid', 'typ', 'cty']),
    additional_jwt_headers: { docs: 'More fields of the header.', types: ['object'], variables: CONFIG },
    jwt_payload: claims('`iss`, `sub` and `aud` of the payload.', ['iss', 'sub', 'aud']),
    additional_jwt_payload: { docs: 'More fields of the payload.', types: ['object'], variables: CONFIG },
    passphrase: template('Passphrase of the private key.'),
    request_option: component('Where the token goes; the header Authorization when absent.', 'request_option', {
      defaultType: 'RequestOption',
    }),
  },
  problems: (authenticator) => [
    ...reserved(authenticator, 'additional_jwt_headers', RESERVED_HEADERS),
    ...reserved(authenticator, 'additional_jwt_payload', RESERVED_CLAIMS),
  ],
  create(authenticator, build) {
    const option = authenticator.request_option ? build.create<RequestOption>(authenticator.request_option) : null;
    const token = (now: Date) => prefixed(authenticator, build, now);
    return {
      token,
      async parts(context) {
        const value = token(context.clock());
        return option?.parts(value) ?? { headers: { Authorization: value } };
      },
      renew: () => false,
    };
  },
});

function prefixed(authenticator: JsonObject, build: Build, now: Date): string {
  const scope: Scope = { ...scopeOf(build, authenticator), extra: ['json_loads'] };
  const prefix = authenticator.header_prefix ? interpolateText(String(authenticator.header_prefix), scope) : '';
  const token = signed(authenticator, scope, Math.floor(now.getTime() / 1000));
  return prefix ? `${prefix} ${token}` : token;
}

function signed(authenticator: JsonObject, scope: Scope, now: number): string {
  const text = (value: JsonValue | undefined) => (value ? interpolateText(String(value), scope) : '');
  const algorithm = String(authenticator.algorithm);
  const data = [headerOf(authenticator, scope, algorithm), payloadOf(authenticator, scope, now)]
    .map((part) => Buffer.from(stringifyJson(part)).toString('base64url'))
    .join('.');
  const encode = authenticator.base64_encode_secret_key;
  const encoded = encode !== undefined && encode !== null && interpolateBoolean(encode as boolean | string, scope);
  const secret = text(authenticator.secret_key);
  const key = encoded ? Buffer.from(secret).toString('base64') : secret;
  try {
    const signature = ALGORITHMS[algorithm]?.(key, text(authenticator.passphrase), data);
    return `${data}.${signature?.toString('base64url') ?? ''}`;
  } catch (cause) {
    throw new WeirError({
      kind: 'config',
      code: 'token_unsigned',
      message: `The token could not be signed with ${algorithm}: the key does not fit it, or is no whole PEM.`,
      hint: 'HS takes a shared secret; RS and PS an RSA key, ES a key of its curve, EdDSA an Ed25519 or Ed448 key, as PEM with its first and last line.',
      cause,
    });
  }
}

function headerOf({ jwt_headers: named, additional_jwt_headers: more }: JsonObject, scope: Scope, alg: string) {
  const header = { typ: 'JWT', ...evaluated(more, scope), ...present(named, ['kid', 'typ', 'cty'], scope), alg };
  // In order, as Python's library writes it: the same token for the same content.
  return Object.fromEntries(Object.entries(header).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function payloadOf(authenticator: JsonObject, scope: Scope, now: number) {
  const { jwt_payload: named, additional_jwt_payload: more, token_duration: life } = authenticator;
  const { iss, ...others } = present(named, ['iss', 'sub', 'aud'], scope);
  // The issuer is a text by RFC 7519, also where it looks like a number.
  const issuer = iss === undefined ? {} : { iss: printed(iss) };
  const times = { iat: now, exp: now + (typeof life === 'number' ? life : DEFAULT_LIFE_S), nbf: now };
  return { ...evaluated(more, scope), ...issuer, ...others, ...times };
}

function evaluated(source: JsonValue | undefined, scope: Scope): Record<string, unknown> {
  if (!isJsonObject(source)) return {};
  return Object.fromEntries(
    Object.entries(source).map(([key, value]) => [
      interpolateText(key, scope),
      typeof value === 'string' ? plain(interpolate(value, scope)) : value,
    ]),
  );
}

function present(source: JsonValue | undefined, names: readonly string[], scope: Scope): Record<string, unknown> {
  if (!isJsonObject(source)) return {};
  return Object.fromEntries(
    names.filter((name) => source[name]).map((name) => [name, plain(interpolateString(String(source[name]), scope))]),
  );
}

function hmac(bits: string, key: string, data: string): Buffer {
  return createHmac(`sha${bits}`, key).update(data).digest();
}

function signer(hash: string | null, options: () => object) {
  return (key: string, passphrase: string, data: string) =>
    sign(hash, Buffer.from(data), { key: privateKey(key, passphrase), ...options() });
}

/** Forms and environment variables often bring the line ends of a PEM as `\n`. */
function privateKey(text: string, passphrase: string): KeyObject {
  return createPrivateKey({ key: text.replaceAll('\\n', '\n'), ...(passphrase && { passphrase }) });
}

/** Both numbers side by side, as JWT wants them, in place of DER. */
function p1363() {
  return { dsaEncoding: 'ieee-p1363' };
}

function claims(docs: string, names: readonly string[]) {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  return { docs, types: ['object'] as const, variables: CONFIG, schema: { type: 'object', properties } };
}

function reserved(authenticator: JsonObject, field: string, names: readonly string[]) {
  const more = authenticator[field];
  const used = isJsonObject(more) ? names.filter((name) => name in more) : [];
  return used.map((name) => ({
    field,
    message: `${name} can't stand in ${field}.`,
    hint:
      field === 'additional_jwt_headers' ? 'Use jwt_headers.' : 'Use jwt_payload; the times are set by token_duration.',
  }));
}

import { isJsonObject, type JsonObject, parseJson } from '#lib/json.ts';
import { type Build, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText, printed } from '#lib/manifest/template/interpolate.ts';
import type { Authenticator } from '../families.ts';
import { scopeOf } from '../scope.ts';
import type { ExtractContext } from '../source.ts';
import { KeptToken, type Token, tokenRefused } from './kept-token.ts';

/** Life of a session, as in the CDK. */
const LIFE_MS = 86_400_000;

export const legacySessionToken = defineKind<Authenticator>({
  name: 'LegacySessionTokenAuthenticator',
  family: 'authenticator',
  docs: 'Sends the session token of the config while it is valid, else logs in with user name and password. Older way.',
  example: `type: LegacySessionTokenAuthenticator\nheader: X-Session\nlogin_url: session\nvalidate_session_url: user/current\nsession_token_response_key: id\nusername: "{{ config['username'] }}"\npassword: "{{ config['password'] }}"\n`,
  fields: {
    header: template('Name of the header.', [], { required: true }),
    login_url: template('Path of the login, behind the base address of the requester.', [], { required: true }),
    validate_session_url: template('Path that tells whether a token is valid.', [], { required: true }),
    session_token_response_key: template('Where the answer to the login has the token.', [], { required: true }),
    session_token: template('A token to begin with.'),
    username: template('The user name.'),
    password: template('The password.'),
    url_base: template('The base address; the one of the requester when absent.'),
  },
  create: (authenticator, build) => new Session(authenticator, build),
});

class Session implements Authenticator {
  readonly #component: JsonObject;
  readonly #build: Build;
  readonly #kept: KeptToken;
  /** The token of the config was refused. */
  #isOver = false;

  constructor(component: JsonObject, build: Build) {
    this.#component = component;
    this.#build = build;
    const key = ['url_base', 'login_url', 'username', 'password', 'session_token'].map((name) => this.#text(name));
    this.#kept = build.shared(`legacy session ${JSON.stringify(key)}`, () => new KeptToken());
  }

  async parts(context: ExtractContext) {
    return { headers: { [this.#text('header')]: await this.#kept.get(context, () => this.#fetch(context)) } };
  }

  renew(sent: string): boolean {
    this.#isOver = true;
    this.#kept.drop(sent);
    return this.#text('username') !== '';
  }

  #text(name: string): string {
    const source = this.#component[name];
    return source === undefined || source === null
      ? ''
      : interpolateText(String(source), scopeOf(this.#build, this.#component));
  }

  async #fetch(context: ExtractContext): Promise<Token> {
    const untilMs = context.clock().getTime() + LIFE_MS;
    const given = this.#text('session_token');
    if (given !== '' && !this.#isOver && (await this.#isValid(context, given))) return { value: given, untilMs };
    const [username, password] = [this.#text('username'), this.#text('password')];
    if (username === '' || password === '')
      throw tokenRefused(
        'config',
        given === '' ? 'The config has no session token.' : 'The session token is not valid any more.',
        'Give user name and password in the config, or a new session token.',
      );
    return { value: await this.#logIn(context, { username, password }), untilMs };
  }

  async #isValid(context: ExtractContext, token: string): Promise<boolean> {
    const url = this.#text('url_base') + this.#text('validate_session_url');
    const headers = { [this.#text('header')]: token };
    const response = await context.http.send({ method: 'GET', url, headers, signal: context.signal });
    await response.bytes();
    if (response.status === 401) return false;
    if (response.status >= 400) throw refused(url, response.status);
    return true;
  }

  async #logIn(context: ExtractContext, credentials: { username: string; password: string }): Promise<string> {
    const url = this.#text('url_base') + this.#text('login_url');
    const response = await context.http.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(credentials),
      signal: context.signal,
    });
    const text = await response.text();
    if (response.status >= 400) throw refused(url, response.status);
    const key = this.#text('session_token_response_key');
    const body = jsonOrNull(text);
    const token = isJsonObject(body) ? body[key] : undefined;
    if (token === undefined || token === null)
      throw tokenRefused('config', `The answer to the login has no ${key}.`, 'Correct session_token_response_key.');
    this.#build.noteSecret(printed(token));
    return printed(token);
  }
}

function jsonOrNull(text: string) {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

function refused(url: string, status: number) {
  const { host } = new URL(url);
  return tokenRefused(
    status >= 500 || status === 429 ? 'transient' : 'config',
    `${host} answered ${status} to the login.`,
    'Check user name and password, or the session token.',
  );
}

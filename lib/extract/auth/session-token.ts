import type { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { parseDuration } from '#lib/manifest/datetime/duration.ts';
import { type Build, component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText, printed } from '#lib/manifest/template/interpolate.ts';
import type { Authenticator, Decoder, Requester, RequestOption, RequestParts } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { WHOLE_STREAM } from '../slice.ts';
import type { ExtractContext } from '../source.ts';
import { KeptToken, type Token, tokenRefused } from './kept-token.ts';

/** What requests of a login are called in messages. */
const LOGIN = { stream: 'login', page: 1 };

/** Puts the token of a session into requests. */
type SessionAuthentication = (token: string) => RequestParts;

export const sessionToken = defineKind<Authenticator>({
  name: 'SessionTokenAuthenticator',
  family: 'authenticator',
  docs: 'Logs in with a request of its own, and sends the token that it gives with every other.',
  example:
    'type: SessionTokenAuthenticator\nlogin_requester: { type: HttpRequester, url: https://api.example.com/login, http_method: POST }\nsession_token_path: [token]\nexpiration_duration: PT1H\nrequest_authentication: { type: Bearer }\n',
  fields: {
    login_requester: component('Sends the login.', 'requester', { required: true, defaultType: 'HttpRequester' }),
    session_token_path: { docs: 'Path of the token in the answer, outermost first.', required: true, types: ['array'] },
    expiration_duration: {
      docs: 'Life of a session, such as PT1H; without one, every request logs in anew.',
      types: ['string'],
    },
    request_authentication: component('How requests carry the token.', 'session_authentication', { required: true }),
    decoder: component('How the answer is read; JSON when absent.', 'decoder', { defaultType: 'JsonDecoder' }),
  },
  problems: ({ expiration_duration: duration }) => {
    try {
      if (typeof duration === 'string') parseDuration(duration);
      return [];
    } catch (error) {
      return [{ field: 'expiration_duration', message: (error as Error).message }];
    }
  },
  create: (authenticator, build) => new SessionToken(authenticator, build),
});

export const sessionAuthentications = [
  defineKind<SessionAuthentication>({
    name: 'Bearer',
    family: 'session_authentication',
    docs: 'Requests carry the token of the session as `Authorization: Bearer <token>`.',
    example: 'type: Bearer\n',
    fields: {},
    create: () => (token) => ({ headers: { Authorization: `Bearer ${token}` } }),
  }),
  defineKind<SessionAuthentication>({
    name: 'ApiKey',
    family: 'session_authentication',
    docs: 'Requests carry the token of the session in a header, a parameter or the body.',
    example: 'type: ApiKey\ninject_into: { type: RequestOption, inject_into: header, field_name: X-Session }\n',
    fields: {
      inject_into: component('Where it goes.', 'request_option', { required: true, defaultType: 'RequestOption' }),
      api_token: template('What goes there; `{{ session_token }}` when absent.', ['session_token']),
    },
    create(authentication, build) {
      const option = build.create<RequestOption>(authentication.inject_into);
      const source = String(authentication.api_token ?? '{{ session_token }}');
      return (token) => {
        const value = interpolateText(source, scopeOf(build, authentication, { session_token: token }));
        return option.parts(value);
      };
    },
  }),
];

class SessionToken implements Authenticator {
  readonly #login: Requester;
  readonly #decoder: Decoder;
  readonly #path: readonly string[];
  readonly #authenticate: SessionAuthentication;
  readonly #build: Build;
  /** Life of a session; null where each request begins one. */
  readonly #lifeMs: number | null;
  readonly #kept: KeptToken;

  constructor(component: JsonObject, build: Build) {
    const { login_requester: login, expiration_duration: duration, session_token_path: path } = component;
    this.#build = build;
    this.#login = build.create<Requester>(login);
    this.#decoder = build.create<Decoder>(component.decoder ?? { type: 'JsonDecoder' });
    this.#path = (path as JsonValue[]).map(String);
    this.#authenticate = build.create<SessionAuthentication>(component.request_authentication);
    this.#lifeMs = typeof duration === 'string' ? parseDuration(duration).seconds * 1000 : null;
    this.#kept = build.shared(`session ${JSON.stringify([login, path])}`, () => new KeptToken());
  }

  async parts(context: ExtractContext): Promise<RequestParts> {
    const fetch = () => this.#fetch(context);
    const token = this.#lifeMs === null ? (await fetch()).value : await this.#kept.get(context, fetch);
    return this.#authenticate(token);
  }

  renew(sent: string): boolean {
    this.#kept.drop(sent);
    return true;
  }

  async #fetch(context: ExtractContext): Promise<Token> {
    const answer = await this.#login.send(context, { ...LOGIN, slice: WHOLE_STREAM, parts: [], token: null });
    if (answer === null) throw noToken('The login was refused, and its error rules pass that over.');
    const [body] = await this.#decoder.decode(answer, LOGIN);
    const [document] = Array.isArray(body) ? body : [body];
    const found = this.#path.reduce<JsonValue | undefined>(
      (value, key) => (isJsonObject(value) ? value[key] : undefined),
      document,
    );
    if (found === undefined || found === null || found === '')
      throw noToken(`The answer to the login has nothing at ${this.#path.join('.')}.`);
    const value = printed(found);
    this.#build.noteSecret(value);
    return { value, untilMs: context.clock().getTime() + (this.#lifeMs ?? 0) };
  }
}

function noToken(message: string): WeirError {
  return tokenRefused('config', message, 'Look at login_requester and session_token_path.');
}

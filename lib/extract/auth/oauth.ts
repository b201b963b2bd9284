import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, parseJson } from '#lib/json.ts';
import { type Build, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateHeaders, interpolateParameters, interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Authenticator } from '../families.ts';
import { scopeOf } from '../scope.ts';
import type { ExtractContext } from '../source.ts';

const DEFAULT_LIFE_S = 3_600;
/** Renewed this long before it runs out, so that no request takes a token that dies on the way. */
const MARGIN_MS = 30_000;

export const oauth = defineKind<Authenticator>({
  name: 'OAuthAuthenticator',
  family: 'authenticator',
  docs: 'Fetches an access token with a refresh token or client credentials, and renews it before it runs out.',
  example: `type: OAuthAuthenticator\ntoken_refresh_endpoint: https://api.example.com/oauth/token\nclient_id: "{{ config['client_id'] }}"\nclient_secret: "{{ config['client_secret'] }}"\nrefresh_token: "{{ config['refresh_token'] }}"\n`,
  fields: {
    token_refresh_endpoint: template('Where tokens are fetched.'),
    client_id: template('The client.'),
    client_secret: template('Its secret.'),
    refresh_token: template('The refresh token.'),
    grant_type: template('refresh_token, or client_credentials.'),
    access_token_value: template('A token to use without fetching one.'),
    access_token_name: template('Where the answer has the token; access_token when absent.'),
    expires_in_name: template('Where the answer has its life in seconds; expires_in when absent.'),
    client_id_name: template('Name of the field; client_id when absent.'),
    client_secret_name: template('Name of the field; client_secret when absent.'),
    refresh_token_name: template('Name of the field; refresh_token when absent.'),
    grant_type_name: template('Name of the field; grant_type when absent.'),
    scopes: { docs: 'Scopes to ask for.', types: ['array'], variables: ['config', 'parameters'] },
    refresh_request_body: {
      docs: 'More fields of the request.',
      types: ['object'],
      variables: ['config', 'parameters'],
    },
    refresh_request_headers: {
      docs: 'More headers of the request.',
      types: ['object'],
      variables: ['config', 'parameters'],
    },
    token_expiry_date: template('When the configured token runs out.'),
    token_expiry_date_format: template('How that date is written.'),
    token_expiry_is_time_of_expiration: { docs: 'The life is a date.', types: ['boolean'] },
  },
  create: (component, build) => new TokenFetcher(component, build),
});

class TokenFetcher implements Authenticator {
  readonly #component: JsonObject;
  readonly #build: Build;
  #token: { value: string; until: number } | null = null;
  /** Requests that come at once wait for one and the same token. */
  #fetching: Promise<string> | null = null;

  constructor(component: JsonObject, build: Build) {
    this.#component = component;
    this.#build = build;
  }

  async parts(context: ExtractContext) {
    return { headers: { Authorization: `Bearer ${await this.#valid(context)}` } };
  }

  renew(): boolean {
    this.#token = null;
    return this.#component.token_refresh_endpoint !== undefined;
  }

  #text(name: string, otherwise = ''): string {
    const source = this.#component[name];
    return source === undefined || source === null
      ? otherwise
      : interpolateText(String(source), scopeOf(this.#build, this.#component));
  }

  async #valid(context: ExtractContext): Promise<string> {
    if (this.#component.token_refresh_endpoint === undefined) return this.#text('access_token_value');
    if (this.#token && this.#token.until > context.clock().getTime()) return this.#token.value;
    this.#fetching ??= this.#fetch(context).finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fetch(context: ExtractContext): Promise<string> {
    const url = this.#text('token_refresh_endpoint');
    const response = await context.http.send({
      method: 'POST',
      url,
      headers: this.#headers(),
      body: this.#form().toString(),
      signal: context.signal,
    });
    const text = await response.text();
    const body = safeJson(text);
    const token = isJsonObject(body) ? body[this.#text('access_token_name', 'access_token')] : undefined;
    if (response.status >= 400 || typeof token !== 'string') throw refused(url, response.status);
    const life =
      Number((body as JsonObject)[this.#text('expires_in_name', 'expires_in')] ?? DEFAULT_LIFE_S) || DEFAULT_LIFE_S;
    this.#token = { value: token, until: context.clock().getTime() + life * 1000 - MARGIN_MS };
    return token;
  }

  #headers(): Record<string, string> {
    const more = this.#component.refresh_request_headers;
    return {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...(isJsonObject(more) && interpolateHeaders(more, scopeOf(this.#build, this.#component))),
    };
  }

  #form(): URLSearchParams {
    const grant = this.#text('grant_type', 'refresh_token');
    const form = new URLSearchParams({ [this.#text('grant_type_name', 'grant_type')]: grant });
    // Credentials in the header are not repeated in the body.
    if (!Object.keys(this.#headers()).some((name) => name.toLowerCase() === 'authorization')) {
      form.set(this.#text('client_id_name', 'client_id'), this.#text('client_id'));
      form.set(this.#text('client_secret_name', 'client_secret'), this.#text('client_secret'));
    }
    if (grant === 'refresh_token')
      form.set(this.#text('refresh_token_name', 'refresh_token'), this.#text('refresh_token'));
    const { scopes, refresh_request_body: more } = this.#component;
    if (Array.isArray(scopes))
      for (const scope of scopes)
        form.append('scopes', interpolateText(String(scope), scopeOf(this.#build, this.#component)));
    if (isJsonObject(more))
      for (const [name, value] of Object.entries(interpolateParameters(more, scopeOf(this.#build, this.#component))))
        for (const item of [value].flat()) form.append(name, item);
    return form;
  }
}

function safeJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

function refused(url: string, status: number): WeirError {
  const transient = status >= 500 || status === 429;
  return new WeirError({
    kind: transient ? 'transient' : 'config',
    code: 'token_refused',
    message: `${new URL(url).host} gave no access token: it answered ${status}.`,
    hint: transient
      ? 'It is tried again later.'
      : 'Check client id, client secret and refresh token; the refresh token may have been revoked.',
  });
}

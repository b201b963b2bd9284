import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { parseIso } from '#lib/manifest/datetime/iso.ts';
import type { Build } from '#lib/manifest/kind.ts';
import {
  interpolate,
  interpolateBoolean,
  interpolateHeaders,
  interpolateText,
  printed,
} from '#lib/manifest/template/interpolate.ts';
import { itemsOf } from '#lib/manifest/template/values.ts';
import type { Authenticator } from '../families.ts';
import { scopeOf } from '../scope.ts';
import type { ExtractContext } from '../source.ts';
import type { JwtAuthenticator } from './jwt.ts';
import { KeptToken, type Token, tokenRefused } from './kept-token.ts';
import { StoredTokens, valueAt } from './refresh-token-updater.ts';
import { findValue, type RefusedToken, requestToken } from './token-request.ts';

const DEFAULT_LIFE_S = 3_600;
/** Renewed this long before it runs out, or after nine tenths of its life, so that no request takes a token that dies on the way. */
const MARGIN_MS = 30_000;
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const REFUSED: RefusedToken = { statuses: [400], key: 'error', values: ['invalid_grant', 'invalid_permissions'] };

/** The access token of an OAuth client, for all streams that ask for the same one. */
export class AccessToken implements Authenticator {
  readonly #component: JsonObject;
  readonly #build: Build;
  /** For refresh tokens that work once. */
  readonly #stored: StoredTokens | null;
  readonly #assertion: JwtAuthenticator | null;
  readonly #kept: KeptToken;

  constructor(component: JsonObject, build: Build) {
    this.#component = component;
    this.#build = build;
    const { refresh_token_updater: updater, use_profile_assertion: asserts } = component;
    this.#stored = isJsonObject(updater) ? new StoredTokens(updater, build) : null;
    const isAsserted =
      asserts !== undefined && asserts !== null && interpolateBoolean(asserts as boolean | string, this.#scope);
    this.#assertion = isAsserted ? build.create<JwtAuthenticator>(component.profile_assertion) : null;
    this.#kept = build.shared(this.#key(), () => new KeptToken(this.#first()));
  }

  async parts(context: ExtractContext) {
    const token = this.#endpoint
      ? await this.#kept.get(context, () => this.#renewed(context))
      : this.#text('access_token_value');
    return { headers: { Authorization: `Bearer ${token}` } };
  }

  renew(sent: string): boolean {
    if (!this.#endpoint) return false;
    this.#kept.drop(sent);
    return true;
  }

  get #scope() {
    return scopeOf(this.#build, this.#component);
  }

  get #endpoint(): string {
    return this.#text('token_refresh_endpoint');
  }

  #text(name: string, otherwise = ''): string {
    const source = this.#component[name];
    if (source === undefined || source === null || source === '') return otherwise;
    return interpolateText(String(source), this.#scope);
  }

  /** Equal for authenticators that would fetch the same token. */
  #key(): string {
    const what = this.#stored ? this.#stored.key : `${this.#form()}${JSON.stringify(this.#headers())}`;
    return `oauth ${this.#endpoint} ${this.#assertion ? JSON.stringify(this.#component.profile_assertion) : what}`;
  }

  /** The token that the config has. */
  #first(): Token | null {
    const value = this.#stored ? this.#stored.access : this.#text('access_token_value');
    const expiry = this.#stored ? this.#stored.expiry : this.#text('token_expiry_date');
    const untilMs = instant(expiry);
    return value === '' || untilMs === null ? null : { value, untilMs };
  }

  /** A refresh token that works once is used by one process at a time; who had to wait takes up what that one was given. */
  #renewed(context: ExtractContext): Promise<Token> {
    const stored = this.#stored;
    if (!stored || !context.alone) return this.#fetch(context);
    return context.alone(async (config) => {
      const newer = stored.newerIn(config);
      if (newer.length === 0) return this.#fetch(context);
      this.#build.changeConfig(newer);
      for (const text of [stored.access, stored.refresh]) if (text !== '') this.#build.noteSecret(text);
      const token = this.#first();
      return token && context.clock().getTime() < token.untilMs ? token : this.#fetch(context);
    });
  }

  async #fetch(context: ExtractContext): Promise<Token> {
    const inQuery = this.#component.send_refresh_request_as_query_params === true;
    const request = { url: this.#endpoint, headers: this.#headers(), form: this.#form(context), inQuery };
    const body = await requestToken(context, request, this.#refused());
    const name = this.#text('access_token_name', 'access_token');
    const value = findValue(body, name);
    if (value === undefined || value === null || value === '')
      throw tokenRefused(
        'config',
        `The answer of ${new URL(this.#endpoint).host} has no ${name}.`,
        'Name the field of the token in access_token_name.',
      );
    this.#build.noteSecret(printed(value));
    const { endMs, untilMs } = this.#life(body, context.clock());
    if (this.#stored) await this.#store(context, this.#stored, body, { value: printed(value), untilMs: endMs });
    return { value: printed(value), untilMs };
  }

  /** The old refresh token is spent: nothing goes on before the new one is safe. */
  async #store(context: ExtractContext, stored: StoredTokens, body: JsonValue, token: Token): Promise<void> {
    const refresh = findValue(body, stored.refreshName);
    const renewed = refresh === undefined || refresh === null || refresh === '' ? null : printed(refresh);
    if (renewed) this.#build.noteSecret(renewed);
    const changes = stored.changes(token.value, renewed, new Date(token.untilMs));
    await context.saveConfig?.(this.#build.changeConfig(changes), changes);
  }

  #life(body: JsonValue, now: Date): { endMs: number; untilMs: number } {
    const found = findValue(body, this.#text('expires_in_name', 'expires_in'));
    const isDate = this.#component.token_expiry_date_format !== undefined;
    const nowMs = now.getTime();
    const seconds = Number(found ?? DEFAULT_LIFE_S);
    const date = isDate && found !== undefined && found !== null ? instant(String(found)) : null;
    const endMs = date ?? nowMs + (Number.isFinite(seconds) ? seconds : DEFAULT_LIFE_S) * 1000;
    return { endMs, untilMs: endMs - Math.min(MARGIN_MS, Math.max(0, endMs - nowMs) / 10) };
  }

  #headers(): Record<string, string> {
    const more = this.#component.refresh_request_headers;
    return isJsonObject(more) ? interpolateHeaders(more, this.#scope) : {};
  }

  #form(context?: ExtractContext): URLSearchParams {
    const grantName = this.#text('grant_type_name', 'grant_type');
    if (this.#assertion) {
      const assertion = context ? this.#assertion.token(context.clock()) : '';
      return new URLSearchParams({ [grantName]: JWT_BEARER, assertion });
    }
    const form = new URLSearchParams({ [grantName]: this.#text('grant_type', 'refresh_token') });
    // Credentials in the header are not repeated in the body.
    if (!Object.keys(this.#headers()).some((name) => name.toLowerCase() === 'authorization')) {
      form.set(this.#text('client_id_name', 'client_id'), this.#credential('client_id'));
      form.set(this.#text('client_secret_name', 'client_secret'), this.#credential('client_secret'));
    }
    const refreshName = this.#stored?.refreshName ?? this.#text('refresh_token_name', 'refresh_token');
    if (this.#stored) form.set(refreshName, this.#stored.refresh);
    else if (this.#component.refresh_token !== undefined) form.set(refreshName, this.#text('refresh_token'));
    const { scopes, refresh_request_body: more } = this.#component;
    if (Array.isArray(scopes))
      for (const scope of scopes) form.append('scopes', interpolateText(String(scope), this.#scope));
    if (isJsonObject(more)) this.#add(form, more);
    return form;
  }

  /** As in the CDK, what the config has under `credentials` counts first where the tokens are kept there. */
  #credential(name: string): string {
    const kept = this.#stored ? valueAt(this.#build.config, ['credentials', name]) : undefined;
    return kept === undefined || kept === null ? this.#text(name) : String(kept);
  }

  /** Fields that OAuth itself has set stay as they are. */
  #add(form: URLSearchParams, more: JsonObject): void {
    const taken = new Set(form.keys());
    for (const [name, source] of Object.entries(more)) {
      const key = interpolateText(name, this.#scope);
      const value = typeof source === 'string' ? interpolate(source, this.#scope) : source;
      if (taken.has(key) || value === null) continue;
      for (const item of itemsOf(value) ?? [value]) form.append(key, printed(item));
    }
  }

  #refused(): RefusedToken {
    const { refresh_token_updater: updater } = this.#component;
    const named = [updater, this.#component].filter(isJsonObject).find(isNamed);
    if (!named) return REFUSED;
    const listed = (value: JsonValue | undefined) => (Array.isArray(value) ? value : []);
    return {
      statuses: listed(named.refresh_token_error_status_codes).map(Number),
      key: String(named.refresh_token_error_key ?? ''),
      values: listed(named.refresh_token_error_values).map(String),
    };
  }
}

function isNamed(component: JsonObject): boolean {
  return ['refresh_token_error_status_codes', 'refresh_token_error_key', 'refresh_token_error_values'].some(
    (name) => component[name] !== undefined,
  );
}

/** Seconds since 1970 or an ISO date; null for what is neither. */
function instant(text: string): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = parseIso(text);
  return date === null ? null : Number(date.micros / 1000n);
}

import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Build, ConfigChange } from '#lib/manifest/kind.ts';

const text = (description: string) => ({ type: 'string', description });
const path = (description: string) => ({ type: 'array', items: { type: 'string' }, description });

/** Fields of `refresh_token_updater`, for the editor. */
export const refreshTokenUpdater: JsonObject = {
  refresh_token_name: text('Where the answer has the new refresh token; refresh_token when absent.'),
  access_token_config_path: path('Where the config keeps the access token; [credentials, access_token] when absent.'),
  refresh_token_config_path: path('Where it keeps the refresh token; [credentials, refresh_token] when absent.'),
  token_expiry_date_config_path: path('And when the access token runs out; [credentials, token_expiry_date].'),
  refresh_token_error_status_codes: { type: 'array', items: { type: 'integer' }, description: 'As outside of it.' },
  refresh_token_error_key: text('As outside of it.'),
  refresh_token_error_values: path('As outside of it.'),
};

/** The tokens of a source whose refresh token works once: they live in its config. */
export class StoredTokens {
  readonly #build: Build;
  readonly #paths: { readonly access: string[]; readonly refresh: string[]; readonly expiry: string[] };
  /** Name of the refresh token in requests and answers. */
  readonly refreshName: string;

  constructor(updater: JsonObject, build: Build) {
    this.#build = build;
    this.#paths = {
      access: pathOf(updater.access_token_config_path, 'access_token'),
      refresh: pathOf(updater.refresh_token_config_path, 'refresh_token'),
      expiry: pathOf(updater.token_expiry_date_config_path, 'token_expiry_date'),
    };
    this.refreshName = String(updater.refresh_token_name ?? 'refresh_token');
  }

  /** Tells sources apart that keep their tokens in different places. */
  get key(): string {
    return this.#paths.refresh.join('.');
  }

  get access(): string {
    return this.#at(this.#paths.access);
  }

  get refresh(): string {
    return this.#at(this.#paths.refresh);
  }

  get expiry(): string {
    return this.#at(this.#paths.expiry);
  }

  changes(access: string, refresh: string | null, until: Date): ConfigChange[] {
    return [
      { path: this.#paths.access, value: access },
      ...(refresh === null ? [] : [{ path: this.#paths.refresh, value: refresh }]),
      { path: this.#paths.expiry, value: until.toISOString().replace(/(?:\.000)?Z$/, '+00:00') },
    ];
  }

  /** What this config has that ours has not: nothing where its tokens are the ones that we know. */
  newerIn(config: JsonObject): ConfigChange[] {
    const { access, refresh, expiry } = this.#paths;
    const isNewer = [access, refresh].some((path) => textAt(config, path) !== this.#at(path));
    return isNewer ? [access, refresh, expiry].map((path) => ({ path, value: valueAt(config, path) })) : [];
  }

  #at(path: readonly string[]): string {
    return textAt(this.#build.config, path);
  }
}

export function valueAt(config: JsonObject, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((inner, key) => (isJsonObject(inner) ? inner[key] : undefined), config);
}

function textAt(config: JsonObject, path: readonly string[]): string {
  const value = valueAt(config, path);
  return value === undefined || value === null ? '' : String(value);
}

function pathOf(value: JsonValue | undefined, name: string): string[] {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : ['credentials', name];
}

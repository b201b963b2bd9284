import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { ConfigChange } from '#lib/manifest/kind.ts';

/** What the streams of one source and one config have in common: the config as it stands now, tokens, secrets to mask. */
export class Session {
  /** As it is stored, without the defaults of the spec. */
  #stored: JsonObject;
  readonly #withDefaults: (config: JsonObject) => JsonObject;
  readonly #shared = new Map<string, unknown>();
  readonly secrets = new Set<string>();
  config: JsonObject;

  constructor(config: JsonObject, withDefaults: (config: JsonObject) => JsonObject) {
    this.#stored = config;
    this.#withDefaults = withDefaults;
    this.config = withDefaults(config);
  }

  shared<Value>(key: string, make: () => Value): Value {
    if (!this.#shared.has(key)) this.#shared.set(key, make());
    return this.#shared.get(key) as Value;
  }

  change(changes: readonly ConfigChange[]): JsonObject {
    this.#stored = changes.reduce((config, { path, value }) => withValue(config, path, value), this.#stored);
    this.config = this.#withDefaults(this.#stored);
    return this.#stored;
  }
}

/** The config with one value replaced; what is on the way to it is made. */
export function withValue(config: JsonObject, [key, ...rest]: readonly string[], value: JsonValue): JsonObject {
  if (key === undefined) return config;
  const inner = config[key];
  return { ...config, [key]: rest.length === 0 ? value : withValue(isJsonObject(inner) ? inner : {}, rest, value) };
}

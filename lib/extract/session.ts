import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import type { ConfigChange } from '#lib/manifest/kind.ts';

/** What the config of a source goes through: what is stored for good, and what a run adds to it. */
export interface ConfigSteps {
  migrate(stored: JsonObject): JsonObject;
  prepare(migrated: JsonObject): JsonObject;
}

/** What the streams of one source and one config have in common: the config as it stands now, tokens, secrets to mask. */
export class Session {
  readonly #given: JsonObject;
  readonly #steps: ConfigSteps;
  readonly #shared = new Map<string, unknown>();
  readonly secrets = new Set<string>();
  #stored: JsonObject | null = null;
  #config: JsonObject | null = null;
  #migrated = false;

  constructor(given: JsonObject, steps: ConfigSteps) {
    this.#given = given;
    this.#steps = steps;
  }

  /** As it is stored, without what a run adds. */
  get stored(): JsonObject {
    this.#stored ??= this.#steps.migrate(this.#given);
    return this.#stored;
  }

  get config(): JsonObject {
    this.#config ??= this.#steps.prepare(this.stored);
    return this.#config;
  }

  /** Gives what the migrations changed to `store`, once: nothing is read before it is stored. */
  async storeMigrated(store: (config: JsonObject, changes: readonly ConfigChange[]) => Promise<void>): Promise<void> {
    if (this.#migrated) return;
    this.#migrated = true;
    const changes = differences(this.#given, this.stored);
    if (changes.length > 0) await store(this.stored, changes);
  }

  shared<Value>(key: string, make: () => Value): Value {
    if (!this.#shared.has(key)) this.#shared.set(key, make());
    return this.#shared.get(key) as Value;
  }

  change(changes: readonly ConfigChange[]): JsonObject {
    this.#stored = changes.reduce((config, { path, value }) => withValue(config, path, value), this.stored);
    this.#config = null;
    return this.#stored;
  }
}

/** The config with one value replaced, or removed where it is undefined; what is on the way to it is made. */
export function withValue(
  config: JsonObject,
  [key, ...rest]: readonly string[],
  value: JsonValue | undefined,
): JsonObject {
  if (key === undefined) return config;
  if (value === undefined && !Object.hasOwn(config, key)) return config;
  if (value === undefined && rest.length === 0) {
    const { [key]: _removed, ...others } = config;
    return others;
  }
  const inner = config[key];
  const next = rest.length === 0 ? value : withValue(isJsonObject(inner) ? inner : {}, rest, value);
  return { ...config, [key]: next as JsonValue };
}

function differences(before: JsonObject, after: JsonObject): ConfigChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    stringifyJson(before[name]) === stringifyJson(after[name]) ? [] : [{ path: [name], value: after[name] }],
  );
}

import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { createEnvReferences, type EnvReferences, referencesIn } from './env-references.ts';
import { type Issue, WeirError } from './errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** What stands in the place of a secret in every answer. Sent back, it means: keep what is stored. */
export const MASK = '**********';

const PREFIX = 'weir:1:';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The key that seals, and the one before it, which still opens what is not sealed anew yet. */
export interface SecretKeys {
  readonly current: string;
  readonly previous: string | null;
}

export interface Secrets {
  /** Encrypts; `aad` names the place (`source:<id>`), so that a value copied to another row does not open. */
  seal(value: string, aad: string): string;
  /** @throws WeirError `secret_unreadable` when key, place or text do not fit */
  open(sealed: string, aad: string): string;
  /** Secrets that are kept in the environment. */
  readonly references: EnvReferences;
}

interface SecretsOptions {
  readonly references?: EnvReferences;
}

/**
 * AES-256-GCM with a fresh nonce for each value: `weir:1:<key id>:<base64url of nonce, tag, text>`.
 * @param keys the installation's secret, at least 32 characters; the encryption key is derived from it (HKDF-SHA-256). A function
 * is asked each time, so that a running process takes up a new key
 */
export function createSecrets(
  keys: string | (() => SecretKeys),
  { references = createEnvReferences([], {}) }: SecretsOptions = {},
): Secrets {
  const current = typeof keys === 'string' ? () => ({ current: keys, previous: null }) : keys;
  return {
    references,
    seal(value, aad) {
      const { id, derived } = derive(current().current);
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', derived, iv).setAAD(Buffer.from(aad));
      const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
      return `${PREFIX}${id}:${Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')}`;
    },
    open(sealed, aad) {
      const [id, body] = sealed.startsWith(PREFIX) ? sealed.slice(PREFIX.length).split(':') : [];
      const { current: newest, previous } = current();
      const key = [derive(newest), ...(previous === null ? [] : [derive(previous)])].find((one) => one.id === id);
      if (key === undefined || body === undefined) throw unreadable(id);
      try {
        const bytes = Buffer.from(body, 'base64url');
        const iv = bytes.subarray(0, IV_BYTES);
        const decipher = createDecipheriv('aes-256-gcm', key.derived, iv).setAAD(Buffer.from(aad));
        decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw unreadable(id, cause);
      }
    },
  };
}

/** What every text that was sealed with this key begins with. */
export function sealedPrefix(key: string): string {
  return `${PREFIX}${derive(key).id}:`;
}

interface DerivedKey {
  readonly id: string;
  readonly derived: Buffer;
}

const derivedKeys = new Map<string, DerivedKey>();

function derive(key: string): DerivedKey {
  const known = derivedKeys.get(key);
  if (known) return known;
  const derived = Buffer.from(hkdfSync('sha256', key, '', 'weir secrets', 32));
  const made = { id: createHash('sha256').update(derived).digest('base64url').slice(0, 8), derived };
  derivedKeys.set(key, made);
  return made;
}

/** The config with every secret sealed; one that is sealed already stays. */
export function sealConfig(secrets: Secrets, spec: JsonObject, config: JsonObject, aad: string): JsonObject {
  return mapSecrets(spec, config, (value) =>
    isJsonObject(value) && typeof value.$sealed === 'string'
      ? value
      : { $sealed: secrets.seal(JSON.stringify(value), aad) },
  );
}

/** The config as it was entered, `${env:NAME}` included. Sealed values are found by their shape, wherever they stand. */
export function openConfig(secrets: Secrets, config: JsonObject, aad: string): JsonObject {
  return mapSealed(config, ($sealed) => JSON.parse(secrets.open($sealed, aad)) as JsonValue);
}

/**
 * The config as the source or destination needs it: references are followed, in secrets alone.
 * @throws WeirError `env_not_allowed`, `env_not_set`
 */
export function usableConfig(secrets: Secrets, config: JsonObject, aad: string): JsonObject {
  return mapSealed(config, ($sealed) =>
    mapTexts(JSON.parse(secrets.open($sealed, aad)) as JsonValue, secrets.references.resolve),
  );
}

/** An open config with the references in its secrets followed. @throws WeirError `env_not_allowed`, `env_not_set` */
export function followReferences({ references }: Secrets, spec: JsonObject, config: JsonObject): JsonObject {
  return mapSecrets(spec, config, (value) => mapTexts(value, references.resolve));
}

/** @throws WeirError `token_refers` when a provider's answer, which is about to be stored, would name our own variables */
export function assertNoReference(value: JsonValue): void {
  if (!leafTexts(value).some((text) => referencesIn(text).length > 0)) return;
  throw new WeirError({
    kind: 'terminal',
    code: 'token_refers',
    message: 'The provider answered with a token that reads like a reference to this machine’s environment.',
    hint: 'It was not stored. Tell whoever runs the provider.',
  });
}

/** What is wrong with the references of an open config: they stand in secrets only, and name what the operator allows. */
export function referenceIssues({ references }: Secrets, spec: JsonObject, config: JsonObject): Issue[] {
  const outside = mapSecrets(spec, config, () => null);
  const at = (value: JsonValue, path: string, message: (name: string) => string | null): Issue[] => {
    if (typeof value === 'string')
      return referencesIn(value).flatMap((name) => {
        const text = message(name);
        return text === null ? [] : [{ path, message: text }];
      });
    const entries = Array.isArray(value) ? [...value.entries()] : isJsonObject(value) ? Object.entries(value) : [];
    return entries.flatMap(([key, item]) => at(item, `${path}.${key}`, message));
  };
  const misplaced = at(outside, 'config', () => 'A reference to the environment stands in secret fields only.');
  const wrong = new Set(misplaced.map(({ path }) => path));
  return [...misplaced, ...at(config, 'config', references.refusal).filter(({ path }) => !wrong.has(path))];
}

/** The config for answers: secrets, sealed or open, become `MASK`. */
export function maskConfig(spec: JsonObject, config: JsonObject): JsonObject {
  return mapSealed(
    mapSecrets(spec, config, () => MASK),
    () => MASK,
  );
}

/** What a form sent: where a secret came back masked, the stored one stays. */
export function mergeMasked(stored: JsonValue | undefined, next: JsonValue): JsonValue {
  if (next === MASK && stored !== undefined) return stored;
  if (Array.isArray(next))
    return next.map((item, index) => mergeMasked(Array.isArray(stored) ? stored[index] : undefined, item));
  if (!isJsonObject(next)) return next;
  const old = isJsonObject(stored) ? stored : {};
  return Object.fromEntries(Object.entries(next).map(([key, item]) => [key, mergeMasked(old[key], item)]));
}

/** Every secret text of an open config, for masking logs and errors; texts under 4 characters would mask too much. */
export function secretValues(spec: JsonObject, config: JsonObject): string[] {
  const found: string[] = [];
  mapSecrets(spec, config, (value) => {
    found.push(...leafTexts(value));
    return value;
  });
  return found.filter((text) => text.length >= 4).toSorted((a, b) => b.length - a.length);
}

/** The text with every secret replaced by `MASK`. */
export function maskText(text: string, secrets: readonly string[]): string {
  return secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

/** Applies `change` to each sealed value, wherever it stands. */
function mapSealed(config: JsonObject, change: (sealed: string) => JsonValue): JsonObject {
  const map = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(map);
    if (!isJsonObject(value)) return value;
    if (typeof value.$sealed === 'string') return change(value.$sealed);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item)]));
  };
  return map(config) as JsonObject;
}

function mapTexts(value: JsonValue, change: (text: string) => string): JsonValue {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]));
}

/** Applies `change` to each value that the JSON schema marks `airbyte_secret`, through objects, arrays and oneOf. */
function mapSecrets(
  schema: JsonValue | undefined,
  value: JsonObject,
  change: (secret: JsonValue) => JsonValue,
): JsonObject {
  return mapValue([schema], value, change) as JsonObject;
}

function mapValue(
  schemas: readonly (JsonValue | undefined)[],
  value: JsonValue,
  change: (secret: JsonValue) => JsonValue,
): JsonValue {
  const all = schemas.flatMap(branches);
  if (value !== null && value !== '' && all.some((schema) => schema.airbyte_secret === true)) return change(value);
  if (Array.isArray(value))
    return value.map((item) =>
      mapValue(
        all.map((schema) => schema.items),
        item,
        change,
      ),
    );
  if (!isJsonObject(value)) return value;
  const below = (key: string) =>
    all.map((schema) => (isJsonObject(schema.properties) ? schema.properties[key] : undefined));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapValue(below(key), item, change)]));
}

/** A schema and all that it may stand for. Which branch applies is not decided: a secret of any is a secret. */
function branches(schema: JsonValue | undefined): JsonObject[] {
  if (!isJsonObject(schema)) return [];
  const nested = [schema.oneOf, schema.anyOf, schema.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return [schema, ...nested.flatMap(branches)];
}

/** Every text in a value. */
export function leafTexts(value: JsonValue): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(leafTexts);
  return isJsonObject(value) ? Object.values(value).flatMap(leafTexts) : [];
}

function unreadable(keyId: string | undefined, cause?: unknown): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'secret_unreadable',
    message: 'A stored secret could not be decrypted.',
    hint: `It was sealed with key ${keyId ?? 'unknown'}. Start Weir with the WEIR_SECRET_KEY (or the secret-key file in the data folder) it was stored with, or enter the secret again.`,
    cause,
  });
}

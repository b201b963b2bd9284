import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { WeirError } from './errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** What stands in the place of a secret in every answer. Sent back, it means: keep what is stored. */
export const MASK = '**********';

const PREFIX = 'weir:1:';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface Secrets {
  /** Encrypts; `aad` names the place (`source:<id>`), so that a value copied to another row does not open. */
  seal(value: string, aad: string): string;
  /** @throws WeirError `secret_unreadable` when key, place or text do not fit */
  open(sealed: string, aad: string): string;
}

/**
 * AES-256-GCM with a fresh nonce for each value: `weir:1:<key id>:<base64url of nonce, tag, text>`.
 * @param key the installation's secret, at least 32 characters; the encryption key is derived from it (HKDF-SHA-256)
 */
export function createSecrets(key: string): Secrets {
  const derived = Buffer.from(hkdfSync('sha256', key, '', 'weir secrets', 32));
  const keyId = createHash('sha256').update(derived).digest('base64url').slice(0, 8);
  return {
    seal(value, aad) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', derived, iv).setAAD(Buffer.from(aad));
      const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
      return `${PREFIX}${keyId}:${Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')}`;
    },
    open(sealed, aad) {
      const [id, body] = sealed.startsWith(PREFIX) ? sealed.slice(PREFIX.length).split(':') : [];
      if (id !== keyId || body === undefined) throw unreadable(id);
      try {
        const bytes = Buffer.from(body, 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', derived, bytes.subarray(0, IV_BYTES)).setAAD(Buffer.from(aad));
        decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw unreadable(id, cause);
      }
    },
  };
}

/** The config with every secret sealed; one that is sealed already stays. */
export function sealConfig(secrets: Secrets, spec: JsonObject, config: JsonObject, aad: string): JsonObject {
  return mapSecrets(spec, config, (value) =>
    isJsonObject(value) && typeof value.$sealed === 'string'
      ? value
      : { $sealed: secrets.seal(JSON.stringify(value), aad) },
  );
}

/** The config as the source or destination needs it. Sealed values are found by their shape, wherever they stand. */
export function openConfig(secrets: Secrets, config: JsonObject, aad: string): JsonObject {
  const open = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(open);
    if (!isJsonObject(value)) return value;
    if (typeof value.$sealed === 'string') return JSON.parse(secrets.open(value.$sealed, aad)) as JsonValue;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, open(item)]));
  };
  return open(config) as JsonObject;
}

/** The config for answers: secrets, sealed or open, become `MASK`. */
export function maskConfig(spec: JsonObject, config: JsonObject): JsonObject {
  const maskSealed = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(maskSealed);
    if (!isJsonObject(value)) return value;
    if (typeof value.$sealed === 'string') return MASK;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskSealed(item)]));
  };
  return maskSealed(mapSecrets(spec, config, () => MASK)) as JsonObject;
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

function leafTexts(value: JsonValue): string[] {
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

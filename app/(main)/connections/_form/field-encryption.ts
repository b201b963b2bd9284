import type { ConfiguredStream, Mapper } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import { AES_KEY_BYTES, AES_PADDINGS } from '#lib/records/mappers/encryption-modes.ts';
import { isHashed, newNameOf, withHash, withNewName } from './field-changes.ts';

/** How a field's text is loaded. */
export type Form = 'plain' | 'hash' | 'AES' | 'RSA';

/** What was set for the field's encryption; null without. */
export function encryptionOf({ mappers = [] }: ConfiguredStream, field: string): JsonObject | null {
  return mappers.find((mapper) => encrypts(mapper, field))?.mapperConfiguration ?? null;
}

export function formOf(configured: ConfiguredStream, field: string): Form {
  if (isHashed(configured, field)) return 'hash';
  const encryption = encryptionOf(configured, field);
  if (encryption === null) return 'plain';
  return encryption.algorithm === 'RSA' ? 'RSA' : 'AES';
}

/** A field that is hashed or encrypted has the name that comes from it, and no other. */
export function withForm(configured: ConfiguredStream, field: string, form: Form): ConfiguredStream {
  if (form === formOf(configured, field)) return configured;
  const plain = withHash(withEncryption(configured, field, null), field, false);
  if (form === 'plain') return plain;
  const unnamed = withNewName(plain, field, '');
  return form === 'hash' ? withHash(unnamed, field, true) : withEncryption(unnamed, field, newEncryption(form));
}

/** Before renaming, in the place where it was. */
export function withEncryption(
  configured: ConfiguredStream,
  field: string,
  settings: JsonObject | null,
): ConfiguredStream {
  const { mappers = [], ...rest } = configured;
  const next = settings && { type: 'encryption', mapperConfiguration: { ...settings, targetField: field } };
  const known = mappers.some((mapper) => encrypts(mapper, field));
  const kept = mappers.flatMap((mapper) => (encrypts(mapper, field) ? (next ?? []) : mapper));
  const all = next && !known ? [next, ...kept] : kept;
  return all.length > 0 ? { ...rest, mappers: all } : rest;
}

/** With the padding that takes every text; without one, only whole blocks can be encrypted. */
export function withMode(settings: JsonObject, mode: string): JsonObject {
  return { ...settings, mode, padding: AES_PADDINGS[mode]?.[0] ?? 'NoPadding' };
}

/** What the column is called that the field goes into, where it is not the form that says so. */
export function loadedName(configured: ConfiguredStream, field: string): string {
  const encryption = encryptionOf(configured, field);
  if (encryption) return `${field}${String(encryption.fieldNameSuffix ?? '')}`;
  return isHashed(configured, field) ? `${field}_hashed` : newNameOf(configured, field) || field;
}

/** In hexadecimal, as the mapper takes it. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(AES_KEY_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function newEncryption(algorithm: 'AES' | 'RSA'): JsonObject {
  const common = { algorithm, fieldNameSuffix: '_encrypted' };
  return algorithm === 'RSA' ? { ...common, publicKey: '' } : withMode({ ...common, key: '' }, 'GCM');
}

function encrypts({ type, mapperConfiguration }: Mapper, field: string): boolean {
  return type === 'encryption' && mapperConfiguration.targetField === field;
}

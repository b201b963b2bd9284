import { createHash } from 'node:crypto';
import { type JsonObject, stringifyJson } from '#lib/json.ts';
import { type MapperKind, missing, textOf } from './mapper.ts';

/** Airbyte's names, and OpenSSL's. MD2 is in neither Node nor modern OpenSSL. */
const METHODS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};
const USUAL_SUFFIX = '_hashed';

/** `targetField` becomes `<targetField>_hashed`: the hash of its text in hexadecimal; null stays null. */
export const hashing: MapperKind = {
  type: 'hashing',
  title: 'Hash a field',
  issues: (configuration) => [
    ...missing(configuration, ['targetField']),
    ...(METHODS[methodOf(configuration)] ? [] : [`method is none of ${Object.keys(METHODS).join(', ')}.`]),
  ],
  compile(configuration) {
    const field = textOf(configuration, 'targetField');
    const suffix = configuration.fieldNameSuffix;
    const hashed = field + (typeof suffix === 'string' ? suffix : USUAL_SUFFIX);
    const algorithm = METHODS[methodOf(configuration)] ?? 'sha256';
    return {
      ...(hashed !== field && { gives: hashed }),
      rename: (name) => (name === field ? hashed : name),
      losesOrder: (name) => name === field,
      schema: (name, property) => (name === field ? { type: ['null', 'string'] } : property),
      map(record) {
        if (!Object.hasOwn(record, field)) return record;
        const { [field]: value, ...rest } = record;
        const text = typeof value === 'string' ? value : stringifyJson(value);
        return { ...rest, [hashed]: value === null ? null : createHash(algorithm).update(text).digest('hex') };
      },
    };
  },
};

function methodOf(configuration: JsonObject): string {
  return textOf(configuration, 'method') || 'SHA-256';
}

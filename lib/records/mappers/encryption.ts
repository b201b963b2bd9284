import { constants, createCipheriv, createPublicKey, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto';
import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import { AES_PADDINGS } from './encryption-modes.ts';
import { type MapperKind, missing, textOf } from './mapper.ts';

const BLOCK_BYTES = 16;
const KEY_BYTES = [16, 24, 32];
/**
 * `targetField` becomes `<targetField><fieldNameSuffix>`: its text encrypted, in hexadecimal. AES: 16 random bytes, then what they and the
 * key make of it (with GCM the tag behind); RSA: with PKCS #1 padding, as much as one block holds. Null stays null; what can't be encrypted
 * becomes null, with a note.
 */
export const encryption: MapperKind = {
  type: 'encryption',
  title: 'Encrypt a field',
  secrets: ['key'],
  issues: (configuration) => [...missing(configuration, ['targetField']), ...keyIssues(configuration)],
  compile(configuration) {
    const field = textOf(configuration, 'targetField');
    const encrypted = field + textOf(configuration, 'fieldNameSuffix');
    let encrypt: ((text: string) => Buffer) | undefined;
    return {
      ...(encrypted !== field && { gives: encrypted }),
      rename: (name) => (name === field ? encrypted : name),
      varies: (name) => name === field,
      schema: (name, property) => (name === field ? { type: ['null', 'string'] } : property),
      map(record, note) {
        if (!Object.hasOwn(record, field)) return record;
        const { [field]: value = null, ...rest } = record;
        if (value === null) return { ...rest, [encrypted]: null };
        encrypt ??= encryptorOf(configuration);
        const text = typeof value === 'string' ? value : stringifyJson(value);
        try {
          return { ...rest, [encrypted]: encrypt(text).toString('hex') };
        } catch {
          note({ field: encrypted, change: 'NULLED', reason: 'PLATFORM_SERIALIZATION_ERROR' });
          return { ...rest, [encrypted]: null };
        }
      },
    };
  },
};

function keyIssues(configuration: JsonObject): string[] {
  const algorithm = textOf(configuration, 'algorithm');
  if (algorithm === 'RSA')
    return publicKeyOf(configuration) ? [] : ['publicKey is no RSA key: X.509 in hexadecimal, or PEM.'];
  if (algorithm !== 'AES') return ['algorithm is AES or RSA.'];
  const paddings = AES_PADDINGS[textOf(configuration, 'mode')];
  if (!paddings) return [`mode is none of ${Object.keys(AES_PADDINGS).join(', ')}.`];
  return [
    ...(paddings.includes(textOf(configuration, 'padding'))
      ? []
      : [`padding with this mode is ${paddings.join(' or ')}.`]),
    ...(isKey(configuration.key) ? [] : ['key is hexadecimal, of 16, 24 or 32 bytes.']),
  ];
}

/** A key that lies sealed was looked at when it came. */
function isKey(key: JsonValue | undefined): boolean {
  if (isJsonObject(key)) return typeof key.$sealed === 'string';
  return typeof key === 'string' && /^([0-9a-f]{2})+$/i.test(key) && KEY_BYTES.includes(key.length / 2);
}

function publicKeyOf(configuration: JsonObject): KeyObject | null {
  const text = textOf(configuration, 'publicKey').trim();
  try {
    const key = text.startsWith('-----')
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text, 'hex'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'rsa' ? key : null;
  } catch {
    return null;
  }
}

function encryptorOf(configuration: JsonObject): (text: string) => Buffer {
  if (textOf(configuration, 'algorithm') === 'AES') return aesOf(configuration);
  const key = publicKeyOf(configuration);
  if (key === null) throw new Error('the key was not checked');
  return (text) => publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text));
}

function aesOf(configuration: JsonObject): (text: string) => Buffer {
  const key = Buffer.from(textOf(configuration, 'key'), 'hex');
  const mode = textOf(configuration, 'mode').toLowerCase();
  const pads = textOf(configuration, 'padding') === 'PKCS5Padding';
  const bits = key.length * 8;
  return (text) => {
    const iv = randomBytes(BLOCK_BYTES);
    const plain = Buffer.from(text);
    if (mode === 'gcm') {
      const cipher = createCipheriv(`aes-${bits}-gcm` as 'aes-256-gcm', key, iv);
      return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    }
    const cipher = createCipheriv(`aes-${bits}-${mode}`, key, iv).setAutoPadding(false);
    return Buffer.concat([iv, cipher.update(pads ? padded(plain) : plain), cipher.final()]);
  };
}

/** PKCS #7: each of the added bytes says how many there are. */
function padded(plain: Buffer): Buffer {
  const count = BLOCK_BYTES - (plain.length % BLOCK_BYTES);
  return Buffer.concat([plain, Buffer.alloc(count, count)]);
}

import { constants, createDecipheriv, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ConfiguredStream } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import { mapperIssues, mappingOf, shapeOfStream, typePage } from '../index.ts';

const KEYS = { 128: '2b7e151628aed2a6abf7158809cf4f3c', 256: '2b7e151628aed2a6abf7158809cf4f3c'.repeat(2) };
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const SPKI = publicKey.export({ format: 'der', type: 'spki' }).toString('hex');

function people(mapperConfiguration: JsonObject): ConfiguredStream {
  const properties = { id: { type: 'integer' }, email: { type: 'string' } };
  return {
    stream: {
      name: 'people',
      jsonSchema: { type: 'object', properties },
      supportedSyncModes: ['full_refresh'],
      sourceDefinedCursor: false,
      defaultCursorField: [],
      sourceDefinedPrimaryKey: [],
    },
    ...{ syncMode: 'full_refresh', destinationSyncMode: 'append_dedup', cursorField: [], primaryKey: [['id']] },
    mappers: [{ type: 'encryption', mapperConfiguration }],
  };
}

const aes = (mode: string, padding: string, key = KEYS[256]): JsonObject => ({
  ...{ algorithm: 'AES', targetField: 'email', fieldNameSuffix: '_encrypted', mode, padding, key },
});
const rsa = (key: string): JsonObject => ({
  algorithm: 'RSA',
  targetField: 'email',
  fieldNameSuffix: '',
  publicKey: key,
});

function encrypted(config: JsonObject, email: unknown, field = 'email_encrypted'): string {
  const [record] = mappingOf(people(config))?.map([{ id: 1, email } as JsonObject]).records ?? [];
  return String(record?.[field]);
}

describe('AES', () => {
  const texts = ['ann@x.io', '', 'sixteen bytes ok', 'größer als ein Block: 😀😀😀'];

  test.each([
    ['CBC', 'cbc', 'PKCS5Padding', 256],
    ['CBC', 'cbc', 'PKCS5Padding', 128],
    ['CFB', 'cfb', 'PKCS5Padding', 256],
    ['CFB', 'cfb', 'NoPadding', 256],
    ['OFB', 'ofb', 'PKCS5Padding', 256],
    ['CTR', 'ctr', 'NoPadding', 128],
  ] as const)('%s with %s, %s, %i bits is opened by the key and the bytes in front', (mode, name, padding, bits) => {
    for (const text of texts) {
      const bytes = Buffer.from(encrypted(aes(mode, padding, KEYS[bits]), text), 'hex');
      const opened = createDecipheriv(`aes-${bits}-${name}`, Buffer.from(KEYS[bits], 'hex'), bytes.subarray(0, 16));
      opened.setAutoPadding(false);
      const plain = Buffer.concat([opened.update(bytes.subarray(16)), opened.final()]);
      const end = padding === 'PKCS5Padding' ? plain.length - (plain.at(-1) ?? 0) : plain.length;
      expect(plain.subarray(0, end).toString()).toBe(text);
    }
  });

  test('GCM carries its tag behind', () => {
    const bytes = Buffer.from(encrypted(aes('GCM', 'NoPadding'), { a: 1 }), 'hex');
    const opened = createDecipheriv('aes-256-gcm', Buffer.from(KEYS[256], 'hex'), bytes.subarray(0, 16));
    opened.setAuthTag(bytes.subarray(-16));
    expect(opened.update(bytes.subarray(16, -16)).toString() + opened.final().toString()).toBe('{"a":1}');
  });

  test('the same text differs each time, null stays null, and the field goes', () => {
    const mapping = mappingOf(people(aes('CBC', 'PKCS5Padding')));
    const { records } =
      mapping?.map([
        { id: 1, email: 'a' },
        { id: 2, email: 'a' },
        { id: 3, email: null },
      ]) ?? {};
    expect(records?.map((record) => Object.keys(record).toSorted())).toEqual(Array(3).fill(['email_encrypted', 'id']));
    expect(records?.[0]?.email_encrypted).not.toBe(records?.[1]?.email_encrypted);
    expect(records?.[2]?.email_encrypted).toBeNull();
  });
});

describe('RSA', () => {
  test.each([
    ['hexadecimal', SPKI],
    ['PEM', publicKey.export({ format: 'pem', type: 'spki' }).toString()],
  ])('with a key in %s is opened by the private one', (_name, key) => {
    const bytes = Buffer.from(encrypted(rsa(key), 'ann@x.io', 'email'), 'hex');
    const plain = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, bytes);
    expect(plain.toString()).toBe('ann@x.io');
  });

  test('what is too long for it becomes null, and the row says so', () => {
    const mapping = mappingOf(people(rsa(SPKI)));
    const { records = [] } = mapping?.map([{ id: 1, email: 'x'.repeat(300) }]) ?? {};
    expect(records).toEqual([{ id: 1, email: null }]);
    const stream = mapping?.stream as ConfiguredStream;
    expect(typePage(shapeOfStream(stream, []), records, true).rows[0]?.changes).toEqual([
      { field: 'email', change: 'NULLED', reason: 'PLATFORM_SERIALIZATION_ERROR' },
    ]);
  });
});

test('what is wrong is named', () => {
  const said = (config: JsonObject) => mapperIssues(people(config)).map(({ message }) => message);
  expect(said({})).toEqual(['targetField is missing.', 'algorithm is AES or RSA.']);
  expect(said(aes('ECB', 'NoPadding'))).toEqual(['mode is none of CBC, CFB, OFB, CTR, GCM.']);
  expect(said(aes('CTR', 'PKCS5Padding', 'abc'))).toEqual([
    'padding with this mode is NoPadding.',
    'key is hexadecimal, of 16, 24 or 32 bytes.',
  ]);
  expect(said(rsa('abc'))).toEqual([expect.stringContaining('publicKey is no RSA key')]);
  expect(said({ ...aes('CBC', 'PKCS5Padding'), targetField: 'id' })).toEqual([
    'id is cursor or key: encrypted, equal values would differ.',
  ]);
});

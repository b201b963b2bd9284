import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { mapperIssues, mappingOf } from '#lib/records/index.ts';
import { AES_PADDINGS } from '#lib/records/mappers/encryption-modes.ts';
import { withFilter, withNewName } from './field-changes.ts';
import { encryptionOf, formOf, loadedName, newKey, withEncryption, withForm, withMode } from './field-encryption.ts';

const people: ConfiguredStream = {
  stream: {
    name: 'people',
    jsonSchema: { properties: { id: {}, email: {}, team: {} } },
    supportedSyncModes: ['full_refresh'],
    ...{ sourceDefinedCursor: false, defaultCursorField: [], sourceDefinedPrimaryKey: [] },
  },
  ...{ syncMode: 'full_refresh', destinationSyncMode: 'overwrite', cursorField: [], primaryKey: [] },
};

const withKey = (configured: ConfiguredStream, key: string) =>
  withEncryption(configured, 'email', { ...encryptionOf(configured, 'email'), key });

test('a field is encrypted with a key that the form makes, in each mode', () => {
  const chosen = withKey(withForm(people, 'email', 'AES'), newKey());
  for (const mode of Object.keys(AES_PADDINGS)) {
    const configured = withEncryption(chosen, 'email', withMode(encryptionOf(chosen, 'email') ?? {}, mode));
    expect(mapperIssues(configured)).toEqual([]);
    const { records = [] } = mappingOf(configured)?.map([{ id: 1, email: 'a@x.io' }]) ?? {};
    const [record] = records;
    expect(record).toEqual({ id: 1, [loadedName(configured, 'email')]: expect.stringMatching(/^[0-9a-f]{36,}$/) });
  }
});

test('a field is encrypted for who has the private key', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const chosen = withForm(people, 'email', 'RSA');
  expect(mapperIssues(chosen).map(({ message }) => message)).toEqual([expect.stringContaining('publicKey')]);
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const configured = withEncryption(chosen, 'email', { ...encryptionOf(chosen, 'email'), publicKey: String(pem) });
  expect(mapperIssues(configured)).toEqual([]);
  expect(loadedName(configured, 'email')).toBe('email_encrypted');
});

test('another form takes the place of the one before, with nothing left of it', () => {
  const named = withNewName(people, 'email', 'address');
  const aes = withKey(withForm(named, 'email', 'AES'), newKey());
  expect([formOf(aes, 'email'), aes.mappers?.length]).toEqual(['AES', 1]);
  expect(withForm(aes, 'email', 'AES')).toBe(aes);
  const hashed = withForm(aes, 'email', 'hash');
  expect([formOf(hashed, 'email'), hashed.mappers?.length]).toEqual(['hash', 1]);
  expect(withForm(hashed, 'email', 'plain')).toEqual(people);
});

test('rows are still chosen by what the field was before', () => {
  const filtered = withFilter(people, { field: 'email', value: 'a@x.io', not: false });
  const configured = withFilter(withKey(withForm(filtered, 'email', 'AES'), newKey()), {
    ...{ field: 'email', value: 'b@x.io', not: false },
  });
  const found = mappingOf(configured)?.map([{ email: 'a@x.io' }, { email: 'b@x.io' }]);
  expect(found).toMatchObject({ filtered: 1, records: [{ email_encrypted: expect.any(String) }] });
});

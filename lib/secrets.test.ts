import { describe, expect, test } from 'vitest';
import type { JsonObject } from './json.ts';
import {
  createSecrets,
  MASK,
  maskConfig,
  maskText,
  mergeMasked,
  openConfig,
  sealConfig,
  secretValues,
} from './secrets.ts';

const secrets = createSecrets('a key of thirty-two characters or more');
const spec: JsonObject = {
  type: 'object',
  properties: {
    host: { type: 'string' },
    password: { type: 'string', airbyte_secret: true },
    auth: {
      oneOf: [
        { properties: { kind: { const: 'token' }, token: { type: 'string', airbyte_secret: true } } },
        { properties: { kind: { const: 'none' } } },
      ],
    },
    keys: { type: 'array', items: { type: 'object', properties: { key: { airbyte_secret: true } } } },
  },
};
const config: JsonObject = {
  host: 'db.example.com',
  password: 'hunter2!',
  auth: { kind: 'token', token: 'tok-12345' },
  keys: [{ key: 'first' }, { key: 'second' }],
};

describe('a stored config', () => {
  test('opens to what was sealed, and shows no secret in between', () => {
    const sealed = sealConfig(secrets, spec, config, 'source:1');
    expect(JSON.stringify(sealed)).not.toMatch(/hunter2|tok-12345|first|second/);
    expect(sealed.host).toBe('db.example.com');
    expect(openConfig(secrets, sealed, 'source:1')).toEqual(config);
  });

  test('sealing twice changes nothing', () => {
    const sealed = sealConfig(secrets, spec, config, 'source:1');
    expect(sealConfig(secrets, spec, sealed, 'source:1')).toEqual(sealed);
  });

  test('does not open in another row or with another key', () => {
    const sealed = sealConfig(secrets, spec, config, 'source:1');
    expect(() => openConfig(secrets, sealed, 'source:2')).toThrow(/could not be decrypted/);
    expect(() => openConfig(createSecrets('another key of thirty-two characters'), sealed, 'source:1')).toThrow(
      /decrypted/,
    );
  });

  test('is masked whether sealed or open', () => {
    const masked = {
      ...config,
      password: MASK,
      auth: { kind: 'token', token: MASK },
      keys: [{ key: MASK }, { key: MASK }],
    };
    expect(maskConfig(spec, config)).toEqual(masked);
    expect(maskConfig(spec, sealConfig(secrets, spec, config, 'source:1'))).toEqual(masked);
  });

  test('keeps a secret that comes back masked, and takes a new one', () => {
    const sent = { ...maskConfig(spec, config), host: 'other', auth: { kind: 'token', token: 'new-token' } };
    expect(mergeMasked(config, sent)).toEqual({
      ...config,
      host: 'other',
      auth: { kind: 'token', token: 'new-token' },
    });
  });
});

test('secrets vanish from texts, the longest first', () => {
  const values = secretValues(spec, { ...config, password: 'tok-12345-long' });
  expect(maskText('tok-12345-long and tok-12345', values)).toBe(`${MASK} and ${MASK}`);
});

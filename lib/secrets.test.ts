import { describe, expect, test } from 'vitest';
import { createEnvReferences } from './env-references.ts';
import type { JsonObject } from './json.ts';
import {
  createSecrets,
  followReferences,
  MASK,
  maskConfig,
  maskText,
  mergeMasked,
  openConfig,
  referenceIssues,
  sealConfig,
  secretValues,
  usableConfig,
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

test('a new key seals, and the one before it still opens', () => {
  const [old, fresh] = ['o'.repeat(32), 'n'.repeat(32)];
  let keys = { current: old, previous: null as string | null };
  const living = createSecrets(() => keys);
  const before = living.seal('text', 'place');
  keys = { current: fresh, previous: old };
  expect(living.open(before, 'place')).toBe('text');
  const after = living.seal('text', 'place');
  keys = { current: fresh, previous: null };
  expect(living.open(after, 'place')).toBe('text');
  expect(() => living.open(before, 'place')).toThrow(/could not be decrypted/);
});

describe('references to the environment', () => {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: this is what users write
  const references = createEnvReferences(['SHOP_*'], { SHOP_PASSWORD: 'hunter2!', SHOP_TOKEN: 'tok-12345' });
  const referring = createSecrets('k'.repeat(32), { references });
  const entered: JsonObject = {
    ...{ host: 'db.example.com', password: '${env:SHOP_PASSWORD}' },
    auth: { kind: 'token', token: 'x-${env:SHOP_TOKEN}' },
  };
  const followed = { ...entered, password: 'hunter2!', auth: { kind: 'token', token: 'x-tok-12345' } };

  test('are kept as they were entered and followed at use', () => {
    const sealed = sealConfig(referring, spec, entered, 'source:1');
    expect(openConfig(referring, sealed, 'source:1')).toEqual(entered);
    expect(usableConfig(referring, sealed, 'source:1')).toEqual(followed);
    expect(followReferences(referring, spec, entered)).toEqual(followed);
  });

  test('stand in secrets alone, and name what the operator allows', () => {
    expect(referenceIssues(referring, spec, entered)).toEqual([]);
    const wrong = { host: '${env:SHOP_TOKEN}.evil.example', password: '${env:PATH}', keys: [{ key: '${env:HOME}' }] };
    expect(referenceIssues(referring, spec, wrong)).toEqual([
      { path: 'config.host', message: expect.stringContaining('in secret fields only') },
      { path: 'config.password', message: expect.stringContaining('${env:PATH} is not a variable') },
      { path: 'config.keys.0.key', message: expect.stringContaining('${env:HOME} is not a variable') },
    ]);
    const sealed = sealConfig(referring, spec, wrong, 'source:1');
    expect(() => usableConfig(referring, sealed, 'source:1')).toThrow(/PATH/);
    expect(usableConfig(referring, { host: wrong.host }, 'source:1')).toEqual({ host: wrong.host });
  });
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: this is what users write
});

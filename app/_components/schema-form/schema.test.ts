import { describe, expect, test } from 'vitest';
import {
  fieldKind,
  MASK,
  type Schema,
  shownProperties,
  startValue,
  switchVariant,
  titleOf,
  variantIndex,
} from './schema.ts';

const BASIC: Schema = {
  title: 'Basic',
  properties: {
    auth: { const: 'basic' },
    user: { type: 'string' },
    password: { type: 'string', airbyte_secret: true },
  },
  required: ['auth', 'user'],
};
const TOKEN: Schema = {
  title: 'Token',
  properties: { auth: { const: 'token' }, token: { type: 'string', airbyte_secret: true } },
  required: ['auth', 'token'],
};

describe('kinds of field', () => {
  test.each<[Schema, string]>([
    [{ type: 'string' }, 'text'],
    [{ type: ['null', 'string'], airbyte_secret: true }, 'secret'],
    [{ type: 'string', format: 'date' }, 'date'],
    [{ type: 'string', multiline: true }, 'multiline'],
    [{ type: 'string', enum: ['a', 'b'] }, 'choice'],
    [{ type: 'integer' }, 'number'],
    [{ type: 'boolean' }, 'boolean'],
    [{ type: 'array', items: { type: 'string' } }, 'list'],
    [{ type: 'array', items: { enum: ['x'] } }, 'choices'],
    [{ type: 'object', oneOf: [BASIC, TOKEN] }, 'variant'],
    [{ type: 'object', properties: {} }, 'object'],
    [{ type: 'object' }, 'json'],
    [{ const: 1 }, 'fixed'],
  ])('%j is drawn as %s', (schema, kind) => {
    expect(fieldKind(schema)).toBe(kind);
  });
});

test('fields come by order, then as declared, without constants and hidden ones', () => {
  const schema: Schema = {
    properties: {
      last: { type: 'string' },
      first: { type: 'string', order: 0 },
      kind: { const: 'x' },
      old: { type: 'string', airbyte_hidden: true },
    },
    required: ['first'],
  };
  expect(shownProperties(schema, schema).map(({ name, required }) => [name, required])).toEqual([
    ['first', true],
    ['last', false],
  ]);
});

test('a new config has constants, defaults and what is required, nothing else', () => {
  const schema: Schema = {
    properties: {
      start: { type: 'string', default: '2026-01-01' },
      name: { type: 'string' },
      auth: { type: 'object', oneOf: [BASIC, TOKEN] },
      proxy: { type: 'object', properties: { kind: { const: 'http' } } },
      tls: { $ref: '#/definitions/tls' },
    },
    required: ['name', 'auth', 'tls'],
    definitions: { tls: { type: 'object', properties: { verify: { type: 'boolean', default: true } } } },
  };
  expect(startValue(schema)).toEqual({ start: '2026-01-01', auth: { auth: 'basic' }, tls: { verify: true } });
});

describe('alternatives', () => {
  test('are known by their constants, else by their fields', () => {
    expect(variantIndex([BASIC, TOKEN], { auth: 'token', token: MASK })).toBe(1);
    const plain: Schema[] = [{ properties: { a: {} } }, { properties: { b: {}, c: {} } }];
    expect(variantIndex(plain, { c: 1 })).toBe(1);
    expect(variantIndex(plain, undefined)).toBe(-1);
  });
  test('switching keeps what both have', () => {
    const other: Schema = { properties: { auth: { const: 'ldap' }, user: { type: 'string' } }, required: ['auth'] };
    expect(switchVariant(other, { auth: 'basic', user: 'ada', password: 'x' }, other)).toEqual({
      auth: 'ldap',
      user: 'ada',
    });
  });
});

test('a field without a title goes by its key', () => {
  expect([titleOf({}, 'api_token'), titleOf({}, 'startDate'), titleOf({ title: 'Key' }, 'k')]).toEqual([
    'Api token',
    'Start Date',
    'Key',
  ]);
});

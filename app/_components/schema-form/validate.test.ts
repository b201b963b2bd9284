import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { MASK, type Schema } from './schema.ts';
import { unrepaired, validateConfig } from './validate.ts';

const field = (schema: Schema, value: JsonObject[string]) =>
  validateConfig({ properties: { f: schema }, required: ['f'] }, { f: value }).f;

describe('required', () => {
  test('names the field and an example', () => {
    const schema: Schema = {
      properties: { url: { type: 'string', title: 'Address', examples: ['https://x.io'] }, plan: { enum: ['a'] } },
      required: ['url', 'plan'],
    };
    expect(validateConfig(schema, {})).toEqual({ url: 'Give Address, such as https://x.io.', plan: 'Choose Plan.' });
    expect(validateConfig(schema, { url: '', plan: 'a' })).toEqual({ url: 'Give Address, such as https://x.io.' });
  });
  test('optional fields may be empty', () => {
    expect(validateConfig({ properties: { a: { type: 'integer' } } }, {})).toEqual({});
  });
});

describe('values', () => {
  test('numbers', () => {
    expect(field({ type: 'integer' }, 'abc')).toBe('A whole number is wanted.');
    expect(field({ type: 'integer' }, 1.5)).toBe('A whole number is wanted.');
    expect(field({ type: 'number', minimum: 1 }, 0)).toBe('1 is the least.');
    expect(field({ type: 'number', exclusiveMaximum: 5 }, 5)).toBe('Less than 5 is wanted.');
    expect(field({ type: 'number' }, 1.5)).toBeUndefined();
  });
  test('text by length, pattern and format', () => {
    expect(field({ type: 'string', minLength: 3 }, 'ab')).toBe('At least 3 characters are wanted.');
    const start: Schema = { type: 'string', pattern: '^\\d{4}$', pattern_descriptor: 'YYYY' };
    expect(field(start, '26')).toBe('Write it as YYYY.');
    expect(field({ type: 'string', pattern: '^a', examples: ['abc'] }, 'b')).toBe('Write it like abc.');
    expect(field({ type: 'string', pattern: '(?<broken' }, 'b')).toBeUndefined();
    expect(field({ type: 'string', format: 'date' }, '2026-02-30')).toBe('Write a day as 2026-01-31.');
    expect(field({ type: 'string', format: 'date-time' }, '2026-01-31T00:00:00Z')).toBeUndefined();
    expect(field({ type: 'string', format: 'date-time' }, 'tomorrow')).toMatch(/instant/);
    expect(field({ type: 'string', format: 'uri' }, 'example.com')).toMatch(/whole address/);
  });
  test('a kept secret is not looked at', () => {
    expect(field({ type: 'string', airbyte_secret: true, minLength: 40 }, MASK)).toBeUndefined();
  });
  test('lists, item by item', () => {
    const schema: Schema = { properties: { l: { type: 'array', items: { type: 'integer' }, minItems: 2 } } };
    expect(validateConfig(schema, { l: [1] })).toEqual({ l: 'Give at least 2.' });
    expect(validateConfig(schema, { l: [1, 'x', ''] })).toEqual({
      'l.1': 'A whole number is wanted.',
      'l.2': 'Fill in or remove.',
    });
  });
  test('only the chosen alternative counts', () => {
    const schema: Schema = {
      properties: {
        auth: {
          type: 'object',
          oneOf: [
            { properties: { kind: { const: 'a' }, user: { type: 'string' } }, required: ['kind', 'user'] },
            { properties: { kind: { const: 'b' }, token: { type: 'string' } }, required: ['kind', 'token'] },
          ],
        },
      },
      required: ['auth'],
    };
    expect(validateConfig(schema, { auth: { kind: 'b' } })).toEqual({ 'auth.token': 'Give Token.' });
    expect(validateConfig(schema, {})).toEqual({ auth: 'Choose Auth.' });
  });
});

test('an error goes once its field changes', () => {
  const errors = { 'a.b': 'wrong', 'l.0': 'wrong too' };
  expect(unrepaired(errors, { a: { b: 1 }, l: ['x'] }, { a: { b: 2 }, l: ['x'] })).toEqual({ 'l.0': 'wrong too' });
});

test('no value makes it throw', () => {
  const schema: Schema = {
    properties: {
      a: { type: 'string', format: 'uri' },
      b: { type: 'array', items: { type: 'object', properties: { c: { type: 'integer' } } } },
      d: { type: 'object', oneOf: [{ properties: { e: { const: 1 } } }] },
    },
  };
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'd'), fc.jsonValue()), (value) => {
      validateConfig(schema, value as JsonObject);
    }),
  );
});

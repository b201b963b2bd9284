import { expect, test } from 'vitest';
import type { Schema } from './schema.ts';
import { withoutSecrets } from './without-secrets.ts';

const SPEC: Schema = {
  type: 'object',
  properties: {
    start_date: { type: 'string' },
    api_token: { type: 'string', airbyte_secret: true },
    credentials: {
      oneOf: [
        { properties: { kind: { const: 'token' }, token: { type: 'string', airbyte_secret: true } } },
        { properties: { kind: { const: 'user' }, user: { type: 'string' }, token: { type: 'string' } } },
      ],
    },
    shops: {
      type: 'array',
      items: { properties: { id: { type: 'integer' }, key: { type: 'string', airbyte_secret: true } } },
    },
    regions: { type: 'array', items: { type: 'string' } },
  },
};

test('keeps what the schema knows and does not mark, in whichever alternative it stands', () => {
  const config = {
    ...{ start_date: '2026-01-01', api_token: 'canary', typed_before: 'canary' },
    credentials: { kind: 'user', user: 'ada', token: 'canary' },
    shops: [{ id: 1, key: 'canary' }],
    regions: ['eu'],
  };
  expect(withoutSecrets(SPEC, config)).toEqual({
    ...{ start_date: '2026-01-01', credentials: { kind: 'user', user: 'ada' }, shops: [{ id: 1 }], regions: ['eu'] },
  });
});

test('takes a secret for one in whatever branch it is marked', () => {
  const secret: Schema = { airbyte_secret: true };
  const spec: Schema = {
    definitions: { token: { anyOf: [{ type: 'null' }, secret] } },
    properties: {
      nullable: { anyOf: [{ type: 'string', airbyte_secret: true }, { type: 'null' }] },
      composed: { type: 'string', allOf: [secret] },
      named: { oneOf: [{ $ref: '#/definitions/token' }] },
      inner: { oneOf: [{ properties: { key: { oneOf: [{ allOf: [secret] }] }, user: { type: 'string' } } }] },
      list: { anyOf: [{ items: { anyOf: [secret] } }] },
    },
  };
  const inner = { key: 'canary', user: 'ada' };
  const config = { nullable: 'canary', composed: 'canary', named: 'canary', inner, list: ['canary'] };
  expect(withoutSecrets(spec, config)).toEqual({ inner: { user: 'ada' }, list: [] });
});

test('ends with a definition that names itself', () => {
  const spec: Schema = { definitions: { a: { anyOf: [{ $ref: '#/definitions/a' }] } } };
  expect(withoutSecrets({ ...spec, properties: { x: { $ref: '#/definitions/a' } } }, { x: 'y' })).toEqual({ x: 'y' });
});

test('keeps nothing of a schema that says nothing', () => {
  expect(withoutSecrets({}, { token: 'canary' })).toEqual({});
});

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

test('keeps nothing of a schema that says nothing', () => {
  expect(withoutSecrets({}, { token: 'canary' })).toEqual({});
});

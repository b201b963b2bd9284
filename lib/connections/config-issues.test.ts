import { expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { configIssues } from './config-issues.ts';

const spec: JsonObject = {
  type: 'object',
  required: ['api_key', 'start_date'],
  properties: {
    api_key: { type: 'string', airbyte_secret: true, minLength: 1 },
    start_date: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$', pattern_descriptor: 'YYYY-MM-DD' },
    page_size: { type: 'integer', maximum: 1000 },
    auth: {
      type: 'object',
      default: { type: 'token', token: '…' },
      oneOf: [
        {
          type: 'object',
          required: ['type', 'token'],
          properties: { type: { const: 'token' }, token: { type: 'string' } },
        },
        {
          type: 'object',
          required: ['type', 'user', 'password'],
          properties: { type: { const: 'basic' }, user: { type: 'string' }, password: { type: 'string' } },
        },
      ],
    },
  },
};
const fine = { api_key: 'k', start_date: '2026-01-01' };

test.each<[string, JsonObject, [string, string][]]>([
  ['nothing is wrong', fine, []],
  [
    'every field is named at once',
    { start_date: 'yesterday', page_size: 1.5 },
    [
      ['config.api_key', 'This is required.'],
      ['config.start_date', 'This must have the form YYYY-MM-DD.'],
      ['config.page_size', 'This must be of type integer.'],
    ],
  ],
  [
    'of several options the chosen one counts',
    { ...fine, auth: { type: 'basic', user: 'ada' } },
    [['config.auth.password', 'This is required.']],
  ],
  ['none of the options', { ...fine, auth: { type: 'magic' } }, [['config.auth', 'Choose one of the options.']]],
  [
    'a word in the place of options',
    { ...fine, auth: 'token' },
    [['config.auth', 'This must be of type object, such as {"type":"token","token":"…"}.']],
  ],
  ['an option that is fine', { ...fine, auth: { type: 'token', token: 't' } }, []],
])('%s', (_, config, expected) => {
  expect(configIssues(spec, config).map(({ path, message }) => [path, message])).toEqual(expected);
});

test('an endless value is refused before its pattern is tried', () => {
  expect(configIssues(spec, { ...fine, start_date: '1'.repeat(300_000) })).toEqual([
    { path: 'config', message: 'This is too long.' },
  ]);
});

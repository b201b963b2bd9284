import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { suiteJsonSchema } from '#quality/parse-suite.ts';
import { withNames } from './with-names.ts';

const schema = withNames(suiteJsonSchema(), { tables: ['public.orders'], columns: ['id', 'email'] });

test('the editor is offered the tables and columns that are known', () => {
  const text = JSON.stringify(schema);
  expect(text).toContain('{"enum":["public.orders"]}');
  expect(text.split('{"enum":["id","email"]}').length).toBeGreaterThan(10);
});

test('names that are not known are taken too', () => {
  const validate = new Ajv({ strict: false }).compile(schema);
  expect(
    validate({ dataset: 'other', uniqueness: [{ unique_columns: ['id', 'new'] }], range: { column: 'x', min: 1 } }),
  ).toBe(true);
  expect(validate({ dataset: 'other', range: { colum: 'x', min: 1 } })).toBe(false);
});

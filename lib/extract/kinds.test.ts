import Ajv from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '#lib/json.ts';
import { manifestJsonSchema } from '#lib/manifest/json-schema.ts';
import { propagate } from '#lib/manifest/propagate.ts';
import { Origins } from '#lib/manifest/resolve-references.ts';
import { validateComponent } from '#lib/manifest/validate.ts';
import { kinds, language } from './kinds.ts';

const byName = new Map(kinds.map((kind) => [kind.name, kind]));
const known = { kinds: byName, unsupported: new Map(Object.entries(language.unsupported)) };
const schema = manifestJsonSchema(kinds);
const ajv = new Ajv({ strict: false, allErrors: true });

describe.each(kinds.map((kind) => [kind.name, kind] as const))('%s', (name, kind) => {
  const example = parse(kind.example) as JsonObject;

  test('its example is valid', () => {
    expect(example.type).toBe(name);
    const findings = validateComponent(propagate(example, byName, new Origins()), [kind.family], known, new Origins());
    expect(findings).toEqual([]);
  });

  test('its example is what the editor completes and accepts', () => {
    const validate = ajv.compile({ $ref: `#/definitions/${name}`, definitions: schema.definitions });
    expect(validate(example) ? [] : validate.errors).toEqual([]);
  });

  test('says in a line what it is, and what its fields are', () => {
    expect([kind.docs, ...Object.values(kind.fields).map(({ docs }) => docs)]).not.toContain('');
    expect(kind.docs).toMatch(/^[^\n]+\.$/);
  });
});

test('no two kinds have one name, and none is refused as well', () => {
  const names = kinds.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.filter((name) => name in language.unsupported)).toEqual([]);
});

test('every assumed type is one that may stand at its place', () => {
  const wrong = kinds.flatMap(({ name, fields }) =>
    Object.entries(fields).flatMap(([field, { defaultType, families }]) => {
      if (!defaultType || defaultType in language.unsupported) return [];
      const kind = byName.get(defaultType);
      return kind && families?.includes(kind.family) ? [] : [`${name}.${field}: ${defaultType}`];
    }),
  );
  expect(wrong).toEqual([]);
});

test('the schema of the language offers every kind by its family, with docs to hover over', () => {
  const definitions = schema.definitions as Record<string, JsonObject>;
  expect(Object.keys(definitions).toSorted()).toEqual(kinds.map(({ name }) => name).toSorted());
  expect(definitions.DpathExtractor).toMatchObject({
    title: 'DpathExtractor',
    required: ['field_path'],
    markdownDescription: expect.stringContaining('```yaml\ntype: DpathExtractor\nfield_path: [data]\n```'),
    defaultSnippets: [{ label: 'DpathExtractor', body: { type: 'DpathExtractor', field_path: ['data'] } }],
  });
  expect(schema).toMatchObject({ title: 'DeclarativeSource', required: ['version', 'check'] });
});

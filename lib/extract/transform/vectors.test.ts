import { expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import type { Build } from '#lib/manifest/kind.ts';
import type { Transformation } from '../families.ts';
import { WHOLE_STREAM } from '../slice.ts';
import { dpathFlattenFields } from './dpath-flatten-fields.ts';
import { flattenFields } from './flatten-fields.ts';
import { keysToSnakeCase } from './keys-to-snake-case.ts';
import { removeFields } from './remove-fields.ts';
import vectors from './vectors.json' with { type: 'json' };

/** Records that were made at random, and what airbyte-cdk 7.39 makes of them. */
const KINDS = new Map(
  [flattenFields, keysToSnakeCase, removeFields, dpathFlattenFields].map((kind) => [kind.name, kind]),
);
const build = { config: {}, now: () => new Date() } as unknown as Build;

test.each([...KINDS.keys()])('%s gives what the CDK gives', async (name) => {
  const own = (vectors as unknown as (JsonObject & { record: JsonObject })[]).filter(({ type }) => type === name);
  expect(own.length).toBeGreaterThan(30);
  const made = [];
  for (const { record, expected: _cdk, ...component } of own) {
    const transformation = KINDS.get(name)?.create(component, build) as Transformation;
    made.push(await transformation.transform(record, WHOLE_STREAM));
  }
  expect(made).toEqual(own.map(({ expected }) => expected));
});

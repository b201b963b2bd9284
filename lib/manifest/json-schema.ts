import { parse as parseYaml } from 'yaml';
import type { JsonObject } from '#lib/json.ts';
import type { Family, Field, Kind } from './kind.ts';
import { FILTER_NAMES } from './template/filters.ts';
import { FUNCTION_NAMES } from './template/functions.ts';

/** The JSON schema of the whole language, for the editor's completion and hover. From the same definitions that validate. */
export function manifestJsonSchema(kinds: readonly Kind[]): JsonObject {
  const families = new Map<Family, string[]>();
  for (const kind of kinds) families.set(kind.family, [...(families.get(kind.family) ?? []), kind.name]);
  const definitions = Object.fromEntries(kinds.map((kind) => [kind.name, kindSchema(kind, families)]));
  const source = definitions.DeclarativeSource ?? {};
  const root = source.properties as JsonObject;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...source,
    properties: { ...root, definitions: { type: 'object', description: 'Parts that are used through $ref.' } },
    definitions,
    // For the editor's completion inside templates.
    'x-template-names': { functions: [...FUNCTION_NAMES], filters: [...FILTER_NAMES] },
  };
}

function kindSchema(kind: Kind, families: ReadonlyMap<Family, string[]>): JsonObject {
  const properties = Object.fromEntries(
    Object.entries(kind.fields).map(([name, field]) => [name, fieldSchema(field, families)]),
  );
  const required = Object.entries(kind.fields).flatMap(([name, field]) => (field.required ? [name] : []));
  return {
    type: 'object',
    title: kind.name,
    description: kind.docs,
    markdownDescription: `**${kind.name}**: ${kind.docs}\n\n\`\`\`yaml\n${kind.example.trim()}\n\`\`\``,
    properties: {
      type: { const: kind.name, description: kind.docs },
      ...properties,
      $ref: { type: 'string', description: 'A part of this manifest: #/definitions/…' },
      $parameters: { type: 'object', description: 'Values for this component and all below it.' },
    },
    ...(required.length > 0 && { required }),
    defaultSnippets: [{ label: kind.name, description: kind.docs, body: parseYaml(kind.example) as JsonObject }],
  };
}

function fieldSchema(field: Field, families: ReadonlyMap<Family, string[]>): JsonObject {
  const description = field.docs;
  if (field.schema) return { description, ...field.schema };
  if (field.families) {
    const components = field.families
      .flatMap((family) => families.get(family) ?? [])
      .map((name) => ({ $ref: `#/definitions/${name}` }));
    const plain = (field.types ?? []).filter((type) => type !== 'array' && type !== 'object').map((type) => ({ type }));
    const one = { anyOf: [...components, ...plain] };
    return field.types?.includes('array')
      ? { description, anyOf: [...one.anyOf, { type: 'array', items: one }] }
      : { description, ...one };
  }
  const types = field.types ?? [];
  return {
    description,
    ...(types.length > 0 && { type: types.length === 1 ? (types[0] as string) : [...types] }),
    ...(field.values && { enum: [...field.values] }),
  };
}

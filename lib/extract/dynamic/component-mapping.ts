import { parse as parseYaml } from 'yaml';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { type Build, defineKind, template } from '#lib/manifest/kind.ts';
import { MANIFEST_YAML } from '#lib/manifest/manifest-yaml.ts';
import { interpolateBoolean, interpolateString, plain } from '#lib/manifest/template/interpolate.ts';
import { createAt, type PathPart, replaceAt } from '../paths.ts';
import { scopeOf } from '../scope.ts';
import { VALUE_TYPES } from '../transform/value-types.ts';

/** What the templates of a mapping see: what fills the template in, the template itself, and the slice that it came with. */
export type MappingVariables = Readonly<Record<string, unknown>>;

/** Fills one place of a template of streams. */
export interface ComponentMapping {
  /** Changes `stream`. With `asYaml` a text that is YAML counts as what it says. */
  fill(stream: JsonObject, variables: MappingVariables, options: { asYaml: boolean }): void;
}

const VARIABLES = ['components_values', 'stream_template_config', 'stream_slice'];

export const componentMapping = defineKind<ComponentMapping>({
  name: 'ComponentMappingDefinition',
  family: 'components_mapping',
  docs: 'One place of the template and what is put there.',
  example: `type: ComponentMappingDefinition\nfield_path: [name]\nvalue: "{{ components_values['name'] }}"\n`,
  fields: {
    field_path: {
      docs: 'The place, outermost first; * stands for any key or position.',
      required: true,
      types: ['array'],
      variables: ['config', 'parameters', ...VARIABLES],
    },
    value: template('What is put there.', VARIABLES, { required: true }),
    value_type: {
      docs: 'Only a value of this type is read as one; else it stays text.',
      types: ['string'],
      values: Object.keys(VALUE_TYPES),
    },
    create_or_update: { docs: 'Make the place where it is missing.', types: ['boolean'] },
    condition: template('Only where this holds.', VARIABLES),
  },
  create: (mapping, build) => ({
    fill(stream, variables, { asYaml }) {
      const scope = scopeOf(build, mapping, variables);
      const { condition } = mapping;
      if (condition && !interpolateBoolean(condition as string, scope)) return;
      const value = valueToPut(mapping, scope, asYaml);
      const path = (mapping.field_path as JsonValue[]).map((part) => partOf(part, scope));
      const replaced = replaceAt(stream, path, value);
      if (replaced === 0 && asYaml && mapping.create_or_update === true && isTruthy(value))
        createAt(stream, path, value);
    },
  }),
});

type Scope = ReturnType<typeof scopeOf>;

function valueToPut(mapping: JsonObject, scope: Scope, asYaml: boolean): JsonValue {
  const accepts = VALUE_TYPES[String(mapping.value_type)];
  const value = plain(interpolateString(String(mapping.value), scope, accepts)) as JsonValue;
  return asYaml && typeof value === 'string' && mapping.value_type !== 'string' ? fromYaml(value) : value;
}

function partOf(part: JsonValue, scope: Scope): PathPart {
  const value = plain(interpolateString(String(part), scope));
  return typeof value === 'number' || typeof value === 'bigint' ? value : String(value);
}

/** A text that is no YAML stays as it is: formats of dates and templates are none. */
function fromYaml(text: string): JsonValue {
  if (/^\s*\{[{%]/.test(text)) return text;
  try {
    const value = parseYaml(text, MANIFEST_YAML);
    return value === undefined ? text : (value as JsonValue);
  } catch {
    return text;
  }
}

function isTruthy(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/** Fills in a copy of the template. */
export function filledIn(
  template: JsonObject,
  mappings: readonly ComponentMapping[],
  variables: MappingVariables,
  options: { asYaml: boolean },
): JsonObject {
  const stream = structuredClone(template);
  for (const mapping of mappings) mapping.fill(stream, { ...variables, stream_template_config: template }, options);
  return stream;
}

/** The mappings of a resolver. */
export function mappingsOf(resolver: JsonObject, build: Build): ComponentMapping[] {
  return (resolver.components_mapping as JsonObject[]).map((mapping) => build.create<ComponentMapping>(mapping));
}

/** Only a resolver that reads the config has conditions, as in the CDK. */
export function conditionProblems({ type, components_mapping: mappings }: JsonObject) {
  const has = (mapping: JsonValue) => Boolean((mapping as JsonObject | null)?.condition);
  if (!Array.isArray(mappings) || !mappings.some(has)) return [];
  const message = `${String(type)} takes no condition in components_mapping: only ConfigComponentsResolver does.`;
  return [{ field: 'components_mapping', message }];
}

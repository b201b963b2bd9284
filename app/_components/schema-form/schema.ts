import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** The part of JSON schema that configs of sources and destinations are declared in. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly JsonValue[];
  /** How the choices are shown, in their order. */
  readonly enumNames?: readonly string[];
  readonly const?: JsonValue;
  readonly default?: JsonValue;
  readonly examples?: readonly JsonValue[];
  readonly format?: string;
  readonly pattern?: string;
  /** Airbyte's: the pattern in words. */
  readonly pattern_descriptor?: string;
  readonly order?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly multiline?: boolean;
  readonly airbyte_secret?: boolean;
  readonly airbyte_hidden?: boolean;
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

export type FieldKind =
  | 'fixed'
  | 'choice'
  | 'choices'
  | 'boolean'
  | 'number'
  | 'text'
  | 'multiline'
  | 'secret'
  | 'date'
  | 'object'
  | 'variant'
  | 'list'
  | 'json';

/** What stands for a stored secret in every answer of the service. */
export const MASK = '**********';

/** Which control a schema gets. What has no control of its own is edited as JSON. */
export function fieldKind(schema: Schema): FieldKind {
  if (schema.const !== undefined) return 'fixed';
  if (schema.enum) return 'choice';
  if (variantsOf(schema)) return 'variant';
  const type = typeOf(schema);
  if (type === 'object' || schema.properties) return schema.properties ? 'object' : 'json';
  if (type === 'array') return listKind(schema);
  if (type === 'boolean') return 'boolean';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === undefined) return schema.airbyte_secret ? 'secret' : 'json';
  return textKind(schema);
}

function textKind(schema: Schema): FieldKind {
  if (schema.airbyte_secret) return 'secret';
  if (schema.multiline) return 'multiline';
  return schema.format === 'date' ? 'date' : 'text';
}

function listKind({ items }: Schema): FieldKind {
  if (!items) return 'json';
  return items.enum ? 'choices' : 'list';
}

/** The type that is not null. */
export function typeOf({ type }: Schema): string | undefined {
  return typeof type === 'string' ? type : type?.find((name) => name !== 'null');
}

/** The alternatives of an object; null for a schema that has none. */
export function variantsOf(schema: Schema): readonly Schema[] | null {
  const variants = (schema.oneOf ?? schema.anyOf)?.filter((variant) => typeOf(variant) !== 'null');
  return variants?.some((variant) => variant.properties) ? variants : null;
}

/** A schema with its local reference followed; unknown references stay as they are. */
export function resolve(schema: Schema, root: Schema): Schema {
  const name = /^#\/(?:definitions|\$defs)\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  const target = name && (root.definitions?.[name] ?? root.$defs?.[name]);
  return target ? { ...target, ...schema, $ref: undefined } : schema;
}

export interface Property {
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** An object's fields as people see them: by `order`, then as declared; fixed and hidden ones are left out. */
export function shownProperties(schema: Schema, root: Schema): Property[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {})
    .map(([name, property]) => ({ name, schema: resolve(property, root), required: required.has(name) }))
    .filter(({ schema }) => !schema.airbyte_hidden && schema.const === undefined)
    .toSorted((a, b) => (a.schema.order ?? Number.MAX_SAFE_INTEGER) - (b.schema.order ?? Number.MAX_SAFE_INTEGER));
}

/** What a new config starts with: constants, defaults, and the objects that are required. */
export function startValue(schema: Schema, root: Schema = schema): JsonValue | undefined {
  const here = resolve(schema, root);
  if (here.const !== undefined) return here.const;
  if (here.default !== undefined) return here.default;
  const first = variantsOf(here)?.[0];
  if (first) return startObject(first, root);
  return here.properties ? startObject(here, root) : undefined;
}

/** An optional nested object starts empty: nobody asked for it yet. */
function startObject(schema: Schema, root: Schema): JsonObject {
  const required = new Set(schema.required);
  const entries = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const here = resolve(property, root);
    const wanted = required.has(name) || here.default !== undefined || here.const !== undefined;
    const value = wanted ? startValue(here, root) : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

/** Which alternative a value is: the one whose constants it carries, else the one most of whose fields it has; -1 for none. */
export function variantIndex(variants: readonly Schema[], value: JsonValue | undefined): number {
  if (!value || !isJsonObject(value)) return -1;
  const byConstants = variants.findIndex((variant) => {
    const constants = Object.entries(variant.properties ?? {}).filter(([, { const: fixed }]) => fixed !== undefined);
    return constants.length > 0 && constants.every(([name, { const: fixed }]) => value[name] === fixed);
  });
  if (byConstants >= 0) return byConstants;
  const shared = variants.map((variant) => Object.keys(value).filter((name) => variant.properties?.[name]).length);
  const most = Math.max(...shared);
  return most > 0 ? shared.indexOf(most) : -1;
}

/** Another alternative, with what both have in common carried over. */
export function switchVariant(variant: Schema, old: JsonValue | undefined, root: Schema): JsonObject {
  const fresh = startObject(variant, root);
  const kept = old && isJsonObject(old) ? Object.entries(old) : [];
  const carried = kept.filter(([name]) => {
    const property = variant.properties?.[name];
    return property && property.const === undefined;
  });
  return { ...fresh, ...Object.fromEntries(carried) };
}

/** The name a field goes by: its title, or its key in words. */
export function titleOf(schema: Schema, name: string): string {
  if (schema.title) return schema.title;
  const words = name.replace(/[_-]+/g, ' ').replace(/([a-z])([A-Z])/g, '$1 $2');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

import { generateKeyPairSync } from 'node:crypto';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { textFor } from './pattern-text.ts';
import { fits, suitConfig } from './suit-config.ts';

const DAY_MS = 86_400_000;
/** Configs begin to read this long before now: long enough for slices of days and months, short enough to read all. */
const DAYS_BACK = 40;

/** A config that the spec accepts: defaults and examples where they fit, dates shortly before now, texts that match the patterns. */
export function configFor(spec: JsonObject, manifest: JsonObject, now: Date): JsonObject {
  const config = objectFor(spec, now);
  for (const name of listsIn(manifest)) {
    const property = propertiesOf(spec)[name];
    if (config[name] === undefined && isJsonObject(property)) config[name] = listOf(name, property, now);
  }
  for (const name of namesIn(manifest))
    if (config[name] === undefined && !RESERVED.has(name) && !isJsonObject(propertiesOf(spec)[name]))
      config[name] = stringFor(name, {}, now);
  return suitConfig(config, manifest, spec, now, DAYS_BACK);
}

const RESERVED = new Set([
  'get',
  'items',
  'keys',
  'values',
  '__injected_declarative_manifest',
  '__injected_components_py',
]);

/** Keys of the config that templates read without a guard. */
function namesIn(manifest: JsonObject): Set<string> {
  const names = new Set<string>();
  const visit = (value: JsonValue): void => {
    if (typeof value === 'string') {
      for (const [, a, b] of value.matchAll(/\bconfig(?:\[\s*['"](\w+)['"]\s*\]|\.(\w+)\b(?!\s*\())/g))
        names.add(a ?? b ?? '');
    } else if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isJsonObject(value)) for (const [key, item] of Object.entries(value)) if (key !== 'spec') visit(item);
  };
  visit(manifest);
  return names;
}

/** Keys of the config that make partitions: without them nothing would be read. */
function listsIn(manifest: JsonObject): Set<string> {
  const names = new Set<string>();
  const visit = (value: JsonValue): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    if (!isJsonObject(value)) return;
    if (value.type === 'ListPartitionRouter' && typeof value.values === 'string')
      for (const [, a, b, c] of value.values.matchAll(CONFIG_KEY)) names.add(a ?? b ?? c ?? '');
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(manifest);
  return names;
}

const CONFIG_KEY = /\bconfig(?:\[\s*['"](\w+)['"]\s*\]|\.get\(\s*['"](\w+)['"]|\.(\w+)\b(?!\s*\())/g;

function objectFor(schema: JsonObject, now: Date): JsonObject {
  const required = new Set(Array.isArray(schema.required) ? schema.required.map(String) : []);
  const entries = Object.entries(propertiesOf(schema)).flatMap(([name, inner]): [string, JsonValue][] => {
    if (!isJsonObject(inner)) return [];
    const value = valueFor(name, inner, now, required.has(name));
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}

function propertiesOf(schema: JsonObject): JsonObject {
  return isJsonObject(schema.properties) ? schema.properties : {};
}

function valueFor(name: string, schema: JsonObject, now: Date, isRequired: boolean): JsonValue | undefined {
  if (schema.const !== undefined) return schema.const;
  const options = schema.oneOf ?? schema.anyOf;
  if (Array.isArray(options)) {
    const first = options.find(isJsonObject);
    return first ? objectFor({ ...first, required: Object.keys(propertiesOf(first)) }, now) : undefined;
  }
  const [type = 'string'] = [schema.type]
    .flat()
    .filter((item) => item !== 'null')
    .map(String);
  if (type === 'object') return objectFor(schema, now);
  if (type === 'string' && isDate(name, schema))
    return isRequired || isStart(name) ? stringFor(name, schema, now) : undefined;
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const [example] = Array.isArray(schema.examples) ? schema.examples : [];
  if (type === 'array') return listFor(name, schema, now, isRequired);
  if (!isRequired && !/token|key|secret|id$|account|domain|user|pass/i.test(name)) return undefined;
  if (type === 'boolean') return true;
  if (type === 'integer' || type === 'number')
    return typeof example === 'number' ? example : Math.max(Number(schema.minimum ?? 1), 1);
  if (typeof example === 'string' && fits(example, schema) && !/\s|[<>{}]/.test(example)) return example;
  return stringFor(name, schema, now);
}

function listFor(name: string, schema: JsonObject, now: Date, isRequired: boolean): JsonValue | undefined {
  if (!isRequired && schema.minItems === undefined) return undefined;
  const [example] = Array.isArray(schema.examples) ? schema.examples : [];
  if (Array.isArray(example)) return example;
  const items = isJsonObject(schema.items) ? schema.items : {};
  if (Array.isArray(items.enum)) return items.enum.slice(0, 2);
  const value = valueFor(name, items, now, true);
  return value === undefined ? [] : [value];
}

function listOf(name: string, schema: JsonObject, now: Date): JsonValue {
  return listFor(name, { ...schema, minItems: 1 }, now, true) ?? [];
}

function isDate(name: string, schema: JsonObject): boolean {
  return (
    schema.format === 'date' ||
    schema.format === 'date-time' ||
    /(^|_)(date|since|from_time|start_time|end_time|datetime|timestamp)($|_)/i.test(name) ||
    /\[0-9\]\{4\}-|\\d\{4\}-/.test(String(schema.pattern ?? ''))
  );
}

function isStart(name: string): boolean {
  return /start|since|from|begin|after/i.test(name);
}

function stringFor(name: string, schema: JsonObject, now: Date): string {
  if (isDate(name, schema)) {
    const dates = dateTexts(new Date(now.getTime() - (/end|until|to_|before/i.test(name) ? 1 : DAYS_BACK) * DAY_MS));
    const wanted = schema.format === 'date' ? dates.toReversed() : dates;
    const found = wanted.find((text) => fits(text, schema));
    if (found) return found;
  }
  if (/private_key|rsa/i.test(name) && !/id/i.test(name)) return privateKey();
  if (typeof schema.pattern === 'string') return textFor(schema.pattern, name);
  if (schema.format === 'uri' || /(^|_)(url|uri|endpoint)$/i.test(name))
    return `https://${name.replaceAll('_', '-')}.example.com`;
  if (schema.format === 'email' || /email/i.test(name)) return 'user@example.com';
  if (/domain|host|subdomain|instance/i.test(name)) return 'example';
  return `my-${name.replaceAll('_', '-')}`;
}

/** The ways in which configs write dates, the commonest first. */
function dateTexts(at: Date): string[] {
  const day = at.toISOString().slice(0, 10);
  const [year = '', month = '', date = ''] = day.split('-');
  return [
    ...[
      `${day}T00:00:00Z`,
      `${day}T00:00:00.000Z`,
      `${day}T00:00:00.000000Z`,
      `${day}T00:00:00+00:00`,
      `${day}T00:00:00`,
    ],
    ...[
      `${day} 00:00:00`,
      `${year}${month}${date}`,
      `${month}/${date}/${year}`,
      `${date}/${month}/${year}`,
      `${date}-${month}-${year}`,
    ],
    ...[String(at.getTime() / 1000), String(at.getTime()), `${year}-${month}`, year, day],
  ];
}

let key: string | null = null;

function privateKey(): string {
  key ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  return key;
}

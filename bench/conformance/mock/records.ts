import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { hash } from './templates.ts';

const DEEPEST = 6;
const DAY_MS = 86_400_000;

/** A record by its JSON schema: the same seed and index give the same one. Now and then a nullable field is null. */
export function recordOf(schema: JsonValue | undefined, seed: string, index: number, now: Date): JsonObject {
  const made = valueBy(schema ?? {}, `${seed}/${index}`, { name: 'record', index, depth: 0, now });
  return isJsonObject(made) && Object.keys(made).length > 0 ? made : { id: 1000 + index, name: `name-${index}` };
}

interface Place {
  readonly name: string;
  readonly index: number;
  readonly depth: number;
  readonly now: Date;
}

function valueBy(schema: JsonValue, seed: string, place: Place): JsonValue {
  if (!isJsonObject(schema)) return `text-${place.index}`;
  const options = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(options)) {
    const real = options.filter((option) => !(isJsonObject(option) && option.type === 'null'));
    return valueBy(real[hash(seed) % Math.max(1, real.length)] ?? {}, seed, place);
  }
  if (Array.isArray(schema.enum) && schema.enum.length > 0)
    return schema.enum[(hash(seed) + place.index) % schema.enum.length] ?? null;
  if (schema.const !== undefined) return schema.const;
  const types = [schema.type ?? (schema.properties ? 'object' : 'string')].flat().map(String);
  const real = types.filter((type) => type !== 'null');
  if (types.includes('null') && place.depth > 0 && hash(`null${seed}`) % 9 === 0 && !isKey(place.name)) return null;
  return typed(real[0] ?? 'string', schema, seed, place);
}

function typed(type: string, schema: JsonObject, seed: string, place: Place): JsonValue {
  const number = hash(seed);
  if (type === 'integer')
    return isKey(place.name) ? 1000 + (hash(place.name) % 900) * 1000 + place.index : number % 100_000;
  if (type === 'number')
    return isKey(place.name) ? 1000 + place.index : number % 5 === 0 ? number % 1000 : (number % 1_000_000) / 100;
  if (type === 'boolean') return number % 2 === 0;
  if (type === 'array') return place.depth >= DEEPEST ? [] : listBy(schema, seed, place);
  if (type === 'object') return place.depth >= DEEPEST ? {} : objectBy(schema, seed, place);
  return textBy(schema, seed, place);
}

function listBy(schema: JsonObject, seed: string, place: Place): JsonValue[] {
  const length = hash(`length${seed}`) % 3;
  return Array.from({ length }, (_, index) =>
    valueBy(schema.items ?? {}, `${seed}[${index}]`, { ...place, depth: place.depth + 1 }),
  );
}

function objectBy(schema: JsonObject, seed: string, place: Place): JsonObject {
  const properties = isJsonObject(schema.properties) ? Object.entries(schema.properties) : [];
  if (properties.length === 0 && place.depth > 0) return { key: `value-${hash(seed) % 100}` };
  return Object.fromEntries(
    properties.map(([name, inner]) => [
      name,
      valueBy(inner, `${seed}.${name}`, { ...place, name, depth: place.depth + 1 }),
    ]),
  );
}

function textBy(schema: JsonObject, seed: string, place: Place): string {
  const at = new Date(
    Math.floor((place.now.getTime() - (hash(seed) % 400) * DAY_MS - (hash(seed) % 86_400) * 1000) / 1000) * 1000,
  );
  if (schema.format === 'date-time') return at.toISOString().replace('.000Z', 'Z');
  if (schema.format === 'date') return at.toISOString().slice(0, 10);
  if (schema.airbyte_type === 'timestamp_without_timezone') return at.toISOString().slice(0, 19);
  if (isKey(place.name)) return `${place.name}-${1000 + place.index}`;
  return hash(seed) % 11 === 0 ? `Grüße ✓ "${place.index}"` : `${place.name}-${hash(seed) % 1000}`;
}

function isKey(name: string): boolean {
  return /(^|[a-z_-])(id|uuid|key|guid|gid)$/i.test(name) || name === 'ID';
}

/** Sets a value below a record; objects on the way are made, numbers index lists. */
export function setAt(target: JsonObject, path: readonly (string | number)[], value: JsonValue): void {
  let place = target as Record<string | number, JsonValue>;
  for (const [depth, key] of path.slice(0, -1).entries()) {
    const next = place[key];
    if (typeof next !== 'object' || next === null) place[key] = typeof path[depth + 1] === 'number' ? [] : {};
    place = place[key] as unknown as Record<string | number, JsonValue>;
  }
  const last = path.at(-1);
  if (last !== undefined) place[last] = value;
}

export function getAt(source: unknown, path: readonly (string | number)[]): JsonValue | undefined {
  let value = source as JsonValue | undefined;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, JsonValue>)[key];
  }
  return value;
}

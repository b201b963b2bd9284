import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

export interface SchemaRow {
  readonly name: string;
  readonly seen: string | null;
  readonly declared: string | null;
  /** `new` was seen and is not declared, `unseen` the other way round; `differs` may be declared more widely, and is then `same`. */
  readonly state: 'same' | 'new' | 'differs' | 'unseen';
}

/** Fields of the declared schema and of the one that was seen, side by side: those to look at first. */
export function schemaRows(declared: JsonObject | null, seen: JsonObject): SchemaRow[] {
  const mine = propertiesOf(declared);
  const all = propertiesOf(seen);
  const rows = [...new Set([...Object.keys(all), ...Object.keys(mine)])].map((name): SchemaRow => {
    const was = all[name] === undefined ? null : words(all[name]);
    const says = mine[name] === undefined ? null : words(mine[name]);
    const state = says === null ? 'new' : was === null ? 'unseen' : covers(mine[name], all[name]) ? 'same' : 'differs';
    return { name, seen: was, declared: says, state };
  });
  return rows.toSorted((a, b) => ORDER[a.state] - ORDER[b.state]);
}

const ORDER = { differs: 0, new: 1, unseen: 2, same: 3 };

function propertiesOf(schema: JsonObject | null): JsonObject {
  return isJsonObject(schema?.properties) ? schema.properties : {};
}

function words(schema: JsonValue | undefined): string {
  if (!isJsonObject(schema)) return 'anything';
  const types = typesOf(schema).filter((type) => type !== 'null');
  const name = types.length === 0 ? (typesOf(schema).includes('null') ? 'null' : 'anything') : types.join(' or ');
  return typeof schema.format === 'string' ? `${name}, ${schema.format}` : name;
}

function typesOf(schema: JsonObject): string[] {
  return [schema.type].flat().filter((type): type is string => typeof type === 'string');
}

/** Whether all that was seen is allowed by what is declared. */
function covers(declared: JsonValue | undefined, seen: JsonValue | undefined): boolean {
  if (!isJsonObject(declared) || !isJsonObject(seen)) return true;
  const allowed = typesOf(declared);
  if (allowed.length === 0) return true;
  const wide = allowed.includes('number') ? [...allowed, 'integer'] : allowed;
  // A field that may be null is read whatever the schema says of it.
  if (!typesOf(seen).every((type) => type === 'null' || wide.includes(type))) return false;
  return declared.format === undefined || seen.format === undefined || declared.format === seen.format;
}

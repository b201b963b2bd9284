import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { columnTypeOf } from '#lib/records/column-type.ts';
import { columnWords } from './column-words.ts';

export interface SchemaRow {
  /** Names from the record inwards; `*` is what a list holds. */
  readonly path: readonly string[];
  readonly seen: string | null;
  readonly declared: string | null;
  /** `new` was seen and is not declared, `unseen` the other way round; `differs` may be declared more widely, and is then `same`. */
  readonly state: 'same' | 'new' | 'differs' | 'unseen';
  /** The column's type, for fields of the record itself; what is nested lands within its column. */
  readonly lands: { readonly postgres: string; readonly parquet: string } | null;
}

const ITEMS = '*';
const DEEPEST = 8;

/** Fields of the declared schema and of the one that was seen, side by side, nested ones below their own: those to look at first. */
export function schemaRows(declared: JsonObject | null, seen: JsonObject): SchemaRow[] {
  return rowsBelow(declared, seen, []);
}

function rowsBelow(declared: JsonValue | undefined, seen: JsonValue | undefined, path: readonly string[]): SchemaRow[] {
  if (path.length > DEEPEST) return [];
  const [mine, all] = [innerOf(declared), innerOf(seen)];
  const groups = [...new Set([...Object.keys(all), ...Object.keys(mine)])].map((name) => {
    const row = rowOf([...path, name], mine[name], all[name]);
    // What is new comes whole, with all that is in it; what is not described further takes anything.
    const opened = row.state !== 'new' && (mine[name] === undefined || Object.keys(innerOf(mine[name])).length > 0);
    return [row, ...(opened ? rowsBelow(mine[name], all[name], row.path) : [])];
  });
  return groups.toSorted((a, b) => urgency(a) - urgency(b)).flat();
}

const ORDER = { differs: 0, new: 1, unseen: 2, same: 3 };

function urgency(rows: readonly SchemaRow[]): number {
  return Math.min(...rows.map(({ state }) => ORDER[state]));
}

function rowOf(path: readonly string[], mine: JsonValue | undefined, seen: JsonValue | undefined): SchemaRow {
  const was = seen === undefined ? null : words(seen);
  const says = mine === undefined ? null : words(mine);
  const state = says === null ? 'new' : was === null ? 'unseen' : covers(mine, seen) ? 'same' : 'differs';
  return { path, seen: was, declared: says, state, lands: path.length === 1 ? landing(mine ?? seen) : null };
}

function landing(schema: JsonValue | undefined) {
  return columnWords(columnTypeOf(schema) ?? 'json');
}

/** The fields of an object, and what a list holds. */
function innerOf(schema: JsonValue | undefined): JsonObject {
  if (!isJsonObject(schema)) return {};
  const items: JsonObject =
    isJsonObject(schema.items) && isJsonObject(schema.items.properties) ? { [ITEMS]: schema.items } : {};
  return { ...(isJsonObject(schema.properties) ? schema.properties : {}), ...items };
}

/** The declared schema with one field as it was seen; what stands around it stays. */
export function takeOver(declared: JsonObject | null, seen: JsonObject, path: readonly string[]): JsonObject {
  const base = declared ?? { type: 'object', additionalProperties: true };
  const [name = '', ...rest] = path;
  const [key, holder] = name === ITEMS ? ['items', base] : [name, isJsonObject(base.properties) ? base.properties : {}];
  const seenBelow = innerOf(seen)[name];
  const before = holder[key];
  const next =
    rest.length > 0 && isJsonObject(before) && isJsonObject(seenBelow)
      ? takeOver(before, seenBelow, rest)
      : widened(before, seenBelow);
  return name === ITEMS ? { ...base, items: next } : { ...base, properties: { ...holder, [key]: next } };
}

/** Descriptions and whatever else people wrote about a field stay. */
function widened(before: JsonValue | undefined, seen: JsonValue | undefined): JsonValue {
  if (!isJsonObject(before) || !isJsonObject(seen)) return seen ?? {};
  const { type: _type, format: _format, enum: _enum, properties, items, ...said } = before;
  const inner = {
    ...(isJsonObject(seen.properties) && {
      properties: { ...(isJsonObject(properties) ? properties : {}), ...seen.properties },
    }),
    ...(seen.items !== undefined && { items: seen.items }),
  };
  return { ...seen, ...inner, ...said, ...(items !== undefined && seen.items === undefined && { items }) };
}

function words(schema: JsonValue | undefined): string {
  if (!isJsonObject(schema)) return 'anything';
  const types = typesOf(schema).filter((type) => type !== 'null');
  const name = types.length === 0 ? (typesOf(schema).includes('null') ? 'null' : 'anything') : types.join(' or ');
  const format = typeof schema.format === 'string' ? `, ${schema.format}` : '';
  const choice = Array.isArray(schema.enum) ? `, one of ${schema.enum.length}` : '';
  return `${name}${format}${choice}`;
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

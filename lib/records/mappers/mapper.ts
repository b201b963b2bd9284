import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { Change } from '../noted-changes.ts';

/** A mapper that was checked, ready to run. */
export interface CompiledMapper {
  /** What a field is called afterwards; null when it is gone. */
  rename(field: string): string | null;
  /** The new name that it gives to a field; missing where it gives none. */
  readonly gives?: string;
  /** The field's JSON schema afterwards. */
  schema(field: string, property: JsonValue): JsonValue;
  /** Null where the record is filtered out; `note` keeps what could not be done to a value. */
  map(record: JsonObject, note: (change: Change) => void): JsonObject | null;
  /** Whether equal values of the field differ afterwards. */
  varies?(field: string): boolean;
  /** Whether which of two values of the field is higher can't be told afterwards. */
  losesOrder?(field: string): boolean;
}

/** A kind of change to each record, as Airbyte's API names it. A new one is a file, and a line in `index.ts`. */
export interface MapperKind {
  readonly type: string;
  readonly title: string;
  /** Members of the configuration that are secret. */
  readonly secrets?: readonly string[];
  /** All that is wrong with a configuration, in words. */
  issues(configuration: JsonObject): string[];
  compile(configuration: JsonObject): CompiledMapper;
}

export function textOf(configuration: JsonObject, name: string): string {
  const value = configuration[name];
  return typeof value === 'string' ? value : '';
}

/** Names those that are empty. */
export function missing(configuration: JsonObject, names: readonly string[]): string[] {
  return names.filter((name) => textOf(configuration, name).trim() === '').map((name) => `${name} is missing.`);
}

export const same = { rename: (field: string) => field, schema: (_field: string, property: JsonValue) => property };

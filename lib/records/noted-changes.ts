import type { JsonObject } from '#lib/json.ts';

/** Something that was changed in a row, as `_airbyte_meta.changes` lists it. */
export interface Change {
  readonly field: string;
  /** NULLED: the value did not fit; TRUNCATED: parts of it that no database holds were replaced by U+FFFD. */
  readonly change: 'NULLED' | 'TRUNCATED';
  readonly reason:
    | 'DESTINATION_TYPECAST_ERROR'
    | 'DESTINATION_SERIALIZATION_ERROR'
    | 'DESTINATION_FIELD_SIZE_LIMITATION'
    | 'PLATFORM_SERIALIZATION_ERROR';
}

const noted = new WeakMap<JsonObject, readonly Change[]>();
let hasSome = false;

/** Keeps what was changed of a record before it is typed, beside the record: its fields are the source's. */
export function noteChanges(record: JsonObject, changes: readonly Change[]): void {
  hasSome = true;
  noted.set(record, changes);
}

/** Null where nothing was noted. */
export function notedChanges(record: JsonObject): Change[] | null {
  const found = hasSome ? noted.get(record) : undefined;
  return found ? [...found] : null;
}

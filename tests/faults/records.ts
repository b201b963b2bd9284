import type { Connected, World } from './world.ts';

/** A page of records, as they are sent digit for digit. */
export const records = (lines: readonly string[]): string => `{"data": [${lines.join(',')}]}`;
/** YAML of a stream whose records have these fields beside the id. */
export const schemaOf = (fields: object) =>
  `schema_loader: ${JSON.stringify({
    type: 'InlineSchemaLoader',
    schema: { type: 'object', properties: { id: { type: 'integer' }, ...fields } },
  })}`;
/** YAML of a stream that is read by `updated_at`. */
export const byUpdated = `incremental_sync:
  type: DatetimeBasedCursor
  cursor_field: updated_at
  datetime_format: "%Y-%m-%dT%H:%M:%SZ"
  start_datetime: "2026-01-01T00:00:00Z"
  start_time_option: { type: RequestOption, inject_into: request_parameter, field_name: since }`;

/** What stands in the one row beside the id, in columns of whatever name. */
export async function valuesOf(world: World, { prefix }: Connected): Promise<string[]> {
  const [row] = await world.query<{ row: Record<string, string> }>(
    `select to_jsonb(t) as row from public.${prefix}rows t`,
  );
  return Object.entries(row?.row ?? {})
    .filter(([column]) => column !== 'id' && !column.startsWith('_airbyte_'))
    .map(([, value]) => String(value))
    .sort();
}

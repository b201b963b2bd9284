import type { SchemaChangeEntry } from '#lib/connections/schema-changes.ts';

const WORDS = {
  column_added: 'new column',
  column_widened: 'wider type',
  field_left_out: 'left out',
  stream_added: 'new stream',
  stream_removed: 'stream gone',
} as const satisfies Record<SchemaChangeEntry['change'], string>;

export function schemaChangeWords(change: SchemaChangeEntry['change']): string {
  return WORDS[change];
}

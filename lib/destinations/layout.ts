import type { Issue } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';

/** How a stream's records are laid out at a destination. */
export const LAYOUTS = ['direct', 'basic', 'raw'] as const;
export type LayoutName = (typeof LAYOUTS)[number];

/** The property `layout` of a destination's config. */
export const layoutSpec: JsonObject = {
  title: 'Layout',
  description:
    'direct: one typed table per stream. basic: the raw record in _airbyte_raw_<stream>, and flat tables in which nested objects become columns and arrays of objects become child tables (Airbyte’s basic normalization). raw: only _airbyte_raw_<stream>, for models that run after the sync.',
  type: 'string',
  enum: [...LAYOUTS],
  default: 'direct',
};

export function readLayout(config: JsonObject, issues: Issue[]): LayoutName {
  const given = config.layout ?? 'direct';
  const found = LAYOUTS.find((one) => one === given);
  if (!found) issues.push({ path: 'layout', message: `layout is none of ${LAYOUTS.join(', ')}.` });
  return found ?? 'direct';
}

/** The raw table of a stream, as Airbyte called it before destinations typed. */
export function rawTableName(table: string): string {
  return `_airbyte_raw_${table}`;
}

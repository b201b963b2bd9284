import type { Issue } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';

/** How a stream's records are laid out at a destination. */
export const LAYOUTS = ['direct', 'basic', 'raw'] as const;
export type LayoutName = (typeof LAYOUTS)[number];

/** The property `layout` of a destination's config. */
export const layoutSpec: JsonObject = {
  title: 'Layout',
  description:
    'Typed tables; or, as Airbyte’s basic normalization, a raw table and flat tables with child tables for arrays of objects; or raw tables only.',
  type: 'string',
  enum: [...LAYOUTS],
  enumNames: ['Typed tables', 'Basic normalization', 'Raw tables only'],
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

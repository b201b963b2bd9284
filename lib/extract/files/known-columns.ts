import type { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { fileError } from './file-errors.ts';

const SHOWN_COLUMNS = 20;

/** Whether a file has at least one column of the schema: what has others only is another file, or what a server says in its place. */
export function hasKnown(columns: readonly string[], { properties }: JsonObject): boolean {
  if (!isJsonObject(properties) || Object.keys(properties).length === 0 || columns.length === 0) return true;
  return columns.some((column) => Object.hasOwn(properties, column));
}

export function otherColumns(file: string, columns: readonly string[], { properties }: JsonObject): WeirError {
  const known = shown(Object.keys(isJsonObject(properties) ? properties : {}));
  const hint = 'Look at how the file begins. If it is right, refresh the schema of the connection’s source.';
  const what = `has none of the stream’s columns (${known}); its own are ${shown(columns)}.`;
  return fileError('config', 'other_columns', { file }, what, hint);
}

function shown(names: readonly string[]): string {
  return `${names.slice(0, SHOWN_COLUMNS).join(', ')}${names.length > SHOWN_COLUMNS ? ' …' : ''}`;
}

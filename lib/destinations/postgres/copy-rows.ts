import { once } from 'node:events';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { ColumnType, TypedRow } from '#lib/records/index.ts';
import { postgresCode } from './postgres-errors.ts';

export const NULL_TEXT = '\\N';
const SPECIAL = /[\\\t\n\r]/;
const ALL_SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
/** Types whose text may hold a character that COPY treats specially. */
const NEEDS_ESCAPE: ReadonlySet<ColumnType> = new Set(['string', 'object', 'array', 'json']);

/** A row's data columns in COPY's text format, tab between, without the end of line. */
export function copyValues(values: TypedRow['values'], types: readonly ColumnType[]): string {
  let line = '';
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (index > 0) line += '\t';
    if (value === null || value === undefined) line += NULL_TEXT;
    else line += NEEDS_ESCAPE.has(types[index] as ColumnType) ? copyText(value) : value;
  }
  return line;
}

export function copyText(value: string | null): string {
  if (value === null) return NULL_TEXT;
  return SPECIAL.test(value) ? value.replace(ALL_SPECIAL, (character) => ESCAPES[character] ?? character) : value;
}

/** Sends complete lines through one COPY; all of them are in the table afterwards, or none. */
export async function copyBytes(pool: pg.Pool, statement: string, bytes: Buffer): Promise<void> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    const copy = client.query(copyFrom(statement));
    const done = once(copy, 'finish');
    copy.end(bytes);
    await done;
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    // After a refused row the connection is fine; after anything else it is not worth keeping.
    client.release(failure !== undefined && !/^(?:22|23|54)/.test(postgresCode(failure)) ? failure : undefined);
  }
}

/**
 * Some row is larger than the database can hold one. Which one it does not say: it takes in many lines before it writes their rows, and
 * names the line that it has come to.
 */
export function isBeyondLimit(error: unknown): boolean {
  return postgresCode(error).startsWith('54');
}

/** Which line (from 1) the database refused, if what it refused was a value and not the whole COPY. */
export function refusedLine(error: unknown): number | null {
  const { code = '', where = '' } = error as { code?: string; where?: string };
  const aboutData = code.startsWith('22') || code.startsWith('23');
  const line = /COPY .*?, line (\d+)/.exec(where)?.[1];
  return aboutData && line !== undefined ? Number(line) : null;
}

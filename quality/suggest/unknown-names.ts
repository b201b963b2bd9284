import { nearestName } from '../nearest-name.ts';
import type { OutlinedCheck } from '../outline-checks.ts';
import { findTable, type NamedTable } from './suite-names.ts';

/** A name that leads to nothing in the destination as it is now; lines and columns count from 1. */
export interface UnknownName {
  readonly message: string;
  readonly nearest: string | null;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** Tables and columns of checks that are not there, or not yet. Nothing is said where no table is known. */
export function unknownNames(
  text: string,
  checks: readonly OutlinedCheck[],
  tables: readonly NamedTable[],
): UnknownName[] {
  if (tables.length === 0) return [];
  const lines = text.split('\n');
  const found = new Map<string, UnknownName>();
  const add = (name: string, place: { line: number; endLine: number }, words: Omit<UnknownName, keyof Place>) => {
    const at = placeOf(lines, name, place);
    found.set(`${at.line}:${at.column}`, { ...words, ...at });
  };
  for (const check of checks) {
    const table = findTable(check.table, tables);
    const names = table?.columns.map(({ name }) => name) ?? [];
    if (table === null)
      add(
        check.table,
        check,
        missing(
          `There is no table ${check.table}, or not yet.`,
          check.table,
          tables.map((each) => each.table),
        ),
      );
    for (const column of table === null ? [] : check.columns)
      if (!names.includes(column))
        add(column, check, missing(`${check.table} has no column ${column}.`, column, names));
  }
  return [...found.values()];
}

type Place = Pick<UnknownName, 'line' | 'column' | 'endColumn'>;

function missing(message: string, name: string, known: readonly string[]) {
  const nearest = nearestName(name, known);
  return { message: nearest === null ? message : `${message} Did you mean ${nearest}?`, nearest };
}

/** Where the name stands in the check; a dataset stands at the top of the text. */
export function placeOf(
  lines: readonly string[],
  name: string,
  { line, endLine }: { line: number; endLine: number },
): Place {
  const word = new RegExp(`(?<![\\w$.-])${RegExp.escape(name)}(?![\\w$-])`);
  const inCheck = lines.slice(line - 1, endLine).findIndex((each) => word.test(each));
  const atTop = lines.findIndex((each) => each.startsWith('dataset:') && word.test(each));
  const at = inCheck >= 0 ? line + inCheck : atTop >= 0 ? atTop + 1 : line;
  const text = lines[at - 1] ?? '';
  const column = word.exec(text)?.index ?? text.search(/\S|$/);
  return { line: at, column: column + 1, endColumn: column + 1 + name.length };
}

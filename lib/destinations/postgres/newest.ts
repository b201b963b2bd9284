import type { TableShape } from '#lib/records/index.ts';
import { quote } from './identifier.ts';
import { SEQ_COLUMN } from './stage-table.ts';

/** The column whose highest value makes a row the newest of its key. Text compares byte by byte, whatever the database's collation. */
export function cursorColumn(shape: TableShape): { order: string } | null {
  const column = shape.columns[shape.indexOf.get(shape.cursorField ?? '') ?? -1];
  if (column === undefined) return null;
  return { order: column.type === 'string' ? `${quote(column.name)} collate "C"` : quote(column.name) };
}

/** Quoted names of the key's columns; none when the stream lacks one of them. */
export function keyNames(shape: TableShape): string[] {
  if (shape.key.includes(-1)) return [];
  return shape.key.map((index) => quote(shape.columns[index]?.name ?? ''));
}

export function stagedKey(shape: TableShape): string {
  return keyNames(shape).join(', ');
}

/** Of each key the row with the highest cursor comes first; among equals the one that came last. */
export function newestFirst(shape: TableShape): string {
  const cursor = cursorColumn(shape);
  return `${cursor ? `${cursor.order} desc nulls last, ` : ''}${SEQ_COLUMN} desc`;
}

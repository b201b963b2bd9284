import type { TableShape } from '#lib/records/index.ts';
import { type CursorOrder, cursorOrder } from './cursor-order.ts';
import { quote } from './identifier.ts';
import { SEQ_COLUMN } from './stage-table.ts';

/** What makes a row the newest of its key; null where the stream has no cursor. */
export function orderOf(shape: TableShape): CursorOrder | null {
  const column = shape.columns[shape.indexOf.get(shape.cursorField ?? '') ?? -1];
  return column === undefined ? null : cursorOrder(column);
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
export function newestFirst(shape: TableShape, relation: string): string {
  const cursor = orderOf(shape);
  return `${cursor ? `${cursor.newestFirst(relation)}, ` : ''}${SEQ_COLUMN} desc`;
}

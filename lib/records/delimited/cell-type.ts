import type { TextType } from '#lib/delimited-file.ts';
import type { ColumnType } from '../column-type.ts';

/** What a field of a delimited file must look like to be taken as it is. */
export type CellType = 'text' | 'integer' | 'number' | 'boolean' | 'date' | 'instant' | 'local' | 'time';

export interface Cell {
  readonly type: CellType;
  /** An empty field needs a closer look: the column is part of a key. */
  readonly required?: boolean;
}

/**
 * The plain spelling for a column that is filled from texts of a type; null where no spelling means the same on both ways, so that
 * every row has to be looked at.
 */
export function cellType(text: TextType, column: ColumnType): CellType | null {
  switch (column) {
    case 'string':
      // 1.10 and TRUE would be spelled anew on their way through a value.
      return text === 'string' ? 'text' : text === 'integer' ? 'integer' : null;
    case 'integer':
      return text === 'integer' ? 'integer' : null;
    case 'number':
      return text === 'number' || text === 'integer' ? text : null;
    case 'boolean':
      return text === 'boolean' ? 'boolean' : null;
    case 'date':
      return text === 'string' ? 'date' : null;
    case 'timestamp_with_timezone':
      return text === 'string' ? 'instant' : null;
    case 'timestamp_without_timezone':
      return text === 'string' ? 'local' : null;
    case 'time_without_timezone':
      return text === 'string' ? 'time' : null;
    default:
      return null;
  }
}

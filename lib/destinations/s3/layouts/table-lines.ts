import type { BadValues, ConfiguredStream } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJsonOr, stringifyJson } from '#lib/json.ts';
import {
  type Column,
  type ColumnType,
  shapeOfStream,
  type TableShape,
  type TypedRow,
  typePage,
} from '#lib/records/index.ts';
import type { LaidLines, SavedTable } from './layout.ts';

/** Types the records of one table and writes them as members of JSON lines; all values are text, and nulls are left out. */
export class TableLines {
  readonly id: number;
  readonly #path: string;
  readonly #exact: Set<string>;
  readonly #badValues: BadValues;
  #shape: TableShape;

  constructor(
    id: number,
    path: string,
    stream: ConfiguredStream & { readonly badValues?: BadValues },
    saved: readonly SavedTable[],
  ) {
    const known = saved.find((table) => table.path === path);
    this.id = id;
    this.#badValues = stream.badValues ?? 'null';
    this.#path = path;
    this.#exact = new Set(known?.exact);
    this.#shape = shapeOfStream(stream, known?.columns ?? []);
  }

  get columns(): readonly Column[] {
    return this.#shape.columns;
  }

  get exact(): ReadonlySet<string> {
    return this.#exact;
  }

  get saved(): SavedTable {
    return { path: this.#path, columns: this.columns, exact: [...this.#exact] };
  }

  lines(records: readonly JsonObject[], extra: (row: TypedRow) => string): LaidLines {
    const typed = typePage(this.#shape, records, false, this.#badValues);
    this.#shape = typed.shape;
    return {
      lines: typed.rows.map((row) => `,"_weir_table":"${this.id}"${this.#values(row)}${extra(row)}`),
      refusals: typed.refusals,
      leftOut: typed.leftOut,
    };
  }

  /** The record of a row, put together again from the texts of its columns. */
  record(text: (column: string) => string | null): string {
    const { columns, overflow } = this.#shape;
    const record: JsonObject = {};
    for (const [index, { field, name, type }] of columns.entries()) {
      const written = text(name);
      if (written === null) continue;
      const value = fromText(written, type);
      if (index === overflow && isJsonObject(value)) Object.assign(record, value);
      else record[field] = value;
    }
    return stringifyJson(record);
  }

  #values({ values, record }: TypedRow): string {
    const { columns } = this.#shape;
    let members = '';
    for (const [index, value] of values.entries()) {
      const column = columns[index];
      if (value === null || column === undefined) continue;
      // A double keeps what came as a plain number; anything else might lose digits in one.
      if (column.type === 'number' && typeof record[column.field] !== 'number') this.#exact.add(column.name);
      members += `,${JSON.stringify(column.name)}:${JSON.stringify(value)}`;
    }
    return members;
  }
}

/** Types whose text is JSON; that of the others is the value. */
const PARSED = new Set<ColumnType>(['boolean', 'integer', 'number', 'object', 'array', 'json']);

function fromText(text: string, type: ColumnType): JsonValue {
  return PARSED.has(type) ? parseJsonOr(text, text) : text;
}

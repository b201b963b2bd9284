import type { JsonObject, JsonValue } from '#lib/json.ts';
import { fileError } from '../file-errors.ts';
import type { ExcelOptions } from '../file-options.ts';
import { inferSchema } from '../infer-schema.ts';
import { distinctNames } from './csv-head.ts';
import { type FileFormat, type OpenFile, PORTION_ROWS, type Portion, SAMPLE_ROWS } from './format.ts';
import { openWorkbook } from './workbook.ts';

/** A sheet of an Excel workbook (.xlsx); the first row names the columns. */
export function excelFormat(options: ExcelOptions): FileFormat {
  return {
    async schema(file) {
      const sample: JsonObject[] = [];
      for await (const { records } of portions(file, options)) {
        sample.push(...records);
        if (sample.length >= SAMPLE_ROWS) break;
      }
      return inferSchema(sample.slice(0, SAMPLE_ROWS));
    },
    read: (file) => portions(file, options),
  };
}

async function* portions(
  file: OpenFile,
  { sheet, header = true, skip_rows: skip = 0 }: ExcelOptions,
): AsyncGenerator<Portion> {
  const workbook = await openWorkbook(file);
  const chosen = workbook.sheets.find((one, index) => (sheet === undefined ? index === 0 : one.name === sheet));
  if (!chosen) {
    const hint = `Sheets: ${workbook.sheets.map((one) => one.name).join(', ')}.`;
    throw fileError('config', 'no_records', { file: file.name }, `there is no sheet ${sheet ?? ''}.`, hint);
  }
  let columns: readonly string[] | null = null;
  let records: JsonObject[] = [];
  let left = skip;
  for await (const row of workbook.rows(chosen)) {
    if (left-- > 0) continue;
    if (columns === null && header) {
      columns = distinctNames(row.map((value) => (value === null ? '' : String(value))));
      continue;
    }
    columns = widened(columns ?? [], row.length);
    // A row of empty cells is what formatting leaves behind.
    if (row.some((value) => value !== null)) records.push(recordOf(columns, row));
    if (records.length < PORTION_ROWS) continue;
    yield { records };
    records = [];
  }
  if (records.length > 0) yield { records };
}

function recordOf(columns: readonly string[], row: readonly JsonValue[]): JsonObject {
  return Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null]));
}

function widened(columns: readonly string[], count: number): readonly string[] {
  if (columns.length >= count) return columns;
  return distinctNames([...columns, ...Array.from({ length: count - columns.length }, () => '')]);
}

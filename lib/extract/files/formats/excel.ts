import { stat } from 'node:fs/promises';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { fileError } from '../file-errors.ts';
import type { ExcelOptions } from '../file-options.ts';
import { inferSchema } from '../infer-schema.ts';
import { distinctNames } from './csv-head.ts';
import { type FileFormat, type OpenFile, PORTION_ROWS, type Portion, SAMPLE_ROWS } from './format.ts';
import { openWorkbook, type Sheet } from './workbook.ts';

/** A sheet of an Excel workbook (.xlsx); the first row names the columns. */
export function excelFormat(options: ExcelOptions): FileFormat {
  return {
    async schema(file) {
      const sample: JsonObject[] = [];
      let named: readonly string[] = [];
      const onHeader = (columns: readonly string[]) => {
        named = columns;
      };
      for await (const { records } of portions(file, options, onHeader)) {
        sample.push(...records);
        if (sample.length >= SAMPLE_ROWS) break;
      }
      return inferSchema(sample.slice(0, SAMPLE_ROWS).map(withoutFailures), named);
    },
    read: (file) => portions(file, options),
  };
}

/** What a formula that failed shows says nothing of its column's type. */
function withoutFailures(record: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, FAILURES.has(value as string) ? null : value]),
  );
}

const FAILURES = new Set([
  ...['#DIV/0!', '#N/A', '#NAME?', '#NULL!', '#NUM!', '#REF!', '#VALUE!', '#SPILL!', '#CALC!', '#FIELD!', '#BLOCKED!'],
  ...['#GETTING_DATA', '#CONNECT!', '#BUSY!', '#UNKNOWN!', '#EXTERNAL!'],
]);

async function* portions(
  file: OpenFile,
  { sheet, header = true, skip_rows: skip = 0 }: ExcelOptions,
  onHeader?: (columns: readonly string[]) => void,
): AsyncGenerator<Portion> {
  const workbook = await openWorkbook(file);
  const chosen = chosenSheet(file, workbook.sheets, sheet);
  let columns: readonly string[] | null = null;
  let records: JsonObject[] = [];
  const { size } = await stat(file.path);
  let told = 0;
  let formulas = 0;
  for await (const { number, values: row, unworked, reached } of workbook.rows(chosen)) {
    if (number <= skip) continue;
    formulas += unworked;
    // A row of empty cells is what formatting leaves behind.
    if (row.every((value) => value === null)) continue;
    if (columns === null && header) {
      columns = distinctNames(row.map((value) => (value === null ? '' : String(value))));
      onHeader?.(columns);
      continue;
    }
    columns = widened(columns ?? [], row.length);
    records.push(recordOf(columns, row));
    if (records.length < PORTION_ROWS) continue;
    yield { records, bytes: Math.round((reached - told) * size) };
    told = reached;
    records = [];
  }
  if (formulas > 0) yield { records, notice: unworkedNotice(file, formulas) };
  else if (records.length > 0) yield { records };
}

function unworkedNotice({ name }: OpenFile, formulas: number): string {
  const [what, them] =
    formulas === 1
      ? ['1 formula holds no value and was', 'it']
      : [`${formulas} formulas hold no value and were`, 'them'];
  return `${name}: ${what} read as null. Whoever wrote the file did not work ${them} out: open it in Excel and save it.`;
}

/** The one that is named, or the first that is shown. */
function chosenSheet({ name: file }: OpenFile, sheets: readonly Sheet[], name: string | number | undefined): Sheet {
  const shown = sheets.find(({ isHidden }) => !isHidden) ?? sheets[0];
  // A sheet may be called 2: who writes its name without quotes means it too.
  const named = sheets.find((sheet) => sheet.name === String(name)) ?? sheets[Number(name) - 1];
  const chosen = name === undefined ? shown : named;
  if (chosen) return chosen;
  const hint = `Sheets: ${sheets.map((sheet) => sheet.name).join(', ')}.`;
  const what = name === undefined ? 'there is no sheet with rows.' : `there is no sheet ${name}.`;
  throw fileError('config', 'no_records', { file }, what, hint);
}

function recordOf(columns: readonly string[], row: readonly JsonValue[]): JsonObject {
  return Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null]));
}

function widened(columns: readonly string[], count: number): readonly string[] {
  if (columns.length >= count) return columns;
  return distinctNames([...columns, ...Array.from({ length: count - columns.length }, () => '')]);
}

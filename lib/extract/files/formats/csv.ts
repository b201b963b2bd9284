import { stat } from 'node:fs/promises';
import type { DuckDBValue } from '@duckdb/node-api';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import type { JsonObject } from '#lib/json.ts';
import { type FileReader, identifier, literal, openFileReader } from '../duckdb.ts';
import { badRow, fileError } from '../file-errors.ts';
import type { CsvOptions } from '../file-options.ts';
import { inferSchema } from '../infer-schema.ts';
import { type TextType, textTypeOf, textTypes, textValue } from '../text-values.ts';
import { type CsvHead, readCsvHead } from './csv-head.ts';
import { type FileFormat, type OpenFile, type Portion, SAMPLE_ROWS } from './format.ts';
import { rowFields } from './row-fields.ts';

const MAX_LINE_BYTES = 16 * 1024 * 1024;
const SHOWN_REJECTS = 3;

/** CSV as RFC 4180 has it. DuckDB reads every field as text; types come from the schema, so that no digit is lost. */
export function csvFormat(options: CsvOptions): FileFormat {
  return {
    async schema(file) {
      const head = await readCsvHead(file, options);
      if (!head) return inferSchema([]);
      const sample: DuckDBValue[][] = [];
      await withReader(file, async (reader) => {
        for await (const rows of reader.rows(`${select(file, options, head)} limit ${SAMPLE_ROWS}`))
          sample.push(...rows);
      });
      const types = head.columns.map((_, at) => textTypeOf(sample.map((row) => row[at] as string | null)));
      return inferSchema(sample.map((row) => toRecord(row, head.columns, types)));
    },
    async *read(file, schema) {
      const head = await readCsvHead(file, options);
      if (!head) return;
      const types = textTypes(schema, head.columns);
      const reader = await openFileReader(file.path);
      try {
        for await (const rows of reader.rows(select(file, options, head)))
          yield { records: rows.map((row) => toRecord(row, head.columns, types)) };
        if (options.bad_rows === 'skip') yield* rejects(reader, file);
      } catch (error) {
        throw csvError(error, file);
      } finally {
        reader.close();
      }
    },
    straight: (file, schema) => straightCsv(file, options, schema),
  };
}

const ONE_CHARACTER = /^[ -~\t]$/;

/** What every reader takes for the same: UTF-8, one character each for delimiter and quote, and only the empty field for null. */
async function straightCsv(file: OpenFile, options: CsvOptions, schema: JsonObject): Promise<DelimitedFile | null> {
  const { quote = '"', escape: escapeSign = quote, encoding = 'utf-8', null_values: nullWords = [''] } = options;
  if (encoding !== 'utf-8' || escapeSign !== quote || nullWords.join('|') !== '') return null;
  const head = await readCsvHead(file, options);
  if (!head || !ONE_CHARACTER.test(head.delimiter) || !ONE_CHARACTER.test(quote) || head.delimiter === quote)
    return null;
  const types = textTypes(schema, head.columns);
  return {
    path: file.path,
    bytes: (await stat(file.path)).size,
    ...{ start: head.start, hasHeader: options.header ?? true, delimiter: head.delimiter, quote },
    columns: head.columns.map((field, at) => ({ field, type: types[at] ?? 'string' })),
    record: (row) => toRecord(rowFields(row.toString('utf8'), head.delimiter, quote), head.columns, types),
  };
}

async function withReader(file: OpenFile, use: (reader: FileReader) => Promise<void>): Promise<void> {
  const reader = await openFileReader(file.path);
  try {
    await use(reader);
  } catch (error) {
    throw csvError(error, file);
  } finally {
    reader.close();
  }
}

/** The whole dialect is said, so that DuckDB guesses nothing. */
function select(file: OpenFile, options: CsvOptions, { columns, delimiter }: CsvHead): string {
  const { quote = '"', escape: escapeSign = quote, header = true, encoding = 'utf-8', null_values = [''] } = options;
  const types = columns.map((column) => `${identifier(column)}: 'VARCHAR'`).join(', ');
  const settings = [
    'auto_detect = false',
    `header = ${header}`,
    `delim = ${literal(delimiter)}`,
    `quote = ${literal(quote)}`,
    `escape = ${literal(escapeSign)}`,
    `encoding = ${literal(encoding)}`,
    `nullstr = [${null_values.map(literal).join(', ')}]`,
    'allow_quoted_nulls = false',
    'strict_mode = true',
    `max_line_size = ${MAX_LINE_BYTES}`,
    `buffer_size = ${2 * MAX_LINE_BYTES}`,
    ...(options.bad_rows === 'skip' ? ['store_rejects = true', 'rejects_limit = 0'] : []),
    `columns = {${types}}`,
  ];
  return `select * from read_csv(${literal(file.path)}, ${settings.join(', ')})`;
}

function toRecord(row: DuckDBValue[], columns: readonly string[], types: readonly (TextType | null)[]): JsonObject {
  return Object.fromEntries(
    columns.map((column, at) => {
      const text = row[at] as string | null;
      return [column, text === null ? null : textValue(text, types[at] ?? 'string')];
    }),
  );
}

async function* rejects(reader: FileReader, { name }: OpenFile): AsyncGenerator<Portion> {
  const [[count = 0n] = []] = await reader.all('select count(distinct line) from reject_errors');
  if (Number(count) === 0) return;
  const first = await reader.all(
    `select line, any_value(error_message) from reject_errors group by line order by line limit ${SHOWN_REJECTS}`,
  );
  const lines = first.map(([line, message]) => `line ${line}: ${message}`).join('; ');
  const notice = `${name}: ${count} rows don't fit and were left out (${lines}${Number(count) > first.length ? '; …' : ''}).`;
  yield { records: [], skipped: Number(count), notice };
}

function csvError(error: unknown, { name, path }: OpenFile): Error {
  if (!(error instanceof Error) || error.name === 'WeirError') return error as Error;
  const [, line, raw = '', why = ''] =
    /CSV Error on Line: (\d+)\nOriginal Line: ([\s\S]*?)\n\s*([^\n]+)\n/.exec(error.message) ?? [];
  if (line !== undefined) {
    const hint = 'Mend the row, check delimiter and quote, or set bad_rows: skip to leave such rows out.';
    return badRow(name, Number(line), raw, `does not fit: ${why.trim().replace(/\.$/, '')}`, hint);
  }
  const first = (error.message.split('\n')[0] ?? '').replaceAll(path, name);
  const hint = 'Check delimiter, quote and encoding.';
  return fileError('config', 'file_broken', { file: name }, `can't be read as CSV: ${first}`, hint, error);
}

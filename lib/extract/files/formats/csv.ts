import { open, stat } from 'node:fs/promises';
import type { DuckDBValue } from '@duckdb/node-api';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import type { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { identifier, literal } from '#lib/sql-text.ts';
import { detectDateFormat, schemaOfDates } from '../date-formats.ts';
import { type FileReader, openFileReader } from '../duckdb.ts';
import { badRow, fileChanged, fileError } from '../file-errors.ts';
import type { CsvOptions } from '../file-options.ts';
import { inferSchema } from '../infer-schema.ts';
import { hasKnown, otherColumns } from '../known-columns.ts';
import { detectNullWords } from '../null-words.ts';
import { columnValue, type TextColumn, textColumns, textTypeOf } from '../text-values.ts';
import { settleDialect } from './csv-detect.ts';
import { type CsvHead, readCsvHead } from './csv-head.ts';
import { type CsvDialect, type OpenDialect, readCsvDialect } from './csv-options.ts';
import { type FileFormat, type OpenFile, type Portion, SAMPLE_ROWS } from './format.ts';
import { lastRowEnd, withOneLineEnd } from './line-ends.ts';
import { rowFields } from './row-fields.ts';
import { asUtf8, firstLineNotUtf8, hasPlainLineEnds } from './utf8.ts';

const MAX_LINE_BYTES = 16 * 1024 * 1024;
const SHOWN_REJECTS = 3;
const SHOWN_COLUMNS = 20;
const LF = 10;
const CR = 13;

/** CSV as RFC 4180 has it. DuckDB reads every field as text; types come from the schema, so that no digit is lost. */
export function csvFormat(options: CsvOptions): FileFormat {
  const open = readCsvDialect(options);
  return {
    async schema(given) {
      const text = await asUtf8(given, open.encoding);
      const dialect = await settleDialect(text, open, null);
      const head = await readCsvHead(text, dialect);
      if (!head) return inferSchema([]);
      const file = await withOneLineEnd(text, { ...dialect, delimiter: head.delimiter });
      for (const column of Object.keys(dialect.dateFormats))
        if (!head.columns.includes(column)) throw noSuchColumn(file.name, column, head.columns);
      const sample: DuckDBValue[][] = [];
      await withReader(file, async (reader) => {
        for await (const rows of reader.rows(`${select(file, dialect, head)} limit ${SAMPLE_ROWS}`))
          sample.push(...rows);
      });
      return sampleSchema(sample, head, dialect);
    },
    async *read(given, schema) {
      const text = await asUtf8(given, open.encoding);
      const dialect = await settleDialect(text, open, schema);
      const head = await readCsvHead(text, dialect);
      if (!head) return;
      if (!hasKnown(head.columns, schema)) throw otherColumns(text.name, head.columns, schema);
      const file = await withOneLineEnd(text, { ...dialect, delimiter: head.delimiter });
      await refuseLongEnd(file);
      const columns = withWords(textColumns(schema, head.columns), dialect);
      const reader = await openFileReader(file.path);
      try {
        for await (const rows of reader.rows(select(file, dialect, head)))
          yield { records: rows.map((row) => toRecord(row, head.columns, columns)), bytes: textBytes(rows) };
        if (dialect.skipsBadRows) yield* rejects(reader, file);
      } catch (error) {
        throw await csvError(error, file);
      } finally {
        reader.close();
      }
    },
    async wholeRowsEnd(file) {
      if (!(await hasPlainLineEnds(file, open.encoding))) throw fileChanged(file.name);
      const dialect = await settleDialect(file, open, null);
      const head = await readCsvHead(file, dialect);
      return head ? lastRowEnd(file.path, { ...dialect, delimiter: head.delimiter }) : 0;
    },
    straight: (file, schema) => straightCsv(file, open, schema),
  };
}

/** Types by what the texts look like; dates by the format that was given for their column, or by the only one that fits. */
function sampleSchema(sample: readonly DuckDBValue[][], head: CsvHead, dialect: CsvDialect): JsonObject {
  const formats = new Map<string, string>();
  const nullWords = new Map<string, string[]>();
  const types = head.columns.map((column, at) => {
    const all = sample.flatMap((row) => (row[at] === null ? [] : [String(row[at])]));
    const found = dialect.findsNullWords ? detectNullWords(all) : [];
    if (found.length > 0) nullWords.set(column, found);
    const texts = all.filter((text) => !found.includes(text));
    const format = dialect.dateFormats[column] ?? detectDateFormat(texts);
    if (format) formats.set(column, format);
    return textTypeOf(texts.map((text) => worded(text, dialect)));
  });
  const columns = types.map((type, at) => ({
    ...{ type: type ?? ('string' as const), dateFormat: null },
    nullWords: nullWords.get(head.columns[at] ?? '') ?? [],
  }));
  const records = sample.map((row) => toRecord(row, head.columns, withWords(columns, dialect)));
  const schema = inferSchema(records, head.columns);
  const properties = isJsonObject(schema.properties) ? { ...schema.properties } : {};
  for (const [column, format] of formats) properties[column] = { type: ['null', 'string'], ...schemaOfDates(format) };
  for (const [column, found] of nullWords)
    properties[column] = { ...(properties[column] as JsonObject), weir_null_words: found };
  return { ...schema, properties };
}

interface WordedColumn extends TextColumn {
  readonly words: Pick<CsvDialect, 'trueWords' | 'falseWords'> | null;
}

function withWords(columns: readonly TextColumn[], dialect: CsvDialect): WordedColumn[] {
  const has = dialect.trueWords.length + dialect.falseWords.length > 0;
  return columns.map((column) => ({ ...column, words: has && column.type === 'boolean' ? dialect : null }));
}

/** The words of the options for true and false. */
function worded(text: string, { trueWords, falseWords }: Pick<CsvDialect, 'trueWords' | 'falseWords'>): string {
  if (trueWords.includes(text)) return 'true';
  return falseWords.includes(text) ? 'false' : text;
}

const ONE_CHARACTER = /^[ -~\t]$/;

/** What every reader takes for the same: UTF-8, one character each for delimiter and quote, and only the empty field for null. */
async function straightCsv(given: OpenFile, open: OpenDialect, schema: JsonObject): Promise<DelimitedFile | null> {
  const words = open.nullWords.length + open.trueWords.length + open.falseWords.length;
  if (words > 1 || open.skipRows > 0) return null;
  const file = await asUtf8(given, open.encoding);
  const dialect = await settleDialect(file, open, schema);
  const { quote, escape: escapeSign, header } = dialect;
  if (escapeSign !== quote) return null;
  const head = await readCsvHead(file, dialect);
  if (
    !head ||
    !hasKnown(head.columns, schema) ||
    !ONE_CHARACTER.test(head.delimiter) ||
    !ONE_CHARACTER.test(quote) ||
    head.delimiter === quote
  )
    return null;
  const columns = withWords(textColumns(schema, head.columns), dialect);
  // Among texts, nobody would look at a word that stands for null.
  const isRewritten = ({ dateFormat, nullWords, type }: TextColumn) =>
    dateFormat !== null || (type === 'string' && nullWords.length > 0);
  if (columns.some(isRewritten)) return null;
  return {
    path: file.path,
    bytes: (await stat(file.path)).size,
    ...{ start: head.start, hasHeader: header, delimiter: head.delimiter, quote },
    columns: head.columns.map((field, at) => ({ field, type: columns[at]?.type ?? 'string' })),
    record: (row) => toRecord(rowFields(row.toString('utf8'), head.delimiter, quote), head.columns, columns),
  };
}

async function withReader(file: OpenFile, use: (reader: FileReader) => Promise<void>): Promise<void> {
  const reader = await openFileReader(file.path);
  try {
    await use(reader);
  } catch (error) {
    throw await csvError(error, file);
  } finally {
    reader.close();
  }
}

/** DuckDB refuses a line beyond the limit, except the last one of a file: that it leaves out without a word. */
async function refuseLongEnd({ name, path }: OpenFile): Promise<void> {
  await using handle = await open(path);
  const { size } = await handle.stat();
  if (size <= MAX_LINE_BYTES) return;
  const { buffer } = await handle.read(Buffer.alloc(MAX_LINE_BYTES), 0, MAX_LINE_BYTES, size - MAX_LINE_BYTES);
  const inner = buffer.subarray(0, -2);
  if (inner.includes(LF) || inner.includes(CR)) return;
  const hint = 'Split the file’s values, or leave the column out at the source.';
  const what = `its last line has more than ${MAX_LINE_BYTES / 1024 ** 2} MB.`;
  throw fileError('config', 'line_too_long', { file: name }, what, hint);
}

/** The whole dialect is said, so that DuckDB guesses nothing. */
function select(file: OpenFile, dialect: CsvDialect, { columns, delimiter }: CsvHead): string {
  const types = columns.map((column) => `${identifier(column)}: 'VARCHAR'`).join(', ');
  const settings = [
    'auto_detect = false',
    `header = ${dialect.header}`,
    `delim = ${literal(delimiter)}`,
    `quote = ${literal(dialect.quote)}`,
    `escape = ${literal(dialect.escape)}`,
    `nullstr = [${dialect.nullWords.map(literal).join(', ')}]`,
    'allow_quoted_nulls = false',
    'strict_mode = true',
    `skip = ${Math.trunc(dialect.skipRows)}`,
    `max_line_size = ${MAX_LINE_BYTES}`,
    `buffer_size = ${2 * MAX_LINE_BYTES}`,
    ...(dialect.skipsBadRows ? ['store_rejects = true', 'rejects_limit = 0'] : []),
    `columns = {${types}}`,
  ];
  return `select * from read_csv(${literal(file.path)}, ${settings.join(', ')})`;
}

/** Fields and what stands between them. */
function textBytes(rows: DuckDBValue[][]): number {
  let bytes = 0;
  for (const row of rows) for (const text of row) bytes += text === null ? 1 : (text as string).length + 1;
  return bytes;
}

function toRecord(row: DuckDBValue[], names: readonly string[], columns: readonly WordedColumn[]): JsonObject {
  return Object.fromEntries(
    names.map((name, at) => {
      const text = row[at] as string | null;
      const column = columns[at];
      if (text === null || column === undefined) return [name, text];
      return [name, columnValue(column.words ? worded(text, column.words) : text, column)];
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

function notUtf8(file: string, line: number): WeirError {
  const hint = 'Say its encoding, such as encoding: windows-1252; only its beginning was looked at.';
  return fileError('config', 'bad_encoding', { file, line }, `line ${line} has bytes that are no UTF-8.`, hint);
}

function noSuchColumn(file: string, column: string, columns: readonly string[]): WeirError {
  const hint = `Columns: ${columns.slice(0, SHOWN_COLUMNS).join(', ')}${columns.length > SHOWN_COLUMNS ? ' …' : ''}.`;
  return fileError('config', 'bad_options', { file }, `has no column ${column}, of which date_formats speaks.`, hint);
}

async function csvError(error: unknown, { name, path }: OpenFile): Promise<Error> {
  if (!(error instanceof Error) || error.name === 'WeirError') return error as Error;
  const badLine = await firstLineNotUtf8(path);
  if (badLine !== null) return notUtf8(name, badLine);
  const [, line, raw = '', why = ''] =
    /CSV Error on Line: (\d+)\nOriginal Line: ([\s\S]*?)\n\s*([^\n]+)\n+(?=\s*Possible)/.exec(error.message) ?? [];
  if (line !== undefined) {
    const hint = 'Mend the row, check delimiter and quote, or set bad_rows: skip to leave such rows out.';
    return badRow(name, Number(line), raw, `does not fit: ${why.trim().replace(/\.$/, '')}`, hint);
  }
  const first = (error.message.split('\n')[0] ?? '').replaceAll(path, name);
  const hint = 'Check delimiter, quote and encoding.';
  return fileError('config', 'file_broken', { file: name }, `can't be read as CSV: ${first}`, hint, error);
}

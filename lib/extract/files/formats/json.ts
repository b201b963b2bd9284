import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { fileError } from '../file-errors.ts';
import type { JsonOptions } from '../file-options.ts';
import { inferSchema } from '../infer-schema.ts';
import { type FileFormat, type OpenFile, PORTION_ROWS, type Portion, SAMPLE_ROWS } from './format.ts';
import { refuseUtf16 } from './refuse-utf16.ts';
import { ScanError, scanRecords } from './scan-records.ts';

/** What is larger is read record by record: parsed as a whole it would take many times as much memory. */
const WHOLE_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;
const PORTION_BYTES = 4 * 1024 * 1024;

/** One JSON document that holds a list of records, or is one. */
export function jsonFormat({ record_path = [] }: JsonOptions): FileFormat {
  return {
    async schema(file) {
      const sample: JsonObject[] = [];
      for await (const { records } of portions(file, record_path)) {
        sample.push(...records);
        if (sample.length >= SAMPLE_ROWS) break;
      }
      return inferSchema(sample.slice(0, SAMPLE_ROWS));
    },
    read: (file) => portions(file, record_path),
  };
}

async function* portions(file: OpenFile, path: readonly string[]): AsyncGenerator<Portion> {
  await refuseUtf16(file);
  const { size } = await stat(file.path);
  if (size > WHOLE_BYTES) return yield* scannedPortions(file, path);
  const all = await records(file, path);
  for (let at = 0; at < all.length; at += PORTION_ROWS) {
    const portion = all.slice(at, at + PORTION_ROWS);
    yield { records: portion, bytes: Math.round((size * portion.length) / all.length) };
  }
}

async function* scannedPortions(file: OpenFile, path: readonly string[]): AsyncGenerator<Portion> {
  const pieces = createReadStream(file.path, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Buffer>;
  let records: JsonObject[] = [];
  let bytes = 0;
  let row = 0;
  try {
    for await (const text of scanRecords(pieces, path)) {
      row += 1;
      records.push(parseRecord(file, text, row));
      bytes += text.length + 1;
      if (records.length < PORTION_ROWS && bytes < PORTION_BYTES) continue;
      yield { records, bytes };
      records = [];
      bytes = 0;
    }
  } catch (error) {
    throw error instanceof ScanError ? scanFailure(error, file, path, row) : error;
  }
  if (records.length > 0) yield { records, bytes };
}

function parseRecord({ name }: OpenFile, text: Buffer, row: number): JsonObject {
  if (!isUtf8(text)) throw notUtf8(name, row);
  try {
    return parseJson(text.toString('utf8')) as JsonObject;
  } catch (error) {
    const message = `item ${row} is not valid JSON (${(error as Error).message}).`;
    throw fileError('config', 'file_broken', { file: name, row }, message, 'Check that the format is right.', error);
  }
}

function scanFailure(error: ScanError, { name }: OpenFile, path: readonly string[], before: number): WeirError {
  const { code, message } = error;
  const hint = code === 'file_broken' ? 'Check that the format is right.' : 'Check record_path against the file.';
  const row = code === 'bad_row' ? { row: before + 1 } : {};
  const place = code === 'file_broken' ? '' : ` ${placeOf(path)}`;
  return fileError('config', code, { file: name, ...row }, `${message}${place}.`, hint, error);
}

const placeOf = (path: readonly string[]) => (path.length > 0 ? `at ${path.join('.')}` : 'at its top');

async function records(file: OpenFile, recordPath: readonly string[]): Promise<JsonObject[]> {
  const { name } = file;
  const place = placeOf(recordPath);
  let value: JsonValue | undefined = await parse(file);
  for (const step of recordPath) value = isJsonObject(value as JsonValue) ? (value as JsonObject)[step] : undefined;
  if (value === undefined) {
    const hint = 'Check record_path against the file.';
    throw fileError('config', 'no_records', { file: name }, `there is nothing ${place}.`, hint);
  }
  const list = Array.isArray(value) ? value : [value];
  const wrong = list.findIndex((item) => !isJsonObject(item));
  if (wrong < 0) return list as JsonObject[];
  const message = `item ${wrong + 1} ${place} is no JSON object.`;
  throw fileError('config', 'bad_row', { file: name, row: wrong + 1 }, message, 'Check record_path against the file.');
}

async function parse({ name, path }: OpenFile): Promise<JsonValue> {
  const bytes = await readFile(path);
  if (!isUtf8(bytes)) throw notUtf8(name);
  try {
    return parseJson(new TextDecoder().decode(bytes));
  } catch (error) {
    const message = `is not valid JSON (${(error as Error).message}).`;
    throw fileError('config', 'file_broken', { file: name }, message, 'Check that the format is right.', error);
  }
}

function notUtf8(file: string, row?: number): WeirError {
  const message = `has bytes that are no UTF-8${row === undefined ? '' : ` in item ${row}`}.`;
  return fileError('config', 'bad_encoding', { file, ...(row && { row }) }, message, 'Have it written as UTF-8.');
}

import { open } from 'node:fs/promises';
import { isJsonObject, type JsonObject, parseJson } from '#lib/json.ts';
import { badRow, fileError } from '../file-errors.ts';
import { inferSchema } from '../infer-schema.ts';
import { type FileFormat, type OpenFile, PORTION_ROWS, SAMPLE_ROWS } from './format.ts';

const MAX_LINE_BYTES = 64 * 1024 * 1024;
const PORTION_CHARACTERS = 4 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const LF = 10;

/** One JSON object per line. Parsed here and not by DuckDB, which would round long numbers and loses line numbers. */
export function jsonLinesFormat(): FileFormat {
  return {
    async schema(file) {
      const sample: JsonObject[] = [];
      for await (const { records } of portions(file)) {
        sample.push(...records);
        if (sample.length >= SAMPLE_ROWS) break;
      }
      return inferSchema(sample.slice(0, SAMPLE_ROWS));
    },
    read: (file) => portions(file),
    growsByRows: true,
  };
}

async function* portions(file: OpenFile): AsyncGenerator<{ records: JsonObject[]; bytes: number }> {
  let records: JsonObject[] = [];
  let characters = 0;
  let number = 0;
  for await (const line of lines(file)) {
    number += 1;
    if (line.trim() === '') continue;
    try {
      records.push(parseLine(file, line, number));
    } catch (error) {
      // What came before is whole: it is kept, and read again with the mended file.
      if (records.length > 0) yield { records, bytes: characters };
      throw error;
    }
    characters += line.length + 1;
    if (records.length < PORTION_ROWS && characters < PORTION_CHARACTERS) continue;
    yield { records, bytes: characters };
    records = [];
    characters = 0;
  }
  if (records.length > 0) yield { records, bytes: characters };
}

function parseLine({ name }: OpenFile, line: string, number: number): JsonObject {
  const hint = 'Every line takes one JSON object. If it is the last line, the file may not be complete yet.';
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (error) {
    throw badRow(name, number, line, `is not valid JSON (${(error as Error).message})`, hint);
  }
  if (isJsonObject(value as JsonObject)) return value as JsonObject;
  throw badRow(name, number, line, 'is no JSON object', hint);
}

/** Whole lines are decoded; the bytes of one that is not at its end are kept, and put together once. */
async function* lines(file: OpenFile): AsyncGenerator<string> {
  await using handle = await open(file.path);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let pieces: Buffer[] = [];
  let kept = 0;
  let number = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES);
    if (bytesRead === 0) break;
    const bytes = buffer.subarray(0, bytesRead);
    const end = bytes.lastIndexOf(LF);
    if (end >= 0) {
      const found = decode(file, number, [...pieces, bytes.subarray(0, end)]).split('\n');
      number += found.length;
      yield* found;
      pieces = [];
      kept = 0;
    }
    const rest = Buffer.from(bytes.subarray(end + 1));
    pieces.push(rest);
    kept += rest.length;
    if (kept > MAX_LINE_BYTES) throw lineTooLong(file.name, number + 1);
  }
  yield decode(file, number, pieces);
}

/** `line` lines come before these bytes; a mark of the byte order may stand before all of them only. */
function decode({ name }: OpenFile, line: number, pieces: readonly Buffer[]): string {
  const [only = Buffer.alloc(0)] = pieces;
  const bytes = pieces.length > 1 ? Buffer.concat(pieces) : only;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: line > 0 }).decode(bytes);
  } catch (error) {
    const message = `has bytes after line ${line} that are no UTF-8.`;
    throw fileError('config', 'bad_encoding', { file: name, line }, message, 'Have it written as UTF-8.', error);
  }
}

function lineTooLong(file: string, line: number) {
  const message = `line ${line} is longer than ${MAX_LINE_BYTES / 1024 / 1024} MB.`;
  return fileError('config', 'line_too_long', { file, line }, message, 'Check that the format is right.');
}

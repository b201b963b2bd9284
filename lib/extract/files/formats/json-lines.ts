import { open } from 'node:fs/promises';
import { isJsonObject, type JsonObject, parseJson } from '#lib/json.ts';
import { badRow, fileError, isBadRow } from '../file-errors.ts';
import type { JsonLinesOptions } from '../file-options.ts';
import { inferSchema } from '../infer-schema.ts';
import { type FileFormat, type OpenFile, PORTION_ROWS, type Portion, SAMPLE_ROWS } from './format.ts';
import { refuseUtf16 } from './refuse-utf16.ts';

const MAX_LINE_BYTES = 64 * 1024 * 1024;
const PORTION_CHARACTERS = 4 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const LF = 10;
/** Of lines that are left out. */
const SHOWN_LINES = 5;
const SHOWN_CHARACTERS = 200;

/** One JSON object per line. Parsed here and not by DuckDB, which would round long numbers and loses line numbers. */
export function jsonLinesFormat({ bad_rows }: JsonLinesOptions): FileFormat {
  const skips = bad_rows === 'skip';
  return {
    async schema(file) {
      const sample: JsonObject[] = [];
      for await (const { records } of portions(file, skips)) {
        sample.push(...records);
        if (sample.length >= SAMPLE_ROWS) break;
      }
      return inferSchema(sample.slice(0, SAMPLE_ROWS));
    },
    read: (file) => portions(file, skips),
    growsByRows: true,
    wholeRowsEnd: lastLineEnd,
  };
}

/** @param skips whether broken lines are left out, and told at the end */
async function* portions(file: OpenFile, skips: boolean): AsyncGenerator<Portion> {
  await refuseUtf16(file);
  let records: JsonObject[] = [];
  let characters = 0;
  let number = 0;
  const left = leftOut(file);
  for await (const line of lines(file)) {
    number += 1;
    if (line.trim() === '') continue;
    try {
      records.push(parseLine(file, line, number));
    } catch (error) {
      if (skips && isBadRow(error)) {
        left.add(number, line);
        continue;
      }
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
  yield* left.told();
}

/** Counts what does not fit, and keeps the first of it to show. */
function leftOut({ name }: OpenFile) {
  const first: string[] = [];
  let count = 0;
  return {
    add(number: number, line: string) {
      count += 1;
      const shown = line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line.trim();
      if (first.length < SHOWN_LINES) first.push(`line ${number}: ${shown}`);
    },
    *told(): Generator<Portion> {
      if (count === 0) return;
      const lines = `${first.join('; ')}${count > first.length ? '; …' : ''}`;
      const rows = count === 1 ? "1 row doesn't fit and was" : `${count} rows don't fit and were`;
      yield { records: [], skipped: count, notice: `${name}: ${rows} left out (${lines}).` };
    },
  };
}

function parseLine({ name }: OpenFile, line: string, number: number): JsonObject {
  const hint =
    'Every line takes one JSON object. If it is the last line, the file may not be complete yet; bad_rows: skip leaves such lines out.';
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
  const { size } = await handle.stat();
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(CHUNK_BYTES, size)));
  let pieces: Buffer[] = [];
  let kept = 0;
  let number = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
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

async function lastLineEnd({ path }: OpenFile): Promise<number> {
  await using handle = await open(path);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let end = (await handle.stat()).size; end > 0; end -= CHUNK_BYTES) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(LF);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}

function lineTooLong(file: string, line: number) {
  const message = `line ${line} is longer than ${MAX_LINE_BYTES / 1024 / 1024} MB.`;
  return fileError('config', 'line_too_long', { file, line }, message, 'Check that the format is right.');
}

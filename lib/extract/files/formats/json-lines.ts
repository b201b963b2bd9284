import { createReadStream } from 'node:fs';
import { isJsonObject, type JsonObject, parseJson } from '#lib/json.ts';
import { badRow, fileError } from '../file-errors.ts';
import { inferSchema } from '../infer-schema.ts';
import { type FileFormat, type OpenFile, PORTION_ROWS, SAMPLE_ROWS } from './format.ts';

const MAX_LINE_CHARACTERS = 64 * 1024 * 1024;
const PORTION_CHARACTERS = 4 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

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

/** The pieces of a long line are put together once, when its end has come. */
async function* lines({ name, path }: OpenFile): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let pieces: string[] = [];
  let characters = 0;
  let number = 0;
  for await (const bytes of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    const [first = '', ...others] = decode(decoder, name, number, bytes as Buffer).split('\n');
    pieces.push(first);
    characters += first.length;
    if (characters > MAX_LINE_CHARACTERS) throw lineTooLong(name, number + 1);
    const rest = others.pop();
    if (rest === undefined) continue;
    number += 1 + others.length;
    yield pieces.join('');
    yield* others;
    pieces = [rest];
    characters = rest.length;
  }
  yield pieces.join('') + decode(decoder, name, number);
}

function decode(decoder: TextDecoder, file: string, line: number, bytes?: Buffer): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
  } catch (error) {
    const message = `has bytes after line ${line} that are no UTF-8.`;
    throw fileError('config', 'bad_encoding', { file, line }, message, 'Have it written as UTF-8.', error);
  }
}

function lineTooLong(file: string, line: number) {
  const message = `line ${line} is longer than ${MAX_LINE_CHARACTERS / 1024 / 1024} Mi characters.`;
  return fileError('config', 'line_too_long', { file, line }, message, 'Check that the format is right.');
}

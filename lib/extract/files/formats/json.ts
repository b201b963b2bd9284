import { readFile, stat } from 'node:fs/promises';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { fileError } from '../file-errors.ts';
import type { JsonOptions } from '../file-options.ts';
import { inferSchema } from '../infer-schema.ts';
import { type FileFormat, type OpenFile, PORTION_ROWS, SAMPLE_ROWS } from './format.ts';

const MAX_BYTES = 128 * 1024 * 1024;

/** One JSON document that holds a list of records, or is one. */
export function jsonFormat({ record_path = [] }: JsonOptions): FileFormat {
  return {
    schema: async (file) => inferSchema((await records(file, record_path)).slice(0, SAMPLE_ROWS)),
    async *read(file) {
      const all = await records(file, record_path);
      for (let at = 0; at < all.length; at += PORTION_ROWS) yield { records: all.slice(at, at + PORTION_ROWS) };
    },
  };
}

async function records(file: OpenFile, recordPath: readonly string[]): Promise<JsonObject[]> {
  const { name } = file;
  const place = recordPath.length > 0 ? `at ${recordPath.join('.')}` : 'at its top';
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
  if ((await stat(path)).size > MAX_BYTES) {
    const message = `is larger than ${MAX_BYTES / 1024 / 1024} MiB, too much for one JSON document.`;
    throw fileError('config', 'file_too_large', { file: name }, message, 'Have it written as JSON lines.');
  }
  const text = await readFile(path, 'utf8');
  try {
    return parseJson(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    const message = `is not valid JSON (${(error as Error).message}).`;
    throw fileError('config', 'file_broken', { file: name }, message, 'Check that the format is right.', error);
  }
}

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DelimitedFile, TextType } from '#lib/delimited-file.ts';
import { type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { csvRecords } from './csv-records.ts';

/** What files have, and what the texts of each column are taken for. */
const COLUMNS: readonly { readonly field: string; readonly type: TextType }[] = [
  { field: 'id', type: 'integer' },
  { field: 'part', type: 'string' },
  { field: 'at', type: 'string' },
  { field: 'score', type: 'integer' },
  { field: 'a', type: 'string' },
  { field: 'A', type: 'integer' },
];
const HEADER = `${COLUMNS.map(({ field }) => field).join(',')}\n`;
const WHOLE_NUMBER = /^-?(?:0|[1-9]\d*)$/;

/** Where the files of a table lie, whichever process reads them. */
function folderOf(table: string): string {
  return path.join(os.tmpdir(), `weir-soak-files-${table}`);
}

/** Records as a file; each comes out of it as it went in. */
export function csvFile(
  records: readonly JsonObject[],
  { table, number }: { table: string; number: number },
): DelimitedFile {
  const folder = folderOf(table);
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${number}.csv`);
  const rows = records.map((record) => COLUMNS.map(({ field }) => cellOf(record[field] ?? null)).join(','));
  const text = [HEADER, ...rows.map((row) => `${row}\n`)].join('');
  writeFileSync(file, text);
  return {
    ...{ path: file, bytes: Buffer.byteLength(text), start: HEADER.length, hasHeader: true, columns: COLUMNS },
    ...{ delimiter: ',', quote: '"', record: recordOf },
  };
}

export function removeFiles(table: string): void {
  rmSync(folderOf(table), { recursive: true, force: true });
}

function cellOf(value: JsonValue): string {
  if (value === null) return '';
  const text = String(value);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function recordOf(row: Buffer): JsonObject {
  const [cells = []] = csvRecords(`${row.toString('utf8')}\n`);
  return Object.fromEntries(
    COLUMNS.map(({ field, type }, index) => {
      const text = cells[index] ?? null;
      return [field, text !== null && type === 'integer' && WHOLE_NUMBER.test(text) ? parseJson(text) : text];
    }),
  );
}

import type { FormatOptions } from '../file-options.ts';
import { csvFormat } from './csv.ts';
import { excelFormat } from './excel.ts';
import type { FileFormat } from './format.ts';
import { jsonFormat } from './json.ts';
import { jsonLinesFormat } from './json-lines.ts';
import { parquetFormat } from './parquet.ts';

const FORMATS: {
  [Type in FormatOptions['type']]: (options: FormatOptions & { readonly type: Type }) => FileFormat;
} = {
  csv: csvFormat,
  tsv: csvFormat,
  excel: excelFormat,
  json: jsonFormat,
  jsonl: jsonLinesFormat,
  parquet: parquetFormat,
};

export function openFormat(options: FormatOptions): FileFormat {
  const open = FORMATS[options.type] as (options: FormatOptions) => FileFormat;
  return open(options);
}

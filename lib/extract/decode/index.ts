import { csvDecoder } from './csv.ts';
import { gzipDecoder } from './gzip.ts';
import { iterableDecoder } from './iterable.ts';
import { jsonDecoder } from './json.ts';
import { jsonItemsDecoder } from './json-items.ts';
import { jsonlDecoder } from './jsonl.ts';
import { xmlDecoder } from './xml.ts';
import { zipfileDecoder } from './zipfile.ts';

export const decoderKinds = [
  jsonDecoder,
  jsonItemsDecoder,
  jsonlDecoder,
  iterableDecoder,
  csvDecoder,
  xmlDecoder,
  gzipDecoder,
  zipfileDecoder,
];

import { unzipSync } from 'node:zlib';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import { parseCsv } from '../decode/csv-rows.ts';
import { textOf } from '../decode/text.ts';
import type { Extractor } from '../families.ts';

/** Beyond this, what is packed is taken for a bomb. */
const MOST_UNPACKED = 512 * 1024 * 1024;
/** Texts that pandas reads as nothing, and so the CDK. */
const NOTHING = [
  ...['', '#N/A', '#N/A N/A', '#NA', '-1.#IND', '-1.#QNAN', '-NaN', '-nan', '1.#IND', '1.#QNAN', '<NA>'],
  ...['N/A', 'NA', 'NULL', 'NaN', 'None', 'n/a', 'nan', 'null'],
];

export const responseToFileExtractor = defineKind<Extractor>({
  name: 'ResponseToFileExtractor',
  family: 'extractor',
  docs: 'Reads a download as CSV, packed or not; what stands for nothing there, such as NA, is null.',
  example: 'type: ResponseToFileExtractor\n',
  fields: { preserve_na_values: { docs: 'Keep texts such as NA; only empty ones are null.', types: ['boolean'] } },
  create(extractor) {
    const nothing = new Set(extractor.preserve_na_values === true ? [''] : NOTHING);
    const toValue = (value: string | null): JsonValue => (value === null || nothing.has(value) ? null : value);
    return {
      path: '',
      extract: (row) => [row],
      decoder: {
        decode: ({ raw }, place): JsonObject[] =>
          parseCsv(textOf(unpacked(raw)).replaceAll('\0', ''), ',', place, toValue),
      },
    };
  },
});

/** Whether it is packed shows in its first bytes; what only looks so is taken as it is. */
function unpacked(raw: Uint8Array): Uint8Array {
  const [first, second = 0] = raw;
  const isPacked = (first === 0x1f && second === 0x8b) || (first === 0x78 && ((first << 8) | second) % 31 === 0);
  if (!isPacked) return raw;
  try {
    return unzipSync(raw, { maxOutputLength: MOST_UNPACKED });
  } catch (error) {
    if (first === 0x78 && (error as { code?: string }).code === 'Z_DATA_ERROR') return raw;
    throw error;
  }
}

import type { JsonValue } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import { csvBatches } from '../decode/csv-batches.ts';
import { parseCsv } from '../decode/csv-rows.ts';
import { unpackedBytes } from '../decode/packed.ts';
import { textOf } from '../decode/text.ts';
import type { Extractor } from '../families.ts';

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
    const options = { delimiter: ',', toValue, withoutZeros: true };
    return {
      path: '',
      extract: (row) => [row],
      decoder: {
        decode: ({ raw }, place) => parseCsv(textOf(unpackedBytes(raw)), { ...options, place }),
        batches: (body, place) => csvBatches(body, { ...options, place, mayBePacked: true }),
      },
    };
  },
});

import type { JsonValue } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import type { Decoder } from '../families.ts';
import { csvBatches } from './csv-batches.ts';
import { parseCsv } from './csv-rows.ts';
import { textOf } from './text.ts';

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' };

export const csvDecoder = defineKind<Decoder>({
  name: 'CsvDecoder',
  family: 'decoder',
  docs: 'The body is CSV with a header.',
  example: 'type: CsvDecoder\ndelimiter: ","\n',
  fields: {
    encoding: { docs: 'utf-8 when absent.', types: ['string'] },
    delimiter: { docs: 'A comma when absent; `\\t` is a tab.', types: ['string'] },
    set_values_to_none: { docs: 'Texts that stand for null.', types: ['array'] },
  },
  problems: ({ delimiter }) =>
    typeof delimiter === 'string' && unescaped(delimiter).length > 1
      ? [{ field: 'delimiter', message: 'delimiter takes one character.' }]
      : [],
  create(decoder) {
    const nulls = new Set(Array.isArray(decoder.set_values_to_none) ? decoder.set_values_to_none.map(String) : []);
    const delimiter = unescaped(String(decoder.delimiter ?? ',')) || ',';
    const toValue = (value: string | null): JsonValue => (value !== null && nulls.has(value) ? null : value);
    const encoding = String(decoder.encoding ?? 'utf-8');
    return {
      decode: ({ raw }, place) => parseCsv(textOf(raw, encoding), { delimiter, place, toValue }),
      batches: (body, place) => csvBatches(body, { delimiter, place, toValue, encoding }),
    };
  },
});

function unescaped(text: string): string {
  if (!text.startsWith('\\')) return text;
  return text.replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|(.))/gi, (_all, hex?: string, wide?: string, char = '') =>
    hex || wide ? String.fromCharCode(Number.parseInt(hex ?? wide ?? '', 16)) : (ESCAPES[char] ?? char),
  );
}

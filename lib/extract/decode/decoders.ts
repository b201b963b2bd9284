import { gunzipSync } from 'node:zlib';
import { WeirError } from '#lib/errors.ts';
import { type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { Decoder } from '../families.ts';
import { jsonBody } from '../request/answer.ts';
import { parseCsv } from './csv.ts';

const MOST_UNPACKED = 512 * 1024 * 1024;

export const jsonDecoder = defineKind<Decoder>({
  name: 'JsonDecoder',
  family: 'decoder',
  docs: 'The body is one JSON document.',
  example: 'type: JsonDecoder\n',
  fields: {},
  create: () => ({ decode: (answer, place) => [jsonBody(answer, place)] }),
});

export const jsonlDecoder = defineKind<Decoder>({
  name: 'JsonlDecoder',
  family: 'decoder',
  docs: 'Each line is one JSON record.',
  example: 'type: JsonlDecoder\n',
  fields: {},
  create: () => ({
    decode: ({ raw }, place) =>
      lines(raw).flatMap((line, index) => {
        if (line.trim() === '') return [];
        try {
          return [parseJson(line)];
        } catch (cause) {
          throw new WeirError({
            kind: 'transient',
            code: 'bad_json',
            message: `Line ${index + 1} is no JSON; it begins: ${line.slice(0, 200)}`,
            hint: 'The answer may have been cut off.',
            where: { ...place, row: index + 1 },
            cause,
          });
        }
      }),
  }),
});

export const iterableDecoder = defineKind<Decoder>({
  name: 'IterableDecoder',
  family: 'decoder',
  docs: 'Each line is a record with one field, `record`.',
  example: 'type: IterableDecoder\n',
  fields: {},
  create: () => ({
    decode: ({ raw }) =>
      lines(raw)
        .filter((line) => line !== '')
        .map((record) => ({ record })),
  }),
});

export const csvDecoder = defineKind<Decoder>({
  name: 'CsvDecoder',
  family: 'decoder',
  docs: 'The body is CSV with a header.',
  example: 'type: CsvDecoder\ndelimiter: ","\n',
  fields: {
    encoding: { docs: 'utf-8 when absent.', types: ['string'] },
    delimiter: { docs: 'A comma when absent.', types: ['string'] },
    set_values_to_none: { docs: 'Texts that stand for null.', types: ['array'] },
  },
  create(decoder) {
    const nulls = new Set(Array.isArray(decoder.set_values_to_none) ? decoder.set_values_to_none.map(String) : []);
    const delimiter = String(decoder.delimiter ?? ',').replace('\\t', '\t');
    return {
      decode({ raw }, place) {
        const text = new TextDecoder(String(decoder.encoding ?? 'utf-8')).decode(raw);
        return parseCsv(text, delimiter, place).map(
          (row): JsonObject =>
            Object.fromEntries(Object.entries(row).map(([key, value]) => [key, nulls.has(value) ? null : value])),
        );
      },
    };
  },
});

export const gzipDecoder = defineKind<Decoder>({
  name: 'GzipDecoder',
  family: 'decoder',
  docs: 'The body is packed with gzip; what is inside has a decoder of its own.',
  example: 'type: GzipDecoder\ndecoder: { type: JsonlDecoder }\n',
  fields: { decoder: component('For what is inside.', 'decoder', { required: true }) },
  create(decoder, build) {
    const inner = build.create<Decoder>(decoder.decoder);
    return {
      decode(answer, place) {
        const packed = answer.raw[0] === 0x1f && answer.raw[1] === 0x8b;
        const raw = packed ? unpacked(answer.raw, place) : answer.raw;
        return inner.decode({ ...answer, raw, body: bodyOf(raw) }, place);
      },
    };
  },
});

function unpacked(raw: Uint8Array, place: { stream: string; page: number }): Uint8Array {
  try {
    return gunzipSync(raw, { maxOutputLength: MOST_UNPACKED });
  } catch (cause) {
    throw new WeirError({
      kind: 'transient',
      code: 'bad_gzip',
      message: 'The answer is no whole gzip, or holds more than 512 MB.',
      where: place,
      cause,
    });
  }
}

function bodyOf(raw: Uint8Array): JsonValue {
  const text = Buffer.from(raw).toString('utf8');
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

function lines(raw: Uint8Array): string[] {
  return Buffer.from(raw).toString('utf8').split(/\r?\n/);
}

import { WeirError } from '#lib/errors.ts';
import type { JsonValue } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { Decoder } from '../families.ts';
import { readZip } from './read-zip.ts';
import { answerWithBytes } from './text.ts';

export const zipfileDecoder = defineKind<Decoder>({
  name: 'ZipfileDecoder',
  family: 'decoder',
  docs: 'The body is a zip archive; each file in it is read by a decoder of its own.',
  example: 'type: ZipfileDecoder\ndecoder: { type: CsvDecoder }\n',
  fields: { decoder: component('For the files inside.', 'decoder', { required: true }) },
  create(decoder, build) {
    const inner = build.create<Decoder>(decoder.decoder);
    return {
      async decode(answer, place) {
        const values: JsonValue[] = [];
        for (const { name, bytes } of readZip(answer.raw)) {
          const inFile = { ...place, file: name };
          try {
            for (const value of await inner.decode(answerWithBytes(answer, bytes), place)) values.push(value);
          } catch (error) {
            throw error instanceof WeirError ? error.at(inFile) : error;
          }
        }
        return values;
      },
    };
  },
});

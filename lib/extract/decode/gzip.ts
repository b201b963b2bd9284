import { gunzipSync } from 'node:zlib';
import { WeirError } from '#lib/errors.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { Decoder } from '../families.ts';
import { answerWithBytes } from './text.ts';

/** Beyond this, what is packed is taken for a bomb. */
const MOST_UNPACKED = 512 * 1024 * 1024;

export const gzipDecoder = defineKind<Decoder>({
  name: 'GzipDecoder',
  family: 'decoder',
  docs: 'The body is packed with gzip; what is inside has a decoder of its own. One that is not packed is taken as it is.',
  example: 'type: GzipDecoder\ndecoder: { type: JsonlDecoder }\n',
  fields: { decoder: component('For what is inside.', 'decoder', { required: true }) },
  create(decoder, build) {
    const inner = build.create<Decoder>(decoder.decoder);
    return {
      ...(inner.isDocument && { isDocument: true }),
      decode(answer, place) {
        const packed = answer.raw[0] === 0x1f && answer.raw[1] === 0x8b;
        return inner.decode(packed ? answerWithBytes(answer, unpacked(answer.raw, place)) : answer, place);
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

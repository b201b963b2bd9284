import { WeirError } from '#lib/errors.ts';
import { type JsonValue, parseJson } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import type { Decoder } from '../families.ts';
import { linesOf, textOf } from './text.ts';

export const jsonlDecoder = defineKind<Decoder>({
  name: 'JsonlDecoder',
  family: 'decoder',
  docs: 'Each line is one JSON record.',
  example: 'type: JsonlDecoder\n',
  fields: {},
  create: () => ({
    isJson: true,
    decode: ({ raw }, place) =>
      linesOf(textOf(raw)).flatMap((line, index): JsonValue[] => {
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

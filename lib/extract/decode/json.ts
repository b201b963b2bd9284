import { defineKind } from '#lib/manifest/kind.ts';
import type { Decoder } from '../families.ts';
import { jsonBody } from '../request/answer.ts';

export const jsonDecoder = defineKind<Decoder>({
  name: 'JsonDecoder',
  family: 'decoder',
  docs: 'The body is one JSON document.',
  example: 'type: JsonDecoder\n',
  fields: {},
  create: () => ({ isDocument: true, isJson: true, decode: (answer, place) => [jsonBody(answer, place)] }),
});

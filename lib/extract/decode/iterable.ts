import { defineKind } from '#lib/manifest/kind.ts';
import type { Decoder } from '../families.ts';
import { linesOf, textOf } from './text.ts';

export const iterableDecoder = defineKind<Decoder>({
  name: 'IterableDecoder',
  family: 'decoder',
  docs: 'Each line is a record with one field, `record`; empty lines too.',
  example: 'type: IterableDecoder\n',
  fields: {},
  create: () => ({ decode: ({ raw }) => linesOf(textOf(raw)).map((record) => ({ record })) }),
});

import { defineKind } from '#lib/manifest/kind.ts';
import type { Transformation } from '../families.ts';

export const keysToLower = defineKind<Transformation>({
  name: 'KeysToLower',
  family: 'transformation',
  docs: 'Writes top-level keys in lower case.',
  example: 'type: KeysToLower\n',
  fields: {},
  create: () => ({
    transform: (record) => Object.fromEntries(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value])),
  }),
});

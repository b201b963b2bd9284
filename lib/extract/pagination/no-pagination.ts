import { defineKind } from '#lib/manifest/kind.ts';
import type { Paginator } from '../families.ts';

export const noPagination = defineKind<Paginator>({
  name: 'NoPagination',
  family: 'paginator',
  docs: 'One request gives everything.',
  example: 'type: NoPagination\n',
  fields: {},
  create: () => ({ first: () => null, parts: () => ({}), next: () => null }),
});

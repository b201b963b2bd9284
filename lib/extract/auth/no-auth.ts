import { defineKind } from '#lib/manifest/kind.ts';
import type { Authenticator } from '../families.ts';

export const noAuth = defineKind<Authenticator>({
  name: 'NoAuth',
  family: 'authenticator',
  docs: 'The API asks for no credentials.',
  example: 'type: NoAuth\n',
  fields: {},
  create: () => ({ parts: async () => ({}), renew: () => false }),
});

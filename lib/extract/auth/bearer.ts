import { defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Authenticator } from '../families.ts';
import { scopeOf } from '../scope.ts';

export const bearer = defineKind<Authenticator>({
  name: 'BearerAuthenticator',
  family: 'authenticator',
  docs: 'Sends `Authorization: Bearer <token>`.',
  example: `type: BearerAuthenticator\napi_token: "{{ config['api_token'] }}"\n`,
  fields: { api_token: template('The token.', [], { required: true }) },
  create: (component, build) => ({
    parts: async () => ({
      headers: { Authorization: `Bearer ${interpolateText(String(component.api_token), scopeOf(build, component))}` },
    }),
    renew: () => false,
  }),
});

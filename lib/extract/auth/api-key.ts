import { component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Authenticator, RequestOption } from '../families.ts';
import { scopeOf } from '../scope.ts';

export const apiKey = defineKind<Authenticator>({
  name: 'ApiKeyAuthenticator',
  family: 'authenticator',
  docs: 'Sends a key in a header, a parameter or the body.',
  example: `type: ApiKeyAuthenticator\napi_token: "{{ config['api_key'] }}"\ninject_into: { type: RequestOption, inject_into: header, field_name: X-API-Key }\n`,
  fields: {
    api_token: template('The key.'),
    header: template('Name of the header; older way of saying inject_into.'),
    inject_into: component('Where the key goes.', 'request_option', { defaultType: 'RequestOption' }),
  },
  problems: ({ header, inject_into: into }) =>
    header && into ? [{ field: 'header', message: 'ApiKeyAuthenticator takes header or inject_into, not both.' }] : [],
  create: (key, build) => {
    const scope = scopeOf(build, key);
    const value = () => interpolateText(String(key.api_token ?? ''), scope);
    const option = key.inject_into ? build.create<RequestOption>(key.inject_into) : null;
    const header = interpolateText(String(key.header ?? 'Authorization'), scope);
    return { parts: async () => option?.parts(value()) ?? { headers: { [header]: value() } }, renew: () => false };
  },
});

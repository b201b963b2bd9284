import { defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Authenticator } from '../families.ts';
import { scopeOf } from '../scope.ts';

export const basic = defineKind<Authenticator>({
  name: 'BasicHttpAuthenticator',
  family: 'authenticator',
  docs: 'Sends user name and password as HTTP Basic does.',
  example: `type: BasicHttpAuthenticator\nusername: "{{ config['username'] }}"\npassword: "{{ config['password'] }}"\n`,
  fields: {
    username: template('The user name.', [], { required: true }),
    password: template('The password; empty when absent.'),
  },
  create: (component, build) => {
    const text = (value: unknown) =>
      value === undefined ? '' : interpolateText(String(value), scopeOf(build, component));
    return {
      parts: async () => {
        const pair = Buffer.from(`${text(component.username)}:${text(component.password)}`).toString('base64');
        build.noteSecret(pair);
        return { headers: { Authorization: `Basic ${pair}` } };
      },
      renew: () => false,
    };
  },
});

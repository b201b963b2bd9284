import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { Authenticator } from '../families.ts';

export const selective = defineKind<Authenticator>({
  name: 'SelectiveAuthenticator',
  family: 'authenticator',
  docs: 'Chooses an authenticator by a value of the config.',
  example:
    'type: SelectiveAuthenticator\nauthenticator_selection_path: [credentials, kind]\nauthenticators:\n  token: { type: BearerAuthenticator, api_token: "{{ config.token }}" }\n',
  fields: {
    authenticator_selection_path: { docs: 'Path of the value in the config.', required: true, types: ['array'] },
    authenticators: component('The authenticators by that value.', 'authenticator', {
      required: true,
      types: ['object'],
    }),
  },
  create: (selector, build) => {
    const path = (selector.authenticator_selection_path as JsonValue[]).map(String);
    const value = path.reduce<JsonValue | undefined>(
      (inner, key) => (isJsonObject(inner) ? inner[key] : undefined),
      build.config,
    );
    const chosen = isJsonObject(selector.authenticators) ? selector.authenticators[String(value)] : undefined;
    const { url_base: base } = selector;
    if (isJsonObject(chosen))
      return build.create<Authenticator>({ ...(base !== undefined && { url_base: base }), ...chosen });
    throw new WeirError({
      kind: 'config',
      code: 'no_authenticator',
      message: `The config has ${JSON.stringify(value ?? null)} at ${path.join('.')}, for which there is no authenticator.`,
      hint: `One of: ${Object.keys(selector.authenticators ?? {}).join(', ')}.`,
    });
  },
});

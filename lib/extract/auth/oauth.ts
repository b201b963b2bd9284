import type { JsonObject } from '#lib/json.ts';
import { component, defineKind, template } from '#lib/manifest/kind.ts';
import type { Authenticator } from '../families.ts';
import { AccessToken } from './access-token.ts';
import { refreshTokenUpdater } from './refresh-token-updater.ts';

const CONFIG = ['config', 'parameters'];

export const oauth = defineKind<Authenticator>({
  name: 'OAuthAuthenticator',
  family: 'authenticator',
  docs: 'Fetches an access token with a refresh token or client credentials, and renews it before it runs out.',
  example: `type: OAuthAuthenticator\ntoken_refresh_endpoint: https://api.example.com/oauth/token\nclient_id: "{{ config['client_id'] }}"\nclient_secret: "{{ config['client_secret'] }}"\nrefresh_token: "{{ config['refresh_token'] }}"\n`,
  fields: {
    token_refresh_endpoint: template('Where tokens are fetched.'),
    client_id: template('The client.'),
    client_secret: template('Its secret.'),
    refresh_token: template('The refresh token.'),
    grant_type: template('refresh_token, or client_credentials.'),
    access_token_value: template('A token to begin with; without an endpoint the only one.'),
    access_token_name: template('Where the answer has the token; access_token when absent.'),
    expires_in_name: template('Where the answer has its life in seconds; expires_in when absent.'),
    client_id_name: template('Name of the field; client_id when absent.'),
    client_secret_name: template('Name of the field; client_secret when absent.'),
    refresh_token_name: template('Name of the field; refresh_token when absent.'),
    grant_type_name: template('Name of the field; grant_type when absent.'),
    scopes: { docs: 'Scopes to ask for.', types: ['array'], variables: CONFIG },
    refresh_request_body: { docs: 'More fields of the request.', types: ['object'], variables: CONFIG },
    refresh_request_headers: {
      docs: 'More headers of the request. With Authorization among them, client id and secret are left out of the body.',
      types: ['object'],
      variables: CONFIG,
    },
    send_refresh_request_as_query_params: { docs: 'Send the fields in the address.', types: ['boolean'] },
    token_expiry_date: template('When the configured token runs out.', [], { types: ['string', 'integer'] }),
    token_expiry_date_format: template('Says that the answer names the time at which the token runs out.'),
    refresh_token_error_status_codes: {
      docs: 'Status codes with which the API may say that the refresh token is no good; 400 when absent.',
      types: ['array'],
    },
    refresh_token_error_key: { docs: 'Field of that answer; error when absent.', types: ['string'] },
    refresh_token_error_values: { docs: 'Values of that field; invalid_grant when absent.', types: ['array'] },
    refresh_token_updater: {
      docs: 'For refresh tokens that work once: where the config keeps the tokens.',
      types: ['object'],
      schema: { type: 'object', properties: refreshTokenUpdater },
    },
    use_profile_assertion: { docs: 'Ask with profile_assertion.', types: ['boolean', 'string'], variables: CONFIG },
    profile_assertion: component('A signed token in place of client id and secret.', 'authenticator', {
      defaultType: 'JwtAuthenticator',
    }),
  },
  problems,
  create: (authenticator, build) => new AccessToken(authenticator, build),
});

function problems(authenticator: JsonObject): { field?: string; message: string; hint?: string }[] {
  const { use_profile_assertion: asserts, grant_type: grant = 'refresh_token' } = authenticator;
  const { refresh_token_updater: updater, token_refresh_endpoint: endpoint } = authenticator;
  if (!endpoint)
    return authenticator.access_token_value
      ? []
      : [{ message: 'OAuthAuthenticator needs token_refresh_endpoint, or access_token_value.' }];
  if (asserts)
    return authenticator.profile_assertion
      ? []
      : [{ field: 'use_profile_assertion', message: 'OAuthAuthenticator needs profile_assertion for this.' }];
  return [
    ...(grant === 'refresh_token' && !updater && !authenticator.refresh_token
      ? [
          {
            message: 'OAuthAuthenticator needs refresh_token.',
            hint: 'Or grant_type: client_credentials, for APIs that give tokens to the client itself.',
          },
        ]
      : []),
    ...(!updater && authenticator.client_id === undefined
      ? [{ message: 'OAuthAuthenticator needs client_id and client_secret.' }]
      : []),
  ];
}

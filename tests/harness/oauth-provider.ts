import { createHash } from 'node:crypto';
import { type Answer, type ScriptedServer, scriptedServer } from './scripted-server.ts';

/** One app of the provider. */
export const CLIENT = { id: 'client-7', secret: 'client-secret-value' };
export const TOKENS = { access_token: 'access-token-value', refresh_token: 'refresh-token-value', expires_in: 3600 };

export interface OauthProvider {
  readonly server: ScriptedServer;
  /** What a person at the consent page sends the browser back with, after allowing. */
  consent(url: string): URL;
  readonly manifest: string;
}

/**
 * A provider as RFC 6749 and 7636 describe one: a consent page at /authorize that sends the browser back, and a token address
 * that takes each code once, for the right client, redirect address and verifier. `registered` is the redirect address it knows.
 */
export async function oauthProvider({ registered }: { registered?: string } = {}): Promise<OauthProvider> {
  const codes = new Map<string, { challenge: string; redirectUri: string }>();
  const give = (url: URL): URL => {
    const query = url.searchParams;
    const code = `code-${codes.size + 1}-secret`;
    codes.set(code, { challenge: query.get('code_challenge') ?? '', redirectUri: query.get('redirect_uri') ?? '' });
    const back = new URL(query.get('redirect_uri') ?? '');
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    return back;
  };
  const server = await scriptedServer({
    '/authorize': ({ query }) => {
      const url = new URL('http://provider.test/authorize');
      for (const [name, value] of query) url.searchParams.set(name, value);
      const deny = new URL(url.searchParams.get('redirect_uri') ?? '');
      deny.search = new URLSearchParams({
        error: 'access_denied',
        state: url.searchParams.get('state') ?? '',
      }).toString();
      const page = PAGE.replace('ALLOW', link(give(url))).replace('DENY', link(deny));
      return { body: page, headers: { 'content-type': 'text/html' } };
    },
    '/token': ({ body }) => exchange(codes, new URLSearchParams(body), registered),
    '/orders': ({ headers }) =>
      headers.authorization === `Bearer ${TOKENS.access_token}`
        ? { body: { items: [{ order_id: 1 }, { order_id: 2 }] } }
        : { status: 401, body: { error: 'no token' } },
  });
  return { server, consent: (url) => give(new URL(url)), manifest: manifestFor(server.url) };
}

const PAGE =
  '<!doctype html><title>Provider</title><h1>Allow Weir to read orders?</h1><p><a href="ALLOW">Allow</a></p><a href="DENY">Deny</a>';

function link(url: URL): string {
  return url.href.replaceAll('&', '&amp;');
}

function exchange(
  codes: Map<string, { challenge: string; redirectUri: string }>,
  form: URLSearchParams,
  registered: string | undefined,
): Answer {
  if (form.get('grant_type') === 'refresh_token')
    return form.get('refresh_token') === TOKENS.refresh_token ? { body: TOKENS } : refusal('invalid_grant');
  if (form.get('client_id') !== CLIENT.id || form.get('client_secret') !== CLIENT.secret)
    return { ...refusal('invalid_client'), status: 401 };
  const given = codes.get(form.get('code') ?? '');
  codes.delete(form.get('code') ?? '');
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  if (!given || given.challenge !== challenge) return refusal('invalid_grant');
  const isKnown = registered === undefined || registered === form.get('redirect_uri');
  return isKnown && given.redirectUri === form.get('redirect_uri')
    ? { body: TOKENS }
    : refusal('redirect_uri_mismatch');
}

function refusal(error: string): Answer {
  return { status: 400, body: { error } };
}

function manifestFor(url: string): string {
  return `
version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [credentials]
    properties:
      credentials:
        type: object
        title: Credentials
        oneOf:
          - title: Token
            required: [auth_type, token]
            properties:
              auth_type: { type: string, const: Token }
              token: { type: string, title: Token, airbyte_secret: true }
          - title: OAuth
            required: [auth_type, client_id, client_secret, refresh_token]
            properties:
              auth_type: { type: string, const: OAuth }
              client_id: { type: string, title: Client id }
              client_secret: { type: string, title: Client secret, airbyte_secret: true }
              refresh_token: { type: string, title: Refresh token, airbyte_secret: true }
  advanced_auth:
    auth_flow_type: oauth2.0
    predicate_key: [credentials, auth_type]
    predicate_value: OAuth
    oauth_config_specification:
      oauth_connector_input_specification:
        consent_url: "${url}/authorize?{{client_id_key}}={{client_id_value}}&{{redirect_uri_key}}={{ {{redirect_uri_value}} | urlEncoder }}&{{state_key}}={{state_value}}"
        access_token_url: "${url}/token"
        scope: orders:read
        extract_output: [refresh_token]
      complete_oauth_output_specification:
        required: [refresh_token]
        properties:
          refresh_token: { type: string, path_in_connector_config: [credentials, refresh_token] }
      complete_oauth_server_output_specification:
        properties:
          client_id: { type: string, path_in_connector_config: [credentials, client_id] }
          client_secret: { type: string, path_in_connector_config: [credentials, client_secret] }
streams:
  - type: DeclarativeStream
    name: orders
    primary_key: order_id
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: { order_id: { type: integer } } }
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: ${url}
        path: /orders
        authenticator:
          type: OAuthAuthenticator
          token_refresh_endpoint: ${url}/token
          client_id: "{{ config['credentials']['client_id'] }}"
          client_secret: "{{ config['credentials']['client_secret'] }}"
          refresh_token: "{{ config['credentials']['refresh_token'] }}"
      record_selector:
        type: RecordSelector
        extractor: { type: DpathExtractor, field_path: [items] }
`;
}

import { decoded } from './decoded.ts';
import type { Call, DraftAuth, Found } from './draft.ts';

const SECRET_HEADER = /^(x-)?(api|access|auth|app|application|subscription|private|secret)?-?_?(key|token|secret)$/i;
const SECRET_PARAMETER = /^(api_?key|key|access_?token|token|auth|app_?id|appid|secret|apikey|subscription-key)$/i;

/** Parts of a request that prove who asks; what they hold becomes a setting and never stands in the manifest. */
export function findAuth({ url, headers, answer }: Call): Found<DraftAuth> | null {
  return inHeaders(headers) ?? inUrl(url) ?? (answer ? asked(answer.status, answer.headers) : null);
}

/** Whether a header is taken over by the authenticator. */
export function isAuthHeader(name: string): boolean {
  return name.toLowerCase() === 'authorization' || SECRET_HEADER.test(name) || name.toLowerCase() === 'cookie';
}

export function isAuthParameter(name: string): boolean {
  return SECRET_PARAMETER.test(name);
}

export function bearer(value = ''): DraftAuth {
  return {
    authenticator: { type: 'BearerAuthenticator', api_token: "{{ config['api_token'] }}" },
    settings: { api_token: { type: 'string', title: 'API token', airbyte_secret: true } },
    values: value ? { api_token: value } : {},
  };
}

export function basic(username = '', password = ''): DraftAuth {
  return {
    authenticator: {
      type: 'BasicHttpAuthenticator',
      username: "{{ config['username'] }}",
      password: "{{ config['password'] }}",
    },
    settings: {
      username: { type: 'string', title: 'User name' },
      password: { type: 'string', title: 'Password', airbyte_secret: true },
    },
    values: { ...(username && { username }), ...(password && { password }) },
  };
}

export function apiKey(place: 'header' | 'request_parameter', name: string, value = ''): DraftAuth {
  return {
    authenticator: {
      type: 'ApiKeyAuthenticator',
      api_token: "{{ config['api_key'] }}",
      inject_into: { type: 'RequestOption', inject_into: place, field_name: name },
    },
    settings: { api_key: { type: 'string', title: 'API key', airbyte_secret: true } },
    values: value ? { api_key: value } : {},
  };
}

function inHeaders(headers: Call['headers']): Found<DraftAuth> | null {
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === 'authorization') return inAuthorization(name, value);
    if (SECRET_HEADER.test(name))
      return { value: apiKey('header', name, value), evidence: `The request carries a key in the header ${name}.` };
  }
  return null;
}

function inAuthorization(name: string, value: string): Found<DraftAuth> {
  const [scheme = '', rest = ''] = value.trim().split(/\s+(.*)/s);
  if (/^bearer$/i.test(scheme))
    return { value: bearer(rest), evidence: 'The request carries a bearer token in the header Authorization.' };
  if (/^basic$/i.test(scheme)) {
    const [user = '', password = ''] = Buffer.from(rest, 'base64').toString('utf8').split(/:(.*)/s);
    return { value: basic(user, password), evidence: 'The request carries a user name and a password.' };
  }
  return { value: apiKey('header', name, value), evidence: 'The request carries a key in the header Authorization.' };
}

function inUrl(url: string): Found<DraftAuth> | null {
  if (!URL.canParse(url)) return null;
  const { username, password, searchParams } = new URL(url);
  if (username)
    return {
      value: basic(decoded(username), decoded(password)),
      evidence: 'The address carries a user name and a password.',
    };
  for (const [name, value] of searchParams)
    if (isAuthParameter(name))
      return { value: apiKey('request_parameter', name, value), evidence: `The address carries a key in \`${name}\`.` };
  return null;
}

/** What an API says that it wants when it refuses. */
function asked(status: number, headers: Call['headers']): Found<DraftAuth> | null {
  if (status !== 401 && status !== 403) return null;
  const challenge = Object.entries(headers).find(([name]) => name.toLowerCase() === 'www-authenticate')?.[1] ?? '';
  if (/^basic/i.test(challenge))
    return { value: basic(), evidence: `The API answered ${status} and asks for a user name and a password.` };
  const says = /^bearer/i.test(challenge) ? 'asks for a bearer token' : 'does not say what it wants; most take a token';
  return { value: bearer(), evidence: `The API answered ${status} and ${says}.` };
}

import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { reached } from './reached.ts';

const TIMEOUT_MS = 120_000;
const SAID_LENGTH = 300;

/** How a running Airbyte is reached: with a client id and secret, a user and password, or neither. */
export interface AirbyteAccess {
  readonly url: string;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Name or id of the workspace that is read; the first when absent. */
  readonly workspace?: string | undefined;
}

/** Both trees of an Airbyte's API, to read from. */
export interface AirbyteApi {
  /** A verb of the Config API. @throws WeirError `airbyte_refused` with the status in `cause` */
  config(verb: string, body: JsonObject): Promise<JsonObject>;
  /** A GET of the public API. */
  open(path: string): Promise<JsonObject>;
}

export async function airbyteApi({ url, ...access }: AirbyteAccess): Promise<AirbyteApi> {
  const base = url.replace(/\/+$/, '').replace(/\/api(\/v1|\/public\/v1)?$/, '');
  const { clientId, clientSecret, username, password } = access;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const send = async (method: string, path: string, body?: JsonObject): Promise<JsonObject> => {
    const answer = await reached(url, 'Name the address of Airbyte with --from, such as http://airbyte:8000.', () =>
      fetch(base + path, {
        ...{ method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) },
        ...(body && { body: JSON.stringify(body) }),
      }),
    );
    const said = await answer.text();
    if (!answer.ok) throw refused(`${method} ${path}`, answer.status, said);
    return objectIn(said, `${method} ${path}`);
  };
  if (username) headers.authorization = `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
  if (clientId) {
    const body = { client_id: clientId, client_secret: clientSecret ?? '' };
    const { access_token: token } = await send('POST', '/api/v1/applications/token', body);
    headers.authorization = `Bearer ${typeof token === 'string' ? token : ''}`;
  }
  return {
    config: (verb, body) => send('POST', `/api/v1/${verb}`, body),
    open: (path) => send('GET', `/api/public/v1/${path}`),
  };
}

/** Whether it answered that there is no such thing, or no such route in its version. */
export function isMissing(error: unknown): boolean {
  return error instanceof WeirError && error.cause instanceof Refusal && [404, 405, 422].includes(error.cause.status);
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, said: string) {
    super(said);
    this.status = status;
  }
}

function objectIn(said: string, what: string): JsonObject {
  if (said === '') return {};
  try {
    const value: unknown = JSON.parse(said);
    if (isJsonObject(value)) return value;
  } catch {
    // What is said below says it.
  }
  throw new WeirError({
    kind: 'config',
    code: 'no_airbyte',
    message: `${what} was not answered as Airbyte does: ${said.slice(0, SAID_LENGTH)}`,
    hint: 'Check that --from is the address of an Airbyte.',
  });
}

function refused(what: string, status: number, said: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'airbyte_refused',
    message: `Airbyte answered ${what} with ${status}: ${said.slice(0, SAID_LENGTH)}`,
    hint: status === 401 ? 'Give --client-id and --client-secret, or --user and --password.' : 'Check the address.',
    cause: new Refusal(status, said),
  });
}

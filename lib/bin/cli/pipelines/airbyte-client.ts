import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { reached } from './reached.ts';

const TIMEOUT_MS = 120_000;
const SAID_LENGTH = 300;
/** As many as Airbyte gives where nobody says; newer ones answer with their own number. */
const USUAL_PAGE = 20;
const OPEN_PAGE = 100;
const MOST_PAGES = 10_000;

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
  /** All rows of a list of the Config API that newer Airbytes give by pages, which go on below the last row's id. */
  all(verb: string, body: JsonObject, key: string, idKey: string): Promise<JsonObject[]>;
  /** A GET of the public API. */
  open(path: string): Promise<JsonObject>;
  /** All rows of a list of the public API. */
  openAll(path: string): Promise<JsonObject[]>;
}

type Send = (method: string, path: string, body?: JsonObject) => Promise<JsonObject>;

export async function airbyteApi({ url, ...access }: AirbyteAccess): Promise<AirbyteApi> {
  const base = url.replace(/\/+$/, '').replace(/\/api(\/v1|\/public\/v1)?$/, '');
  const { clientId, clientSecret, username, password } = access;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const once: Send = async (method, path, body) => {
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
  const signIn = async () => {
    const body = { client_id: clientId ?? '', client_secret: clientSecret ?? '' };
    const { access_token: token } = await once('POST', '/api/v1/applications/token', body);
    headers.authorization = `Bearer ${typeof token === 'string' ? token : ''}`;
  };
  if (clientId) await signIn();
  const send: Send = async (...request) => {
    try {
      return await once(...request);
    } catch (error) {
      // A token lives for minutes, and many connections take longer.
      if (!clientId || statusIn(error) !== 401) throw error;
      await signIn();
      return once(...request);
    }
  };
  const config: AirbyteApi['config'] = (verb, body) => send('POST', `/api/v1/${verb}`, body);
  const open = (path: string) => send('GET', `/api/public/v1/${path}`);
  return {
    config,
    open,
    all: (verb, body, key, idKey) => allRows((cursor) => config(verb, { ...body, ...cursor }), key, idKey),
    openAll: (path) => allOpenRows((query) => open(`${path}?${query}`)),
  };
}

/** Until a page is not full, or brings nothing new: older Airbytes give all at once, whatever the cursor. */
async function allRows(
  ask: (cursor: { cursor?: string }) => Promise<JsonObject>,
  key: string,
  idKey: string,
): Promise<JsonObject[]> {
  const found = new Map<string, JsonObject>();
  let cursor: { cursor?: string } = {};
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await ask(cursor);
    const rows = Array.isArray(answer[key]) ? answer[key].filter(isJsonObject) : [];
    const before = found.size;
    for (const row of rows) found.set(String(row[idKey]), row);
    const full = typeof answer.page_size === 'number' ? answer.page_size : USUAL_PAGE;
    if (found.size === before || rows.length < full) break;
    cursor = { cursor: String(rows.at(-1)?.[idKey]) };
  }
  return [...found.values()];
}

async function allOpenRows(ask: (query: string) => Promise<JsonObject>): Promise<JsonObject[]> {
  const found: JsonObject[] = [];
  for (let page = 0; page < MOST_PAGES; page++) {
    const { data } = await ask(`limit=${OPEN_PAGE}&offset=${page * OPEN_PAGE}`);
    const rows = Array.isArray(data) ? data.filter(isJsonObject) : [];
    found.push(...rows);
    if (rows.length < OPEN_PAGE) break;
  }
  return found;
}

function statusIn(error: unknown): number | null {
  return error instanceof WeirError && error.cause instanceof Refusal ? error.cause.status : null;
}

/** Whether it answered that there is no such thing, or no such route in its version. */
export function isMissing(error: unknown): boolean {
  return [404, 405, 422].includes(statusIn(error) ?? 0);
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

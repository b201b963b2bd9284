import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonValue, parseJsonOr } from '#lib/json.ts';
import type { ExtractContext } from '../source.ts';
import { tokenRefused } from './kept-token.ts';

/** All tries for one token together; the CDK's limit. */
const MOST_WAITING_MS = 300_000;
const LONGEST_WAIT_MS = 64_000;
const DEEPEST = 5;
const SNIPPET = 200;

export interface TokenRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: URLSearchParams;
  /** The form goes into the address, and the body stays empty. */
  readonly inQuery: boolean;
}

/** Which answers mean that the refresh token is no good any more. */
export interface RefusedToken {
  readonly statuses: readonly number[];
  readonly key: string;
  readonly values: readonly string[];
}

/** Asks a token endpoint; again, with growing waits, where it has a fault of its own. @throws WeirError token_refused */
export async function requestToken(
  context: ExtractContext,
  request: TokenRequest,
  refused: RefusedToken,
): Promise<JsonValue> {
  let waitedMs = 0;
  for (let waitMs = 1_000; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await once(context, request, refused);
    } catch (error) {
      context.signal.throwIfAborted();
      const again = error instanceof WeirError && error.kind === 'transient' && waitedMs + waitMs <= MOST_WAITING_MS;
      if (!again) throw error;
      context.log.info({ waitMs, reason: error.message }, 'asks for the token again');
      await context.sleep(waitMs);
      waitedMs += waitMs;
    }
  }
}

async function once(
  context: ExtractContext,
  { url, headers, form, inQuery }: TokenRequest,
  refused: RefusedToken,
): Promise<JsonValue> {
  const text = form.toString();
  const response = await context.http.send({
    method: 'POST',
    url: inQuery && text ? `${url}${url.includes('?') ? '&' : '?'}${text}` : url,
    headers: {
      accept: 'application/json',
      ...(!inQuery && text && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
    ...(!inQuery && text && { body: text }),
    signal: context.signal,
  });
  const said = await response.text();
  const body = parseJsonOr(said, undefined);
  const { host } = new URL(url);
  if (response.status >= 400) throw refusal(host, response.status, body, refused);
  if (body !== undefined) return body;
  const begins = said.slice(0, SNIPPET).replaceAll(/\s+/g, ' ');
  throw tokenRefused('config', `${host} gave no access token: its answer is no JSON.`, `It begins: ${begins}`);
}

function refusal(host: string, status: number, body: JsonValue | undefined, refused: RefusedToken): WeirError {
  const gave = `${host} gave no access token: it answered ${status}`;
  if (status === 429 || status >= 500) return tokenRefused('transient', `${gave}.`, 'It may give one at the next try.');
  const reason = isJsonObject(body) ? body[refused.key] : undefined;
  const isOver = refused.statuses.includes(status) && typeof reason === 'string' && refused.values.includes(reason);
  if (isOver)
    return tokenRefused(
      'config',
      `${gave} (${reason}). The refresh token is not valid any more.`,
      'Sign in again in the settings of the source.',
    );
  const named = isJsonObject(body) && typeof body.error === 'string' ? ` (${body.error.slice(0, SNIPPET)})` : '';
  const hint = 'Check client id, client secret and refresh token; the refresh token may have been revoked.';
  return tokenRefused('config', `${gave}${named}.`, hint);
}

/** The value of the first key of this name, however deep the answer wraps it. */
export function findValue(body: JsonValue, name: string, depth = 0): JsonValue | undefined {
  if (depth > DEEPEST) return undefined;
  if (isJsonObject(body) && Object.hasOwn(body, name)) return body[name];
  const inner = Array.isArray(body) ? body : isJsonObject(body) ? Object.values(body) : [];
  for (const value of inner) {
    const found = findValue(value, name, depth + 1);
    if (found !== undefined && found !== null) return found;
  }
  return undefined;
}

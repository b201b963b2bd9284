import { WeirError } from '#lib/errors.ts';
import { findValue } from '#lib/extract/auth/token-request.ts';
import type { HttpClient } from '#lib/extract/http/http-client.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJsonOr } from '#lib/json.ts';
import { maskText } from '#lib/secrets.ts';
import { type ConsentPlan, type FilledField, valueAt, withValueAt } from './consent-plan.ts';
import { type ConsentCourse, tokenCall } from './consent-request.ts';

const LONGEST_WAIT_MS = 30_000;
const MOST_BYTES = 1_000_000;
const SNIPPET = 200;

/** Asks the provider for the tokens of a code. @throws WeirError `consent_refused` with what to do */
export async function exchangeCode(
  http: HttpClient,
  plan: ConsentPlan,
  course: ConsentCourse,
  code: string,
): Promise<JsonObject> {
  const { url, headers, body } = tokenCall(plan, course, code);
  const response = await http.send({
    method: 'POST',
    url,
    headers,
    ...(body !== '' && { body }),
    // A code and a secret are for this address alone.
    followRedirects: false,
    totalTimeoutMs: LONGEST_WAIT_MS,
    maxBytes: MOST_BYTES,
  });
  const answer = parseJsonOr(await response.text(), undefined);
  const said = isJsonObject(answer) ? saying(answer) : null;
  const { host } = new URL(url);
  const hide = (text: string) =>
    maskText(
      text,
      [course.clientSecret, course.verifier, code].filter((each) => each.length >= 4),
    );
  if (response.status >= 300 || said !== null)
    throw refused(host, response.status, said && hide(said), course.redirectUri);
  if (isJsonObject(answer)) return answer;
  throw consentRefused(`${host} gave no tokens: its answer is no JSON.`, 'Check the token address.');
}

/** The config with what the answer has in its places, and the names of what it does not have. */
export function fillConfig(
  plan: ConsentPlan,
  course: ConsentCourse,
  config: JsonObject,
  answer: JsonObject,
  now: Date,
): { config: JsonObject; missing: readonly FilledField[] } {
  const client = [
    { path: plan.client.id, value: course.clientId },
    { path: plan.client.secret, value: course.clientSecret },
  ];
  const withClient = client.reduce((done, { path, value }) => (path ? withValueAt(done, path, value) : done), config);
  const found = plan.outputs.map((field) => ({ field, value: outputOf(field, answer, now) }));
  return {
    config: found.reduce(
      (done, { field, value }) => (value === undefined ? done : withValueAt(done, field.path, value)),
      withClient,
    ),
    missing: found.filter(({ value }) => value === undefined).map(({ field }) => field),
  };
}

/** What the provider said on the way back in place of a code. */
export function refusedByProvider(error: string, description: string | null, redirectUri: string): WeirError {
  const said = [error, description].filter(Boolean).join(': ').slice(0, SNIPPET);
  const hint =
    error === 'access_denied'
      ? 'Consent was not given. Sign in again and allow the access, with an account that may give it.'
      : hintFor(said, redirectUri);
  return consentRefused(`The provider did not give its consent: ${said}.`, hint);
}

function outputOf({ name, from }: FilledField, answer: JsonObject, now: Date): JsonValue | undefined {
  const value = (from && valueAt(answer, from)) ?? findValue(answer, from?.at(-1) ?? name);
  if (value !== undefined && value !== null && value !== '') return value;
  const seconds = Number(findValue(answer, 'expires_in'));
  const isDate = name === 'token_expiry_date' && Number.isFinite(seconds) && seconds > 0;
  return isDate ? new Date(now.getTime() + seconds * 1000).toISOString() : undefined;
}

/** The error of an answer: RFC 6749's `error`, which some providers send with status 200. */
function saying(answer: JsonObject): string | null {
  if (answer.error === undefined || answer.error === null) return null;
  const description = answer.error_description ?? answer.message;
  const error = typeof answer.error === 'string' ? answer.error : JSON.stringify(answer.error);
  return [error, typeof description === 'string' && description].filter(Boolean).join(': ').slice(0, SNIPPET);
}

function refused(host: string, status: number, said: string | null, redirectUri: string): WeirError {
  const message = `${host} gave no tokens: ${said ?? `it answered ${status}`}.`;
  if (status === 429 || status >= 500) return consentRefused(message, 'Its fault, it seems: sign in again later.');
  return consentRefused(message, hintFor(said ?? '', redirectUri));
}

function hintFor(said: string, redirectUri: string): string {
  if (/redirect/i.test(said)) return `Register exactly this redirect address with the provider: ${redirectUri}`;
  if (/client/i.test(said)) return 'Check client id and client secret: they must be those of one app of the provider.';
  if (/scope/i.test(said)) return 'The app may not ask for this: allow its scopes in the settings of the provider.';
  if (/grant|code/i.test(said)) return 'The code was used already or is too old. Sign in again.';
  return `Check client id, client secret, and that the redirect address ${redirectUri} is registered. Then sign in again.`;
}

function consentRefused(message: string, hint: string): WeirError {
  return new WeirError({ kind: 'config', code: 'consent_refused', message, hint });
}

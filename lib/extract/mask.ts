import { toFailure, WeirError, type Where } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import type { Session } from './session.ts';
import type { Exchange, ExtractContext, ReadEvent, StreamPlan } from './source.ts';

/** Stands for a secret. */
export const MASK = '**********';
/** Shorter texts would mask too much of what is no secret. */
const SHORTEST = 4;
/** Headers that carry credentials, whatever the spec says. */
const SECRET_HEADERS = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key|api-key|x-auth-token)$/i;

/** Runs `work` so that no secret leaves in an error, a log line or an exchange: none of the config, and none that a login gave. */
export async function masked<T>(
  context: ExtractContext,
  manifest: Manifest,
  session: Session,
  work: (context: ExtractContext) => Promise<T>,
): Promise<T> {
  const hide = hiderOf(manifest, session);
  const { onExchange, onRetry } = context;
  const inner: ExtractContext = {
    ...context,
    ...(onExchange && { onExchange: (exchange) => onExchange(maskExchange(exchange, hide)) }),
    ...(onRetry && { onRetry: (retry) => onRetry({ ...retry, said: hide(retry.said) }) }),
  };
  try {
    return await work(inner);
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    const { kind, code, message, hint, where } = toFailure(error);
    throw new WeirError({
      kind,
      code,
      message: hide(message),
      ...(hint && { hint: hide(hint) }),
      where: maskPlace(where, hide),
      cause: error.cause,
    });
  }
}

/** What an event says to people, without the secrets. */
export function maskEvent(event: ReadEvent, manifest: Manifest, session: Session): ReadEvent {
  return event.type === 'notice' ? { ...event, message: hideSecrets(event.message, manifest, session) } : event;
}

/** Files and slices may be called by their address. */
function maskPlace({ url, file, slice, ...rest }: Where = {}, hide: (text: string) => string): Where {
  return {
    ...rest,
    ...(url !== undefined && { url: hide(url) }),
    ...(file !== undefined && { file: hide(file) }),
    ...(slice !== undefined && { slice: hide(slice) }),
  };
}

/** A planned request without the secrets. */
export function maskPlan(plan: StreamPlan, manifest: Manifest, session: Session): StreamPlan {
  const hide = hiderOf(manifest, session);
  const slices = plan.slices.map((each) => ({
    ...each,
    slice: hide(each.slice),
    request: each.request && maskRequest(each.request, hide),
  }));
  return { ...plan, slices };
}

/** A text for users without the secrets. */
export function hideSecrets(text: string, manifest: Manifest, session: Session): string {
  return hiderOf(manifest, session)(text);
}

function maskExchange(exchange: Exchange, hide: (text: string) => string): Exchange {
  const { request, response } = exchange;
  return {
    ...exchange,
    request: maskRequest(request, hide),
    ...(response && {
      response: { ...response, headers: maskHeaders(response.headers, hide), body: hide(response.body) },
    }),
    ...(exchange.error && { error: hide(exchange.error) }),
  };
}

function maskRequest(request: Exchange['request'], hide: (text: string) => string): Exchange['request'] {
  return {
    ...request,
    url: hide(request.url),
    headers: maskHeaders(request.headers, hide),
    ...(request.body && { body: hide(request.body) }),
  };
}

function maskHeaders(headers: Record<string, string>, hide: (text: string) => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, SECRET_HEADERS.test(name) ? MASK : hide(value)]),
  );
}

/** Made anew when the config has changed or another secret has come. */
function hiderOf(manifest: Manifest, session: Session): (text: string) => string {
  let made: { config: JsonObject; secrets: number; hide: (text: string) => string } | null = null;
  return (text) => {
    if (made?.config !== session.config || made.secrets !== session.secrets.size) {
      const ofConfig = secretsOf(manifest.spec.connectionSpecification, session.config);
      made = {
        config: session.config,
        secrets: session.secrets.size,
        hide: hider([...ofConfig, ...session.secrets]),
      };
    }
    return made.hide(text);
  };
}

function hider(secrets: readonly string[]): (text: string) => string {
  const spellings = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    // Addresses and forms write blanks and some signs in their own ways, JSON writes quotes in its.
    encodeURI(secret.toWellFormed()),
    new URLSearchParams({ s: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
  ]);
  const all = [...new Set(spellings)].filter((text) => text.length >= SHORTEST).toSorted((a, b) => b.length - a.length);
  return (text) => all.reduce((result, secret) => result.replaceAll(secret, MASK), text);
}

/** Texts of the config that the spec calls secret, and tokens that stand beside them. */
function secretsOf(spec: JsonValue | undefined, value: JsonValue | undefined): string[] {
  if (!isJsonObject(spec) || value === undefined || value === null) return [];
  if (spec.airbyte_secret === true) return texts(value);
  const branches = [spec.oneOf, spec.anyOf, spec.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const inBranches = branches.flatMap((branch) => secretsOf(branch, value));
  if (Array.isArray(value)) return [...inBranches, ...value.flatMap((item) => secretsOf(spec.items, item))];
  if (!isJsonObject(value)) return inBranches;
  const properties = isJsonObject(spec.properties) ? spec.properties : {};
  return [...inBranches, ...Object.entries(value).flatMap(([key, item]) => secretsOf(properties[key], item))];
}

function texts(value: JsonValue): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(texts);
  return isJsonObject(value) ? Object.values(value).flatMap(texts) : [];
}

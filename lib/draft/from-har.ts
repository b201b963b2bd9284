import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJsonOr } from '#lib/json.ts';
import type { Call } from './draft.ts';

const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The calls of APIs in what a browser recorded (HAR 1.2): one for each method, host and path, the answer with the most in it. Pages,
 * scripts, pictures and failures are left out.
 * @throws WeirError when it is no HAR, or holds no call of an API
 */
export function parseHar(text: string): Call[] {
  if (text.length > MOST_BYTES) throw unreadable(`It is larger than ${MOST_BYTES / 1024 / 1024} MiB.`);
  const log = objectOf(parsed(text).log);
  if (!Array.isArray(log.entries)) throw unreadable('It has no log.entries.');
  const best = new Map<string, Call>();
  for (const entry of log.entries) {
    const call = callOf(objectOf(entry));
    if (call === null) continue;
    const { origin, pathname } = new URL(call.url);
    const key = `${call.method} ${origin}${pathname.replace(/\/\d+(?=\/|$)/g, '/:id')}`;
    const known = best.get(key);
    if (!known || sizeOf(call) > sizeOf(known)) best.set(key, call);
  }
  if (best.size === 0)
    throw unreadable('None of its requests has a JSON answer: record the page while it loads its data, with contents.');
  return [...best.values()];
}

function callOf({ request: asked, response: answered }: JsonObject): Call | null {
  const request = objectOf(asked);
  const response = objectOf(answered);
  const content = objectOf(response.content);
  const status = Number(response.status);
  const url = String(request.url ?? '');
  if (!/json/i.test(String(content.mimeType ?? '')) || status < 200 || status >= 300 || !URL.canParse(url)) return null;
  const body = bodyOf(content);
  const sent = objectOf(request.postData).text;
  if (body === undefined || typeof body !== 'object' || body === null) return null;
  return {
    method: String(request.method ?? 'GET').toUpperCase(),
    url,
    headers: headersOf(request.headers),
    ...(typeof sent === 'string' && { body: parseJsonOr(sent, sent) }),
    answer: { status, headers: headersOf(response.headers), body },
  };
}

function bodyOf({ text, encoding }: JsonObject): JsonValue | undefined {
  if (typeof text !== 'string') return undefined;
  return parseJsonOr(encoding === 'base64' ? Buffer.from(text, 'base64').toString('utf8') : text, undefined);
}

function headersOf(list: JsonValue | undefined): Record<string, string> {
  const pairs = Array.isArray(list) ? list.map(objectOf) : [];
  return Object.fromEntries(pairs.map(({ name, value }) => [String(name), String(value ?? '')]));
}

function sizeOf({ answer }: Call): number {
  return JSON.stringify(answer?.body ?? null, (_key, value) => (typeof value === 'bigint' ? String(value) : value))
    .length;
}

function parsed(text: string): JsonObject {
  return objectOf(parseJsonOr(text, null));
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function unreadable(reason: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'bad_har',
    message: `The recording can't be read. ${reason}`,
    hint: 'In the browser’s network panel: Save all as HAR with content.',
  });
}

import { type Failure, WeirError } from '#lib/errors.ts';
import { ExactNumber, isJsonObject, type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import type { ManifestTest, RecordedExchange } from '#lib/manifest/weir-block.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../http/http-client.ts';
import { MASK } from '../mask.ts';
import type { ExtractContext, PlannedSource } from '../source.ts';
import { readStream, replay, type TestRead } from './run-test.ts';

/** A case is read by people: what is larger belongs to no manifest. */
const MOST_EXCHANGES = 100;
const MOST_CHARACTERS = 1_000_000;
/** Of more records only the number is kept. */
const MOST_RECORDS = 20;

/** Headers of answers that pages, waits and decoders go by. */
const KEPT_HEADERS =
  /^(link|retry-after|content-type|location|x-.*(page|total|next|limit|remain|reset|count|cursor).*)$/i;
/** Fields of answers that carry credentials, whether or not the manifest reads them. */
const SECRET_FIELDS = /^(access_token|refresh_token|id_token|client_secret|password|secret|api_key|token)$/i;

type Given = Pick<ManifestTest, 'stream' | 'config' | 'state' | 'pages' | 'slices'>;

/**
 * Reads a stream of the live API and makes a case of it, without secrets. What it expects comes from a second read, over the recorded
 * answers: so it is sure that they suffice. @throws WeirError `too_large`, `not_text`, and where the second read fails alone
 */
export async function recordTest(
  source: PlannedSource,
  outer: ExtractContext,
  given: Given & { readonly name: string },
): Promise<ManifestTest> {
  const startedAt = outer.clock();
  startedAt.setUTCMilliseconds(0);
  const { http, seen, refusal } = recording(outer.http);
  const { config = {} } = given;
  let now = startedAt.getTime();
  const sleep = async (ms: number, signal?: AbortSignal) => {
    await outer.sleep(ms, signal);
    now += ms;
  };
  const live = await readStream(source, { ...outer, http, sleep, clock: () => new Date(now), eager: false }, given);
  outer.signal.throwIfAborted();
  const refused = refusal();
  if (refused) throw refused;
  if (live.failure && seen.length === 0) throw asError(live.failure);
  const hide = (text: string) => source.hide(config, text);
  const test: ManifestTest = {
    ...given,
    ...(given.config && { config: hidden(given.config, hide) as JsonObject }),
    now: startedAt.toISOString().replace('.000Z', 'Z'),
    exchanges: seen.map((exchange) => masked(exchange, hide)),
    expect: {},
  };
  const { read } = await replay(source, test);
  if (read.failure && !live.failure) throw notReplayed(read.failure);
  return { ...test, expect: expectationOf(read) };
}

/** Passes requests on, and keeps what came. */
function recording(inner: HttpClient) {
  const seen: RecordedExchange[] = [];
  let characters = 0;
  let refused: WeirError | null = null;
  const refuse = (error: WeirError): never => {
    refused = error;
    throw error;
  };
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const response = await inner.send(request);
    const bytes = await response.bytes();
    const text = decoded(bytes) ?? refuse(noText(request.url));
    characters += text.length;
    if (seen.length === MOST_EXCHANGES || characters > MOST_CHARACTERS) refuse(tooLarge());
    const named = response.spelledHeaders ?? response.headers;
    const headers = Object.fromEntries(Object.entries(named).filter(([name]) => KEPT_HEADERS.test(name)));
    const sent = request.body === undefined ? {} : { body: Buffer.from(request.body).toString() };
    seen.push({
      request: { ...(request.method !== 'GET' && { method: request.method }), url: request.url, ...sent },
      response: { ...(response.status !== 200 && { status: response.status }), headers, body: text },
    });
    return { ...response, body: once(bytes), bytes: async () => bytes, text: async () => text };
  };
  return { http: { send, close: () => inner.close() }, seen, refusal: () => refused };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function noText(url: string): WeirError {
  const message = `${new URL(url).host} answered with what is no text.`;
  return new WeirError({ kind: 'config', code: 'not_text', message, hint: 'Only texts can be recorded.' });
}

function masked({ request, response }: RecordedExchange, hide: (text: string) => string): RecordedExchange {
  const { headers = {}, body: answer } = response;
  const body = jsonOf(hide(String(answer ?? '')));
  const kept = Object.entries(headers).filter(([name]) => typeof body === 'string' || !/^content-type$/i.test(name));
  return {
    request: {
      ...request,
      url: hide(request.url),
      ...(request.body !== undefined && { body: withoutFields(jsonOf(hide(String(request.body)))) }),
    },
    response: {
      ...(response.status !== undefined && { status: response.status }),
      ...(kept.length > 0 && { headers: Object.fromEntries(kept.map(([name, value]) => [name, hide(value)])) }),
      ...(body !== '' && { body: withoutFields(body) }),
    },
  };
}

/** What a text says as JSON, where YAML can say the same. */
function jsonOf(text: string): JsonValue {
  try {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null && !hasExactNumber(value) ? value : text;
  } catch {
    return text;
  }
}

function hasExactNumber(value: JsonValue): boolean {
  if (value instanceof ExactNumber) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasExactNumber);
}

function withoutFields(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutFields);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      typeof item === 'string' && SECRET_FIELDS.test(key) ? MASK : withoutFields(item),
    ]),
  );
}

function hidden(value: JsonValue, hide: (text: string) => string): JsonValue {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((item) => hidden(item, hide));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hidden(item, hide)]));
}

function expectationOf({ records, state, failure }: TestRead): ManifestTest['expect'] {
  if (failure) return { error: { code: failure.code, message: failure.message } };
  const whole = records.length <= MOST_RECORDS && !records.some(hasExactNumber);
  return {
    ...(whole ? { records } : { record_count: records.length }),
    ...(state && !hasExactNumber(state) && { state }),
  };
}

function tooLarge(): WeirError {
  return new WeirError({
    ...{ kind: 'config', code: 'too_large' },
    message: `A test keeps at most ${MOST_EXCHANGES} answers of ${MOST_CHARACTERS / 1e6} MB together.`,
    hint: 'Record less of the stream: --pages 2, --slices 1.',
  });
}

function notReplayed({ code, message }: Failure): WeirError {
  return new WeirError({
    ...{ kind: 'config', code: 'not_repeatable' },
    message: `The stream was read, but not a second time over the recorded answers: ${message} (${code})`,
    hint: 'Its requests depend on a secret or on the time; write the test by hand (docs/manifest-tests.md).',
  });
}

function asError({ kind, code, message, hint, where }: Failure): WeirError {
  return new WeirError({ kind, code, message, ...(hint && { hint }), ...(where && { where }) });
}

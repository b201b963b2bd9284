import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonValue, parseJson, stringifyJson } from '#lib/json.ts';
import type { RecordedExchange } from '#lib/manifest/weir-block.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../http/http-client.ts';
import { differences, shown } from './differences.ts';

/** Something that was asked other than the test says, at the exchange where it shows. */
export interface RequestProblem {
  /** Null where nothing was recorded for the request. */
  readonly exchange: number | null;
  readonly message: string;
}

/** An API that answers by recorded exchanges, without network. */
export interface RecordedApi {
  readonly http: HttpClient;
  /** What was asked wrongly, and once the read has ended, what was never asked. */
  problems(): readonly RequestProblem[];
}

/** Code of the error that a request without a recorded answer ends in. */
export const NOT_RECORDED = 'not_recorded';

/** Gives each request the first answer that was recorded for it and not given yet. */
export function recordedApi(exchanges: readonly RecordedExchange[]): RecordedApi {
  const given = new Set<number>();
  const problems: RequestProblem[] = [];
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const fitting = exchanges.flatMap(({ request: wanted }, index) =>
      !given.has(index) && keyOf(wanted.method, wanted.url) === keyOf(request.method, request.url) ? [index] : [],
    );
    const index = fitting.find((each) => misfits(exchanges[each]?.request, request).length === 0) ?? fitting[0];
    const exchange = index === undefined ? undefined : exchanges[index];
    if (index === undefined || !exchange) {
      const message = `Nothing is recorded for ${request.method} ${request.url}`;
      problems.push({ exchange: null, message });
      throw new WeirError({ kind: 'terminal', code: NOT_RECORDED, message: `${message}.` });
    }
    given.add(index);
    for (const message of misfits(exchange.request, request)) problems.push({ exchange: index, message });
    return answerOf(exchange.response, request.url);
  };
  return {
    http: { send, close: async () => undefined },
    problems: () => [
      ...problems,
      ...exchanges.flatMap(({ request: { method = 'GET', url } }, exchange) =>
        given.has(exchange) ? [] : [{ exchange, message: `${method} ${url} was not asked` }],
      ),
    ],
  };
}

/** Parameters in any order. */
function keyOf(method = 'GET', url: string): string {
  const { origin, pathname, searchParams } = new URL(url);
  const query = [...searchParams].map(([name, value]) => `${name}=${value}`).toSorted();
  return `${method.toUpperCase()} ${origin}${decodeURI(pathname)}?${query.join('&')}`;
}

function misfits(wanted: RecordedExchange['request'] | undefined, request: HttpRequest): string[] {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const ofHeaders = Object.entries(wanted?.headers ?? {}).flatMap(([name, value]) =>
    headers[name.toLowerCase()] === value
      ? []
      : [`the header ${name} should be ${shown(value)}, and is ${shown(headers[name.toLowerCase()] ?? null)}`],
  );
  if (wanted?.body === undefined) return ofHeaders;
  const sent = Buffer.from(request.body ?? '').toString();
  const ofBody = differences(comparable(wanted.body), comparable(sent));
  return [...ofHeaders, ...ofBody.map(({ path, message }) => `the body${['', ...path].join('.')}: ${message}`)];
}

/** A JSON text and a form by what they say. */
function comparable(body: JsonValue): JsonValue {
  if (typeof body !== 'string') return body;
  try {
    const value = parseJson(body);
    return isJsonObject(value) || Array.isArray(value) ? value : body;
  } catch {
    return body.includes('=') ? Object.fromEntries(new URLSearchParams(body)) : body;
  }
}

function answerOf({ status = 200, headers = {}, body }: RecordedExchange['response'], url: string): HttpResponse {
  const isText = typeof body === 'string' || body === undefined;
  const answer = isText ? (body ?? '') : stringifyJson(body);
  const bytes = Buffer.from(answer);
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    ...{ status, url, spelledHeaders: headers },
    headers: { ...(!isText && { 'content-type': 'application/json' }), ...lower },
    body: once(bytes),
    bytes: async () => bytes,
    text: async () => answer,
  };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

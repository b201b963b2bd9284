import { setTimeout as startTimer } from 'node:timers';
import { Agent, type buildConnector, type Dispatcher } from 'undici';
import type { Guard } from '#lib/address-guard.ts';
import { guardedConnector } from '#lib/guarded-connector.ts';
import type { Log } from '#lib/log.ts';
import { decodedBody } from './decode-body.ts';
import type { HttpClient, HttpRequest, HttpResponse } from './http-client.ts';
import { explainHttpError, timeoutError } from './http-errors.ts';
import { nextHop } from './redirects.ts';
import { parseHttpUrl } from './request-url.ts';

export interface HttpDefaults {
  readonly userAgent: string;
  readonly connectTimeoutMs: number;
  /** From the request sent to the last header. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of the body. */
  readonly idleTimeoutMs: number;
  /** From `send` to the last byte of the body, redirects included. */
  readonly totalTimeoutMs: number;
  readonly maxBytes: number;
  readonly connectionsPerHost: number;
  /** Certificates to trust beside the well-known ones, as PEM. */
  readonly ca?: string;
}

const DEFAULTS: HttpDefaults = {
  userAgent: 'Weir',
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 120_000,
  idleTimeoutMs: 60_000,
  totalTimeoutMs: 300_000,
  maxBytes: 128 * 1024 * 1024,
  connectionsPerHost: 16,
};
const MAX_HEADER_BYTES = 64 * 1024;
const KEEP_ALIVE_MS = 4_000;

export interface HttpClientOptions {
  readonly guard: Guard;
  readonly clock: () => Date;
  readonly log: Log;
  readonly defaults?: Partial<HttpDefaults>;
}

/** The guarded client over undici. Connections are kept and reused until `close`. */
export function createHttpClient({ guard, clock, log, defaults }: HttpClientOptions): HttpClient {
  const limits = { ...DEFAULTS, ...defaults };
  const reused = new WeakSet<Error>();
  const agent = new Agent({
    connect: rememberingErrors(guardedConnector(guard, { timeoutMs: limits.connectTimeoutMs, ca: limits.ca }), reused),
    connections: limits.connectionsPerHost,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  return {
    async send(request) {
      const startedAt = clock().getTime();
      const response = await sendThrough(agent, reused, limits, request);
      const { host } = new URL(response.url);
      log.debug({ host, status: response.status, ms: clock().getTime() - startedAt }, 'http answer');
      return response;
    },
    close: () => agent.destroy(),
  };
}

/** Remembers errors of connections that had answered before: those may be closed by the server at any time. */
function rememberingErrors(connect: buildConnector.connector, reused: WeakSet<Error>): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...result: Parameters<buildConnector.Callback>) => {
      const [, socket] = result;
      socket?.prependListener('error', (error) => socket.bytesRead > 0 && reused.add(error));
      callback(...result);
    });
}

async function sendThrough(agent: Agent, reused: WeakSet<Error>, limits: HttpDefaults, request: HttpRequest) {
  const deadline = totalDeadline(request, limits);
  try {
    let hop = { request: withDefaults(request, limits), url: parseHttpUrl(request.url) };
    for (let redirects = 0; ; redirects++) {
      const answer = await dispatch(agent, reused, limits, hop.request, hop.url, deadline.signal);
      const next = request.followRedirects === false ? null : nextHop(hop, answer, redirects);
      if (!next) return toResponse(answer, hop.url, request, limits, deadline.clear);
      await answer.body.dump();
      hop = next;
    }
  } catch (error) {
    deadline.clear();
    throw error;
  }
}

/** One request on the wire; a second one only where a kept connection had been closed under a repeatable request. */
async function dispatch(
  agent: Agent,
  reused: WeakSet<Error>,
  limits: HttpDefaults,
  request: HttpRequest,
  url: URL,
  signal: AbortSignal,
): Promise<Received> {
  const send = async () => {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method.toUpperCase() as Dispatcher.HttpMethod,
      headers: { ...request.headers },
      body: request.body ?? null,
      headersTimeout: limits.headersTimeoutMs,
      bodyTimeout: limits.idleTimeoutMs,
      responseHeaders: 'raw',
      signal,
    });
    return withHeaders(answer);
  };
  try {
    return await send().catch((error) => {
      if (!isStaleConnection(error, reused) || !REPEATABLE.includes(request.method.toUpperCase())) throw error;
      return send();
    });
  } catch (error) {
    throw explainHttpError(error, { host: url.host, phase: 'headers', signal: request.signal });
  }
}

/** An answer whose body has not come yet. */
interface Received extends Omit<Dispatcher.ResponseData, 'headers'> {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly spelledHeaders: Readonly<Record<string, string>>;
}

/** Undici gives raw headers as names and values in turn. */
function withHeaders(answer: Dispatcher.ResponseData): Received {
  const raw = answer.headers as unknown as readonly string[];
  const headers: Record<string, string> = {};
  const spelledHeaders: Record<string, string> = {};
  const add = (into: Record<string, string>, name: string, value: string) => {
    into[name] = Object.hasOwn(into, name) ? `${into[name]}, ${value}` : value;
  };
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name = '', value = ''] = raw.slice(index, index + 2);
    add(headers, name.toLowerCase(), value);
    add(spelledHeaders, name, value);
  }
  return { ...answer, headers, spelledHeaders };
}

const REPEATABLE = ['GET', 'HEAD', 'OPTIONS'];

function isStaleConnection(error: unknown, reused: WeakSet<Error>): boolean {
  if (!(error instanceof Error)) return false;
  const { code, socket } = error as { code?: string; socket?: { bytesRead?: number } };
  return reused.has(error) || (code === 'UND_ERR_SOCKET' && (socket?.bytesRead ?? 0) > 0);
}

function withDefaults(request: HttpRequest, limits: HttpDefaults): HttpRequest {
  const names = new Set(Object.keys(request.headers).map((name) => name.toLowerCase()));
  const missing = (name: string, value: string) => (names.has(name) ? {} : { [name]: value });
  const { username, password } = parseHttpUrl(request.url);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = {
    ...missing('user-agent', limits.userAgent),
    ...missing('accept', '*/*'),
    ...missing('accept-encoding', 'gzip, deflate, br'),
    ...(username && missing('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)),
    ...request.headers,
  };
  return { ...request, headers };
}

function totalDeadline(request: HttpRequest, limits: HttpDefaults): { signal: AbortSignal; clear: () => void } {
  const totalMs = request.totalTimeoutMs ?? limits.totalTimeoutMs;
  const controller = new AbortController();
  const host = URL.canParse(request.url) ? new URL(request.url).host : '';
  const timer = startTimer(() => controller.abort(timeoutError(host, `did not finish within ${totalMs} ms`)), totalMs);
  timer.unref();
  const signal = request.signal ? AbortSignal.any([request.signal, controller.signal]) : controller.signal;
  return { signal, clear: () => clearTimeout(timer) };
}

function toResponse(
  answer: Received,
  url: URL,
  request: HttpRequest,
  limits: HttpDefaults,
  onEnd: () => void,
): HttpResponse {
  const { headers, spelledHeaders } = answer;
  const body = decodedBody(answer.body, {
    encoding: hasBody(request, answer.statusCode) ? (headers['content-encoding'] ?? '') : '',
    host: url.host,
    signal: request.signal,
    maxBytes: request.maxBytes ?? limits.maxBytes,
    onEnd,
  });
  const bytes = async () => {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  const text = async () => textDecoder(headers['content-type']).decode(await bytes());
  return { status: answer.statusCode, headers, spelledHeaders, url: withoutSecrets(url), body, bytes, text };
}

/** For the charset that the answer names, UTF-8 otherwise. */
function textDecoder(contentType = ''): TextDecoder {
  const [, charset = 'utf-8'] = /charset\s*=\s*"?([^";\s]+)/i.exec(contentType) ?? [];
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}

function hasBody({ method }: HttpRequest, status: number): boolean {
  return method.toUpperCase() !== 'HEAD' && status !== 204 && status !== 304;
}

function withoutSecrets(url: URL): string {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return plain.href;
}

import type { HttpClient, HttpRequest, HttpResponse } from '../http/http-client.ts';
import { truncated } from '../http/http-errors.ts';

const SLOW_MS = 3_000;

/** What an API may do to a read: each shows how the stream takes it. */
export const FAULTS = ['rate_limit', 'server_errors', 'slow', 'cut', 'repeat', 'expired_token'] as const;
export type Fault = (typeof FAULTS)[number];

interface Means {
  readonly sleep: (ms: number) => Promise<void>;
  /** Told of each fault as it is made. */
  readonly say: (message: string) => void;
}

type Answer = (response: () => Promise<HttpResponse>) => Promise<HttpResponse>;

interface Made {
  readonly says: string;
  /** How many requests it meets. */
  readonly times: number;
  readonly answer: (request: HttpRequest, means: Means, before: HttpResponse | null) => Answer;
}

const MADE: Readonly<Record<Fault, Made>> = {
  expired_token: {
    ...{ says: '401, the token has expired', times: 1 },
    answer: (request) => async () => answerOf(request, 401, { error: 'token expired' }),
  },
  rate_limit: {
    ...{ says: '429 with Retry-After: 1', times: 1 },
    answer: (request) => async () => answerOf(request, 429, { error: 'too many requests' }, { 'retry-after': '1' }),
  },
  server_errors: {
    ...{ says: '500', times: 2 },
    answer: (request) => async () => answerOf(request, 500, { error: 'internal error' }),
  },
  slow: {
    ...{ says: `an answer after ${SLOW_MS / 1000} s`, times: 1 },
    answer:
      (_request, { sleep }) =>
      async (response) => {
        await sleep(SLOW_MS);
        return response();
      },
  },
  cut: {
    ...{ says: 'an answer that breaks off half way', times: 1 },
    answer: (request) => async (response) => cutShort(await response(), request),
  },
  repeat: {
    ...{ says: 'the answer before once more', times: 1 },
    answer: (_request, _means, before) => async (response) => before ?? response(),
  },
};

/**
 * An API that works but for the faults that were asked for: each meets the next request that no other fault has met, in the order of
 * `FAULTS`' effect on a read (a token, a limit, errors, delays, broken and repeated pages). Logins are left alone.
 */
export function misbehaving(inner: HttpClient, faults: readonly Fault[], means: Means): HttpClient {
  const waiting = (Object.keys(MADE) as Fault[])
    .filter((fault) => faults.includes(fault))
    .flatMap((fault) => Array.from({ length: MADE[fault].times }, () => fault));
  let before: { key: string; response: HttpResponse } | null = null;
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const key = `${request.method} ${request.url}`;
    const fault = isLogin(request) ? undefined : waiting[0];
    // A page can be repeated only in the place of another one.
    const met = fault === 'repeat' && (before === null || before.key === key) ? undefined : fault;
    const real = () => inner.send(request);
    if (met === undefined) {
      const response = await (waiting.includes('repeat') ? kept(await real()) : real());
      if (response.status < 400) before = { key, response };
      return response;
    }
    waiting.shift();
    means.say(`Made by this test: ${MADE[met].says} (${request.method} ${new URL(request.url).pathname})`);
    return MADE[met].answer(request, means, before?.response ?? null)(real);
  };
  return { send, close: () => inner.close() };
}

function isLogin({ body }: HttpRequest): boolean {
  return body !== undefined && /grant_type/.test(Buffer.from(body).toString());
}

function answerOf(
  { url }: HttpRequest,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): HttpResponse {
  const bytes = Buffer.from(JSON.stringify(body));
  return answer({ status, url, headers: { 'content-type': 'application/json', ...headers } }, bytes);
}

/** Can be read more than once. */
async function kept(response: HttpResponse): Promise<HttpResponse> {
  return answer(response, await response.bytes());
}

function answer(
  head: Pick<HttpResponse, 'status' | 'url' | 'headers' | 'spelledHeaders'>,
  bytes: Uint8Array,
): HttpResponse {
  const { status, url, headers, spelledHeaders } = head;
  return {
    ...{ status, url, headers, ...(spelledHeaders && { spelledHeaders }) },
    body: { [Symbol.asyncIterator]: () => once(bytes) },
    bytes: async () => bytes,
    text: async () => new TextDecoder().decode(bytes),
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function cutShort(response: HttpResponse, { url }: HttpRequest): Promise<HttpResponse> {
  const bytes = await response.bytes();
  const broken = () => truncated(new URL(url).host);
  const fail = async (): Promise<never> => {
    throw broken();
  };
  const half = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, Math.floor(bytes.length / 2));
    throw broken();
  };
  return { ...answer(response, bytes), body: { [Symbol.asyncIterator]: half }, bytes: fail, text: fail };
}

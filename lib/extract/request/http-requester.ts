import { toFailure, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, stringifyJson } from '#lib/json.ts';
import { type Build, component, defineKind, PAGE, SLICE, template } from '#lib/manifest/kind.ts';
import {
  interpolateHeaders,
  interpolateNested,
  interpolateParameters,
  interpolateText,
} from '#lib/manifest/template/interpolate.ts';
import type { Answer, Authenticator, ErrorHandler, Requester, RequestParts, Resolution } from '../families.ts';
import type { HttpResponse } from '../http/http-client.ts';
import { scopeOf } from '../scope.ts';
import { type Slice, sliceKey, sliceVariables } from '../slice.ts';
import type { ExtractContext } from '../source.ts';
import { answerOf } from './answer.ts';
import { mergeParts } from './merge-parts.ts';
import { refusedAnswer } from './refused-answer.ts';

const VARIABLES = [...SLICE, ...PAGE];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'get', 'post'];
/** Waits for one page, all tries together; the CDK's limit. */
const MOST_WAITING_MS = 600_000;
const MOST_WAIT_S = 600;

const options = (docs: string) => ({
  docs,
  types: ['object', 'string'] as const,
  variables: ['config', 'parameters', ...VARIABLES],
});

export const httpRequester = defineKind<Requester>({
  name: 'HttpRequester',
  family: 'requester',
  docs: 'Sends the HTTP requests of a stream.',
  example: 'type: HttpRequester\nurl: https://api.example.com/orders\n',
  fields: {
    url: template('The whole address.', VARIABLES),
    url_base: template('The address that paths are added to.', VARIABLES),
    path: template('The path of this stream.', VARIABLES),
    http_method: { docs: 'GET when absent.', types: ['string'], values: METHODS },
    authenticator: component('How the request proves who sends it.', 'authenticator'),
    request_parameters: options('Query parameters.'),
    request_headers: options('Headers.'),
    request_body_data: options('A form body, or its text.'),
    request_body_json: options('A JSON body.'),
    request_body: component('A body of any kind.', 'request_body'),
    error_handler: component('What answers mean that are no success, and when to try again.', 'error_handler', {
      defaultType: 'DefaultErrorHandler',
    }),
    use_cache: { docs: 'Read the same request once in a sync.', types: ['boolean'] },
  },
  problems: (requester) =>
    requester.url || requester.url_base ? [] : [{ message: 'HttpRequester needs url, or url_base and path.' }],
  create: (requester, build) => new HttpSender(requester, build),
});

class HttpSender implements Requester {
  readonly #component: JsonObject;
  readonly #build: Build;
  readonly #authenticator: Authenticator | null;
  readonly #errors: ErrorHandler;
  readonly #method: string;

  constructor(requester: JsonObject, build: Build) {
    this.#component = requester;
    this.#build = build;
    this.#authenticator = requester.authenticator ? build.create<Authenticator>(requester.authenticator) : null;
    this.#errors = build.create<ErrorHandler>(requester.error_handler ?? { type: 'DefaultErrorHandler' });
    this.#method = String(requester.http_method ?? 'GET').toUpperCase();
  }

  async send(context: ExtractContext, request: Parameters<Requester['send']>[1]): ReturnType<Requester['send']> {
    const { slice, stream, page } = request;
    let waited = 0;
    let renewed = false;
    for (let tries = 1; ; tries++) {
      context.signal.throwIfAborted();
      const startedAt = context.clock();
      const outgoing = await this.#outgoing(context, request);
      let answer: Answer | null = null;
      let error: WeirError | null = null;
      let response: HttpResponse | null = null;
      try {
        response = await context.http.send({ ...outgoing, signal: context.signal });
        answer = await answerOf(response);
      } catch (thrown) {
        context.signal.throwIfAborted();
        error =
          thrown instanceof WeirError
            ? thrown
            : new WeirError({
                kind: 'transient',
                code: 'unreachable',
                message: toFailure(thrown).message,
                cause: thrown,
              });
      }
      const resolution = this.#resolve(answer, error, renewed);
      const wait = isRetry(resolution) ? this.#waitSeconds(answer, tries) : undefined;
      const giveUp = wait !== undefined && (tries > this.#errors.maxRetries || waited + wait * 1000 > MOST_WAITING_MS);
      context.onExchange?.({
        ...{ stream, slice: sliceKey(slice), page, try: tries, startedAt: startedAt.toISOString() },
        durationMs: context.clock().getTime() - startedAt.getTime(),
        request: { ...outgoing, body: outgoing.body ?? '' },
        ...(answer && {
          response: {
            status: answer.status,
            headers: flat(response?.headers),
            body: bodyText(answer),
            bytes: answer.bytes,
          },
        }),
        action:
          ({ SUCCESS: 'success', IGNORE: 'ignore' } as const)[resolution.action as 'SUCCESS'] ??
          (wait !== undefined && !giveUp ? 'retry' : 'fail'),
        ...(wait !== undefined && !giveUp && { waitMs: wait * 1000 }),
        ...(error && { error: error.message }),
      });
      if (resolution.action === 'SUCCESS' && answer) return answer;
      if (resolution.action === 'IGNORE') return answer && answer.status < 400 ? answer : null;
      if (wait === undefined || giveUp)
        throw refusedAnswer({ answer, error, resolution, tries, stream, page, url: outgoing.url });
      if (answer?.status === 401) renewed = true;
      if (wait > 0) await context.sleep(wait * 1000);
      waited += wait * 1000;
    }
  }

  #resolve(answer: Answer | null, error: WeirError | null, renewed: boolean): Resolution {
    if (error !== null) return this.#errors.resolveError(error);
    const resolution = (answer && this.#errors.resolve(answer)) ?? { action: 'SUCCESS' };
    // A token that ran out in the middle is fetched anew, once.
    if (answer?.status === 401 && resolution.action === 'FAIL' && !renewed && this.#authenticator?.renew())
      return { action: 'REFRESH_TOKEN_THEN_RETRY' };
    return resolution;
  }

  #waitSeconds(answer: Answer | null, tries: number): number {
    if (answer?.status === 401) return 0;
    const chosen = this.#errors.backoff(answer, tries) ?? retryAfter(answer, this.#build.now());
    return Math.min(MOST_WAIT_S, chosen ?? 2 ** (tries - 1));
  }

  async #outgoing(context: ExtractContext, { slice, parts, token }: Parameters<Requester['send']>[1]) {
    const variables = { ...sliceVariables(slice), next_page_token: token === null ? {} : { next_page_token: token } };
    const credentials = await this.#authenticator?.parts(context);
    const merged = mergeParts([this.#own(variables), ...(credentials ? [credentials] : []), ...parts]);
    const url = this.#url(variables, merged.path, slice);
    for (const [name, value] of Object.entries(merged.params)) addParameter(url, name, value);
    const body = this.#body(merged);
    const type: Record<string, string> =
      body === null || hasHeader(merged.headers, 'content-type') ? {} : { 'content-type': body.type };
    return {
      method: this.#method,
      url: url.href,
      headers: { accept: 'application/json, */*', ...type, ...merged.headers },
      ...(body && { body: body.text }),
    };
  }

  #own(variables: Record<string, unknown>): RequestParts {
    const scope = scopeOf(this.#build, this.#component, variables);
    const {
      request_parameters: params,
      request_headers: headers,
      request_body_data: data,
      request_body_json: json,
      request_body: body,
    } = this.#component;
    const inner = isJsonObject(body) ? body : {};
    const jsonSource =
      json ?? (inner.type === 'RequestBodyJsonObject' || inner.type === 'RequestBodyGraphQL' ? inner.value : undefined);
    const dataSource =
      data ??
      (inner.type === 'RequestBodyUrlEncodedForm' || inner.type === 'RequestBodyPlainText' ? inner.value : undefined);
    const mapping = (source: unknown) =>
      typeof source === 'string'
        ? parsedMapping(interpolateText(source, scope))
        : isJsonObject(source)
          ? interpolateParameters(source, scope)
          : {};
    return {
      params: mapping(params),
      headers: isJsonObject(headers) ? interpolateHeaders(headers, scope) : {},
      bodyData: typeof dataSource === 'string' ? { [PLAIN]: interpolateText(dataSource, scope) } : mapping(dataSource),
      bodyJson: jsonSource === undefined ? {} : asObject(interpolateNested(jsonSource, scope)),
    };
  }

  #url(variables: Record<string, unknown>, replaced: string | undefined, slice: Slice): URL {
    const scope = scopeOf(this.#build, this.#component, variables);
    const { url, url_base: base, path } = this.#component;
    const start = interpolateText(String(url ?? base ?? ''), scope);
    const below = replaced ?? (url ? '' : interpolateText(String(path ?? ''), scope));
    const joined = below
      ? new URL(below.replace(/^\/+/, ''), start.endsWith('/') ? start : `${start}/`)
      : parsedUrl(start, slice);
    return joined;
  }

  #body({
    bodyData,
    bodyJson,
  }: {
    bodyData: Readonly<Record<string, string | string[]>>;
    bodyJson: JsonObject;
  }): { text: string; type: string } | null {
    if (this.#method === 'GET' && Object.keys(bodyData).length === 0 && Object.keys(bodyJson).length === 0) return null;
    if (PLAIN in bodyData) return { text: String(bodyData[PLAIN]), type: 'text/plain' };
    if (Object.keys(bodyJson).length > 0) return { text: stringifyJson(bodyJson), type: 'application/json' };
    if (Object.keys(bodyData).length === 0) return null;
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(bodyData)) for (const item of [value].flat()) form.append(name, item);
    return { text: form.toString(), type: 'application/x-www-form-urlencoded' };
  }
}

/** Key under which a body that is plain text travels; no form field can have it. */
const PLAIN = '\u0000plain';

/** A parameter that the address carries already with the same value stays single. */
function addParameter(url: URL, name: string, value: string | string[]): void {
  const known = url.searchParams.getAll(name);
  for (const item of [value].flat()) if (!known.includes(item)) url.searchParams.append(name, item);
}

function parsedUrl(text: string, slice: Slice): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new WeirError({
    kind: 'config',
    code: 'bad_url',
    message: `${JSON.stringify(text)} is no address.`,
    hint: 'Look at url and url_base, and at the values of the config that they use.',
    where: { slice: sliceKey(slice) },
  });
}

function parsedMapping(text: string): Record<string, string | string[]> {
  const pairs: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) pairs[name] = [...(pairs[name] ?? []), value];
  return pairs;
}

function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function hasHeader(headers: Readonly<Record<string, string>>, name: string): boolean {
  return Object.keys(headers).some((key) => key.toLowerCase() === name);
}

function isRetry({ action }: Resolution): boolean {
  return action === 'RETRY' || action === 'RATE_LIMITED' || action === 'REFRESH_TOKEN_THEN_RETRY';
}

/** Seconds or a date; a date in the past means now. */
function retryAfter(answer: Answer | null, now: Date): number | null {
  const header = answer?.headers['retry-after'];
  if (typeof header !== 'string') return null;
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}

function flat(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return { ...headers };
}

const SHOWN = 65_536;

function bodyText({ body }: Answer): string {
  const text = typeof body === 'string' ? body : stringifyJson(body);
  return text.length > SHOWN ? text.slice(0, SHOWN) : text;
}

import { toFailure, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, stringifyJson } from '#lib/json.ts';
import type { Build } from '#lib/manifest/kind.ts';
import type { ApiBudget } from '../budget/call-rate-policy.ts';
import type {
  Answer,
  Authenticator,
  ErrorHandler,
  PageRequest,
  PreparedRequest,
  Requester,
  Resolution,
} from '../families.ts';
import { NOT_SENT } from '../http/refusing-client.ts';
import { retryAfterSeconds } from '../http/retry-after.ts';
import { sliceKey } from '../slice.ts';
import type { ExtractContext } from '../source.ts';
import { answerOf } from './answer.ts';
import { type Outgoing, outgoingRequest } from './outgoing.ts';
import { refusedAnswer, saidOf } from './refused-answer.ts';
import { ResponseCache } from './response-cache.ts';

/** After so much waiting for one page there is no other try; the CDK's limit. */
const MOST_WAITING_MS = 600_000;
/** One wait, where the manifest does not say how long. */
const MOST_WAIT_S = 600;
/** One wait that the manifest's strategies ask for, such as until an hourly limit is lifted. */
const MOST_DECLARED_WAIT_S = 7_200;
/** Bodies are shown up to here. */
const SHOWN = 65_536;
/** Of a download that goes to a file. */
const SPOOLED = { maxBytes: 20 * 1024 ** 3, totalTimeoutMs: 3_600_000 };
/** Sending these twice changes nothing more than sending them once. */
const REPEATABLE = ['GET', 'HEAD', 'PUT', 'DELETE'];

/** How one try ended, and what is made of it. `waitS` is null where there is no other try. */
interface Try {
  readonly outgoing: Outgoing;
  readonly answer: Answer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly error: WeirError | null;
  readonly resolution: Resolution;
  readonly waitS: number | null;
}

/** Sends requests: options together, budget, cache, tries and waits. */
export class HttpSender implements Requester {
  readonly #component: JsonObject;
  readonly #build: Build;
  readonly #authenticator: Authenticator | null;
  readonly #errors: ErrorHandler;
  readonly #method: string;
  readonly #repeatable: boolean;
  readonly #budget: ApiBudget | null;
  readonly #cache: ResponseCache | null;

  constructor(component: JsonObject, build: Build) {
    this.#component = component;
    this.#build = build;
    const { authenticator } = component;
    // Some of them ask the same API for their token.
    const base = component.url_base ?? component.url;
    this.#authenticator = isJsonObject(authenticator)
      ? build.create<Authenticator>({ ...(base !== undefined && { url_base: base }), ...authenticator })
      : null;
    this.#errors = build.create<ErrorHandler>(component.error_handler ?? { type: 'DefaultErrorHandler' });
    this.#method = String(component.http_method ?? 'GET').toUpperCase();
    const { request_body: body } = component;
    // A POST may change something: it is sent again only when the manifest says what its failures mean, or when it is a query.
    this.#repeatable =
      REPEATABLE.includes(this.#method) ||
      isJsonObject(component.error_handler) ||
      (isJsonObject(body) && body.type === 'RequestBodyGraphQL');
    const budget = build.manifest?.apiBudget;
    this.#budget = budget ? build.shared('api_budget', () => build.create<ApiBudget>(budget)) : null;
    const cached = component.use_cache === true && this.#method === 'GET';
    this.#cache = cached ? build.shared('response_cache', () => new ResponseCache()) : null;
  }

  async send(context: ExtractContext, request: PageRequest): Promise<Answer | null> {
    if (!this.#cache) return this.#ask(context, request);
    return this.#cache.once(await this.#outgoing(context, request), () => this.#ask(context, request));
  }

  async #ask(context: ExtractContext, request: PageRequest): Promise<Answer | null> {
    let waitedMs = 0;
    let renewed = false;
    for (let tries = 1; ; tries++) {
      context.signal.throwIfAborted();
      const startedAt = context.clock();
      const outgoing = await this.#outgoing(context, request);
      await this.#turn(context, outgoing);
      const spools = request.spools === true && this.#cache === null;
      const result = await this.#attempt(context, outgoing, { tries, waitedMs, renewed, spools });
      this.#tell(context, request, { ...result, tries, startedAt });
      const { answer, error, resolution, waitS } = result;
      // What is no success has no records, whatever the rules call it.
      if (resolution.action === 'SUCCESS' || resolution.action === 'IGNORE')
        if (answer && answer.status < 400) return answer;
      await answer?.file?.remove();
      if (resolution.action === 'SUCCESS' || resolution.action === 'IGNORE') return null;
      if (resolution.action === 'RESET_PAGINATION') throw paginationReset(request);
      if (waitS === null) throw refusedAnswer({ ...request, answer, error, resolution, tries, url: outgoing.url });
      renewed ||= resolution.action === 'REFRESH_TOKEN_THEN_RETRY';
      if (waitS > 0) await context.sleep(waitS * 1000);
      waitedMs += waitS * 1000;
    }
  }

  async prepare(context: ExtractContext, request: PageRequest): Promise<PreparedRequest> {
    try {
      return await this.#outgoing(context, request);
    } catch (error) {
      if (!(error instanceof WeirError) || error.code !== NOT_SENT) throw error;
      const parts = { component: this.#component, method: this.#method, authenticator: null };
      const outgoing = await outgoingRequest(parts, this.#build, context, request);
      return { ...outgoing, login: error.where.url ?? 'the API' };
    }
  }

  #outgoing(context: ExtractContext, request: PageRequest): Promise<Outgoing> {
    const parts = { component: this.#component, method: this.#method, authenticator: this.#authenticator };
    return outgoingRequest(parts, this.#build, context, request);
  }

  /** Waits until the budget of the API has room. */
  async #turn(context: ExtractContext, outgoing: Outgoing): Promise<void> {
    const waitMs = this.#budget?.take(outgoing, context.clock().getTime()) ?? 0;
    if (waitMs <= 0) return;
    context.log.debug({ waitMs, host: new URL(outgoing.url).host }, 'waits for the budget of the API');
    await context.sleep(waitMs);
  }

  async #attempt(
    context: ExtractContext,
    outgoing: Outgoing,
    { tries, waitedMs, renewed, spools }: { tries: number; waitedMs: number; renewed: boolean; spools: boolean },
  ): Promise<Try> {
    const { answer, headers, error } = await this.#receive(context, outgoing, spools);
    if (answer) this.#budget?.update(outgoing, answer, context.clock().getTime());
    const resolution = this.#resolve(outgoing, answer, error, renewed);
    const result = { outgoing, answer, headers, error, resolution };
    if (!isRetry(resolution)) return { ...result, waitS: null };
    if (resolution.action === 'REFRESH_TOKEN_THEN_RETRY') return { ...result, waitS: 0 };
    if (tries > this.#errors.maxRetries || (resolution.action === 'RETRY' && !this.#repeatable))
      return { ...result, waitS: null };
    try {
      const waitS = this.#waitSeconds(answer, tries);
      return { ...result, waitS: waitedMs >= MOST_WAITING_MS ? null : waitS };
    } catch (refused) {
      if (!(refused instanceof WeirError)) throw refused;
      return { ...result, error: refused, waitS: null };
    }
  }

  async #receive(
    context: ExtractContext,
    outgoing: Outgoing,
    spools: boolean,
  ): Promise<Pick<Try, 'answer' | 'headers' | 'error'>> {
    const seconds = Number(this.#component.read_timeout_in_seconds ?? 0);
    const limits = { ...(spools && SPOOLED), ...(seconds > 0 && { totalTimeoutMs: seconds * 1000 }) };
    try {
      const response = await context.http.send({ ...outgoing, ...limits, signal: context.signal });
      return { answer: await answerOf(response, spools), headers: response.headers, error: null };
    } catch (thrown) {
      context.signal.throwIfAborted();
      const error =
        thrown instanceof WeirError
          ? thrown
          : new WeirError({
              kind: 'transient',
              code: 'unreachable',
              message: toFailure(thrown).message,
              cause: thrown,
            });
      return { answer: null, headers: {}, error };
    }
  }

  #resolve(outgoing: Outgoing, answer: Answer | null, error: WeirError | null, renewed: boolean): Resolution {
    if (error !== null || answer === null)
      return error ? this.#errors.resolveError(error) : { action: 'FAIL', failureType: 'system_error' };
    const resolution = this.#errors.resolve(answer) ?? { action: 'SUCCESS' };
    const asked = resolution.action === 'REFRESH_TOKEN_THEN_RETRY';
    // A token that ran out in the middle is fetched anew, once, whether the manifest says so or not.
    if (!asked && !(answer.status === 401 && resolution.action === 'FAIL')) return resolution;
    if (renewed) return asked ? { ...resolution, action: 'FAIL', failureType: 'config_error' } : resolution;
    if (this.#authenticator?.renew(JSON.stringify(outgoing)))
      return { ...resolution, action: 'REFRESH_TOKEN_THEN_RETRY' };
    return asked ? { ...resolution, action: 'RETRY' } : resolution;
  }

  #waitSeconds(answer: Answer | null, tries: number): number {
    const declared = this.#errors.backoff(answer, tries);
    if (declared === null)
      return Math.min(
        MOST_WAIT_S,
        retryAfterSeconds(answer?.headers['retry-after'], this.#build.now()) ?? 2 ** (tries - 1),
      );
    if (declared <= MOST_DECLARED_WAIT_S) return declared;
    throw new WeirError({
      kind: 'transient',
      code: 'wait_too_long',
      message: `The API asks to wait ${Math.ceil(declared)} s, and a sync waits ${MOST_DECLARED_WAIT_S} s at the most.`,
      hint: 'Sync again later, or less often.',
    });
  }

  #tell(
    context: ExtractContext,
    { stream, slice, page }: PageRequest,
    { outgoing, answer, headers, error, resolution, waitS, tries, startedAt }: Try & { tries: number; startedAt: Date },
  ): void {
    if (answer?.status === 429 && waitS !== null) context.onRateLimited?.();
    if (waitS !== null && waitS > 0)
      context.onRetry?.({
        stream,
        said: saidOf({ answer, error, resolution, url: outgoing.url }),
        tries,
        waitMs: waitS * 1000,
      });
    context.onExchange?.({
      ...{ stream, slice: sliceKey(slice), page, try: tries, startedAt: startedAt.toISOString() },
      durationMs: context.clock().getTime() - startedAt.getTime(),
      request: { ...outgoing, body: outgoing.body ?? '' },
      ...(answer && {
        response: { status: answer.status, headers: { ...headers }, body: bodyText(answer), bytes: answer.bytes },
      }),
      action: ACTIONS[resolution.action] ?? (waitS === null ? 'fail' : 'retry'),
      ...(waitS !== null && { waitMs: waitS * 1000 }),
      ...(error && { error: error.message }),
    });
  }
}

const ACTIONS: Partial<Record<Resolution['action'], 'success' | 'ignore' | 'retry'>> = {
  SUCCESS: 'success',
  IGNORE: 'ignore',
  RESET_PAGINATION: 'retry',
};

/** Code of the error by which a slice is read from its first page again. */
export const RESET_PAGINATION = 'reset_pagination';

function paginationReset({ stream, page }: PageRequest): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: RESET_PAGINATION,
    message: 'The API asks to read the slice from its first page again.',
    where: { stream, page },
  });
}

function isRetry({ action }: Resolution): boolean {
  return action === 'RETRY' || action === 'RATE_LIMITED' || action === 'REFRESH_TOKEN_THEN_RETRY';
}

/** What nests too deep to be written is shown as it came. */
function bodyText({ body, raw }: Answer): string {
  try {
    const text = typeof body === 'string' ? body : stringifyJson(body);
    return text.slice(0, SHOWN);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return Buffer.from(raw.subarray(0, SHOWN)).toString();
  }
}

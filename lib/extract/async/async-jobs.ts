import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { str } from '#lib/manifest/template/values.ts';
import type { Gate } from '../concurrency/gate.ts';
import type { Answer, Decoder, Extractor, Requester } from '../families.ts';
import type { Slice } from '../slice.ts';
import type { ExtractContext } from '../source.ts';
import type { JobStatus, StatusMapping } from './status-mapping.ts';

/** Between two looks at a job; the CDK's. */
const LOOK_EVERY_MS = 5_000;
const DEFAULT_TIMEOUT_MINUTES = 60;
/** Jobs that are started for one slice before it counts as failed. */
const MOST_TRIES = 3;
/** For stopping a job when the read was cancelled. */
const ABORT_WITHIN_MS = 10_000;

export interface JobParts {
  readonly creation: Requester;
  readonly polling: Requester;
  readonly targets: Requester | null;
  readonly abort: Requester | null;
  readonly delete: Requester | null;
  readonly statusExtractor: Extractor;
  readonly targetExtractor: Extractor | null;
  readonly statuses: StatusMapping;
  readonly decoder: Decoder;
  readonly timeoutMinutes: number | null;
  readonly failedWaitS: number | null;
  /** Jobs of the source that run at once. */
  readonly slots: Gate;
}

/** A job as far as it has come: what its requests see. */
interface Job {
  readonly context: ExtractContext;
  readonly stream: string;
  readonly slice: Slice;
  readonly startedMs: number;
}

/** A job that is done, and the answer that said so. */
interface DoneJob {
  readonly job: Job;
  readonly status: 'completed' | 'skipped';
  readonly answer: Answer;
}

/** Runs the jobs of a stream: one for each slice, started, watched, downloaded, removed. */
export class AsyncJobs {
  readonly #parts: JobParts;

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  /** The downloads of a slice, each as a slice whose templates see the job. The job is removed once all were read. */
  async *downloads(context: ExtractContext, slice: Slice, stream: string): AsyncGenerator<Slice> {
    const { job, status, answer } = await this.#parts.slots.run(() => this.#finished({ context, slice, stream }));
    if (status === 'skipped') return;
    const done = { ...job, slice: withExtra(job.slice, { polling_response: shown(answer) }) };
    for (const target of await this.#targets(done, answer)) yield withExtra(done.slice, { download_target: target });
    await this.#remove(done);
  }

  /** The slice's job in the end, started anew where it failed or took too long. */
  async #finished(of: Pick<Job, 'context' | 'slice' | 'stream'>): Promise<DoneJob> {
    for (let tries = 1; ; tries++) {
      const job = await this.#started(of, tries);
      const [status, answer] = job ? await this.#watched(job) : ['failed' as const, null];
      if (job && answer && (status === 'completed' || status === 'skipped')) return { job, status, answer };
      if (job && status === 'timeout') await this.#stop(job);
      if (tries >= MOST_TRIES) throw jobFailed(status, tries);
      of.context.log.warn({ stream: of.stream, status, tries }, 'a job is started again');
      const { failedWaitS } = this.#parts;
      const waitMs = job && status === 'failed' && failedWaitS ? failedWaitS * 1000 : LOOK_EVERY_MS;
      await of.context.sleep(waitMs);
    }
  }

  /** Null where the API could not start it, and may another time. */
  async #started(of: Pick<Job, 'context' | 'slice' | 'stream'>, tries: number): Promise<Job | null> {
    try {
      const answer = await this.#parts.creation.send(of.context, request(of));
      if (answer === null) throw noAnswer('start a job');
      const slice = withExtra(of.slice, { creation_response: shown(answer) });
      return { ...of, slice, startedMs: of.context.clock().getTime() };
    } catch (error) {
      of.context.signal.throwIfAborted();
      const again = error instanceof WeirError && error.kind === 'transient' && tries < MOST_TRIES;
      if (!again) throw error;
      return null;
    }
  }

  /** How it ended, and the answer that said so. A job that nobody waits for any more is stopped. */
  async #watched(job: Job): Promise<[JobStatus, Answer | null]> {
    const { polling, timeoutMinutes } = this.#parts;
    const untilMs = job.startedMs + (timeoutMinutes ?? DEFAULT_TIMEOUT_MINUTES) * 60_000;
    try {
      for (;;) {
        const answer = await polling.send(job.context, request(job));
        if (answer === null) throw noAnswer('say how the job stands');
        const status = await this.#statusIn(answer, job);
        if (status !== 'running') return [status, answer];
        if (job.context.clock().getTime() > untilMs) return ['timeout', answer];
        await job.context.sleep(LOOK_EVERY_MS);
      }
    } catch (error) {
      if (job.context.signal.aborted) await this.#stop(job);
      throw error;
    }
  }

  async #statusIn(answer: Answer, { stream }: Job): Promise<JobStatus> {
    const { statusExtractor, statuses } = this.#parts;
    const [found = null] = await this.#extracted(answer, statusExtractor, stream);
    const word = str(found);
    const status = statuses.get(word);
    if (status) return status;
    throw new WeirError({
      kind: 'config',
      code: 'unknown_job_status',
      message: `The API says ${JSON.stringify(word)} of the job, which status_mapping does not name.`,
      hint: `Known are ${[...statuses.keys()].join(', ')}; look at status_extractor too.`,
      where: { stream },
    });
  }

  /** An empty text stands for the one download of a job that names none. */
  async #targets(job: Job, polled: Answer): Promise<JsonValue[]> {
    const { targets, targetExtractor } = this.#parts;
    if (!targetExtractor) return [''];
    const answer = targets ? await targets.send(job.context, request(job)) : polled;
    if (answer === null) throw noAnswer('name the downloads');
    return this.#extracted(answer, targetExtractor, job.stream);
  }

  async #extracted(answer: Answer, extractor: Extractor, stream: string): Promise<JsonValue[]> {
    const values = await this.#parts.decoder.decode(answer, { stream, page: 1 });
    const found: JsonValue[] = [];
    for (const value of values) found.push(...(await extractor.extract(value)));
    return found;
  }

  /** What the API keeps of a job costs the user, not the sync: where it can't be removed, the records count all the same. */
  async #remove(job: Job): Promise<void> {
    await this.#aside(job.context, () => this.#parts.delete?.send(job.context, request(job)), 'a job was not removed');
  }

  async #stop(job: Job): Promise<void> {
    const { context } = job;
    const own: ExtractContext = context.signal.aborted
      ? { ...context, signal: AbortSignal.timeout(ABORT_WITHIN_MS) }
      : context;
    await this.#aside(own, () => this.#parts.abort?.send(own, request(job)), 'a job was not stopped');
  }

  async #aside(context: ExtractContext, work: () => Promise<unknown> | undefined, what: string): Promise<void> {
    try {
      await work();
    } catch (error) {
      context.log.warn({ reason: (error as Error).message }, what);
    }
  }
}

function request({ slice, stream }: Pick<Job, 'slice' | 'stream'>): Parameters<Requester['send']>[1] {
  return { slice, stream, parts: [], token: null, page: 1 };
}

function withExtra(slice: Slice, extra: Readonly<Record<string, unknown>>): Slice {
  return { ...slice, extra: { ...slice.extra, ...extra } };
}

/** An answer as templates see it: its fields, and its headers unless a field has that name. */
function shown({ body, headers, url }: Answer): JsonObject {
  const fields = isJsonObject(body) ? body : {};
  return { headers: headers as JsonObject, request: { url: url ?? '' }, ...fields };
}

function jobFailed(status: JobStatus, tries: number): WeirError {
  return new WeirError({
    kind: status === 'timeout' ? 'transient' : 'terminal',
    code: status === 'timeout' ? 'job_timeout' : 'job_failed',
    message: status === 'timeout' ? `The job was not done in time, ${tries} times.` : `The job failed ${tries} times.`,
    hint:
      status === 'timeout'
        ? 'Give it longer in polling_job_timeout, or make the slices smaller.'
        : 'Look at the answers in a test of this stream: the API may say why.',
  });
}

function noAnswer(what: string): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'job_failed',
    message: `The request to ${what} was refused, and its error rules pass that over.`,
    hint: 'Look at the error_handler of that requester.',
  });
}

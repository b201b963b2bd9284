import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '#lib/db/connect.ts';
import type { ProbeKind } from '#lib/db/schema.ts';
import { type Failure, WeirError } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Secrets } from '#lib/secrets.ts';
import { cancelProbe, probeEvents, startProbe } from './probes.ts';

const LOOK_AGAIN_MS = 50;
/** A worker ends a probe after two minutes; this much more it may wait for its turn. */
const PATIENCE_MS = 180_000;

interface AskContext {
  readonly db: Db;
  readonly queue: Queue;
  readonly secrets: Secrets;
  readonly clock: () => Date;
}

/**
 * Asks a single question and waits for its answer: the `result` event.
 * @throws WeirError with what the worker found wrong, or `no_answer`; whoever goes away (`signal`) ends the probe
 */
export async function askProbe(
  c: AskContext,
  workspaceId: string,
  question: { kind: ProbeKind; input: JsonObject; by: string; signal: AbortSignal },
): Promise<JsonObject> {
  const { probeId } = await startProbe(c, workspaceId, question.kind, question.input, question.by);
  const until = Date.now() + PATIENCE_MS;
  let after = 0;
  while (Date.now() < until && !question.signal.aborted) {
    for (const { seq, event } of await probeEvents(c, workspaceId, probeId, after)) {
      if (event.type === 'result') return event;
      if (event.type === 'failure') throw failureOf(event.failure);
      if (event.type === 'done') throw noAnswer();
      after = seq;
    }
    await sleep(LOOK_AGAIN_MS);
  }
  await cancelProbe(c, workspaceId, probeId);
  throw noAnswer();
}

function failureOf(value: unknown): WeirError {
  const failure = (isJsonObject(value) ? value : {}) as unknown as Failure;
  return new WeirError(failure.code ? failure : { kind: 'bug', code: 'unexpected', message: String(value) });
}

function noAnswer(): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'no_answer',
    message: 'No worker answered in time.',
    hint: 'Look whether a worker is running, and try again.',
  });
}

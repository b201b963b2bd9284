import { setTimeout as sleep } from 'node:timers/promises';

/** One server-sent event; `id` is where a client that comes back goes on. */
export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: number;
}

export const POLL_MS = 250;
const HEARTBEAT_MS = 15_000;
/** Then the client connects again. */
const LIFETIME_MS = 10 * 60_000;
/** So long somebody who is signed out, removed or moved may still be told something. */
const ASK_WHO_MS = 3_000;

type Poll = () => Promise<{ events: readonly ServerEvent[]; done: boolean }>;

interface StreamOptions {
  /** Whether the reader is still let in; asked again and again while the stream goes on. */
  readonly isLetIn: () => Promise<boolean>;
  readonly pollMs?: number;
  readonly askWhoMs?: number;
}

/**
 * Answers with server-sent events. `poll` is asked every `pollMs` for what is new; with `done` the stream ends.
 * It stops when the client goes away, and soon after the client is let in no longer.
 */
export function eventStream(request: Request, poll: Poll, options: StreamOptions): Response {
  const gone = new AbortController();
  const signal = AbortSignal.any([request.signal, gone.signal]);
  const chunks = frames(poll, signal, options);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(new TextEncoder().encode(value));
    },
    async cancel() {
      gone.abort();
    },
  });
  const headers = {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  };
  return new Response(body, { headers });
}

async function* frames(
  poll: Poll,
  signal: AbortSignal,
  { isLetIn, pollMs = POLL_MS, askWhoMs = ASK_WHO_MS }: StreamOptions,
): AsyncGenerator<string, void> {
  const endsAt = Date.now() + LIFETIME_MS;
  let [quietSince, askedWho] = [Date.now(), Date.now()];
  yield ': ready\n\n';
  while (!signal.aborted && Date.now() < endsAt) {
    if (Date.now() - askedWho >= askWhoMs) {
      if (!(await isLetIn())) return;
      askedWho = Date.now();
    }
    const { events, done } = await poll();
    if (events.length > 0) yield events.map(frame).join('');
    if (events.length > 0) quietSince = Date.now();
    if (done) return;
    if (Date.now() - quietSince > HEARTBEAT_MS) {
      yield ': still here\n\n';
      quietSince = Date.now();
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

function frame({ event, data, id }: ServerEvent): string {
  const lines = [`event: ${event}`, ...(id === undefined ? [] : [`id: ${id}`]), `data: ${JSON.stringify(data)}`];
  return `${lines.join('\n')}\n\n`;
}

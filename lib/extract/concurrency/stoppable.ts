import type { ExtractContext } from '../source.ts';

/** The context for work that can be stopped apart from the whole: its requests and its waits end with `stop`. */
export function stoppable(outer: ExtractContext): { context: ExtractContext; stop: () => void } {
  const own = new AbortController();
  const signal = AbortSignal.any([outer.signal, own.signal]);
  const sleep = (ms: number, other: AbortSignal = signal) => orAborted(outer.sleep(ms, other), other);
  return { context: { ...outer, signal, sleep }, stop: () => own.abort() };
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

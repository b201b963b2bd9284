import type { Failure } from '#lib/errors.ts';
import { ApiError, api } from './api.ts';
import { followEvents } from './events.ts';

type Event<Result> = ({ type: 'result' } & Result) | { type: 'failure'; failure: Failure } | { type: string };

/** One question to a worker's child, and its answer. `onEvent` is told what comes before it. @throws ApiError */
export async function askProbe<Result extends object>(
  input: object,
  onEvent: (event: { type: string }) => void = () => {},
): Promise<Result> {
  const { probeId } = await api.post<{ probeId: string }>('/probes', input);
  return new Promise((resolve, reject) => {
    followEvents<Event<Result>>(`/probes/${probeId}/events`, (event) => {
      if (event.type === 'result') resolve(event as unknown as Result);
      else if ('failure' in event) reject(new ApiError(422, event.failure));
      else if (event.type === 'done') reject(new ApiError(503, NO_ANSWER));
      else onEvent(event);
    });
  });
}

const NO_ANSWER: Failure = {
  ...{ kind: 'transient', code: 'no_answer', message: 'The worker ended without an answer.' },
  hint: 'Try again.',
};

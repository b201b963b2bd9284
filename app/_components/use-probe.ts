'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import type { Failure } from '#lib/errors.ts';
import { api, failureOf } from './api.ts';
import { followEvents } from './events.ts';

export interface ProbeState<Result> {
  readonly status: 'idle' | 'running' | 'done' | 'failed';
  readonly result: Result | null;
  readonly failure: Failure | null;
}

type ProbeEvent<Result> =
  | ({ type: 'result' } & Result)
  | { type: 'failure'; failure: Failure }
  | { type: 'done' }
  | { type: 'log'; message: string };

/** One question to a source or a destination (check, discover), asked in a worker's child and answered here. */
export function useProbe<Result extends object>() {
  const [state, setState] = useState<ProbeState<Result>>({ status: 'idle', result: null, failure: null });
  const unfollow = useRef(() => {});
  const ask = useCallback(async (input: object): Promise<void> => {
    unfollow.current();
    setState({ status: 'running', result: null, failure: null });
    try {
      const { probeId } = await api.post<{ probeId: string }>('/probes', input);
      unfollow.current = followEvents<ProbeEvent<Result>>(`/probes/${probeId}/events`, (event) =>
        setState((old) => apply(old, event)),
      );
    } catch (error) {
      setState({ status: 'failed', result: null, failure: failureOf(error) });
    }
  }, []);
  const reset = useCallback(() => {
    unfollow.current();
    setState({ status: 'idle', result: null, failure: null });
  }, []);
  useEffect(() => () => unfollow.current(), []);
  return { ...state, ask, reset };
}

function apply<Result extends object>(old: ProbeState<Result>, event: ProbeEvent<Result>): ProbeState<Result> {
  if (event.type === 'result') return { ...old, result: event };
  if (event.type === 'failure') return { ...old, status: 'failed', failure: event.failure };
  if (event.type === 'done' && old.status === 'running') return { ...old, status: 'done' };
  return old;
}

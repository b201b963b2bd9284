'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import type { OutlinedCheck } from '#quality/outline-checks.ts';
import type { Tried, TriedCheck } from '#quality/try-checks.ts';
import { api } from '../../../_components/api.ts';

/** What a check said, and the lines that said it: once they are others it is out of date. */
export interface Try {
  readonly result: TriedCheck;
  readonly source: string;
}

/** All checks of a text, as what is being tried. */
export const ALL = Symbol('all');

type Wanted = readonly string[] | typeof ALL;

interface Tries {
  /** By the check's key. */
  readonly byKey: ReadonlyMap<string, Try>;
  /** What was tried last, in the order of the text. */
  readonly last: readonly TriedCheck[];
  readonly tookMs: number | null;
  /** The keys of the checks that are being measured. */
  readonly running: Wanted | null;
  readonly failure: unknown;
}

interface Suite {
  readonly text: string;
  readonly checks: readonly OutlinedCheck[];
  readonly suiteId: string | null;
  readonly connectionId: string | null;
  readonly destinationId: string;
}

const NOTHING: Tries = { byKey: new Map(), last: [], tookMs: null, running: null, failure: null };

/** Measures checks of the text as it stands, saved or not. A newer try ends the one before. */
export function useTries(suite: Suite) {
  const [tries, setTries] = useState<Tries>(NOTHING);
  const latest = useRef(suite);
  latest.current = suite;
  const stopping = useRef(new AbortController());
  const stop = useCallback(() => {
    stopping.current.abort();
    setTries((old) => ({ ...old, running: null }));
  }, []);
  const run = useCallback(async (wanted: Wanted) => {
    const { checks, ...asked } = latest.current;
    stopping.current.abort();
    const mine = new AbortController();
    stopping.current = mine;
    setTries((old) => ({ ...old, running: wanted, failure: null }));
    try {
      const body = { ...asked, ...(wanted !== ALL && { check: wanted }) };
      const { results, tookMs } = await api.post<Tried>('/suites/try', body, mine.signal);
      const sources = new Map(checks.map((check) => [check.key, sourceOf(asked.text, check)]));
      const tried = results.map((result) => [result.key, { result, source: sources.get(result.key) ?? '' }] as const);
      if (!mine.signal.aborted)
        setTries(({ byKey }) => ({
          ...{ byKey: new Map([...byKey, ...tried]), last: results, tookMs, running: null, failure: null },
        }));
    } catch (failure) {
      if (!mine.signal.aborted) setTries((old) => ({ ...old, last: [], tookMs: null, running: null, failure }));
    }
  }, []);
  useEffect(() => () => stopping.current.abort(), []);
  return { ...tries, run, stop };
}

/** Whether a check is being measured now. */
export function isTried(running: Wanted | null, key: string): boolean {
  return running !== null && (running === ALL || running.includes(key));
}

/** The lines of a check. */
export function sourceOf(text: string, { line, endLine }: Pick<OutlinedCheck, 'line' | 'endLine'>): string {
  return text
    .split('\n')
    .slice(line - 1, endLine)
    .join('\n');
}

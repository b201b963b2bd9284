'use client';

import { useEffect, useMemo, useState } from 'react';
import type { CheckResult } from '#quality/evaluate.ts';
import type { OutlinedCheck } from '#quality/outline-checks.ts';
import { api } from '../../../_components/api.ts';
import type { LineNote } from '../../../_components/editor/yaml-editor.tsx';
import type { Result } from './models.ts';
import { sourceOf, type Try } from './use-tries.ts';

export const OUTCOME_WORDS: Record<Result['outcome'], string> = {
  ...{ pass: 'passes', warn: 'warns', fail: 'fails', error: 'could not be measured' },
};

interface Shown {
  readonly text: string;
  readonly checks: readonly OutlinedCheck[];
  readonly tries: ReadonlyMap<string, Try>;
}

type Outcome = Result['outcome'];

/** What each check came to: when it was tried here, or else in the suite's last run. Its note stands at its line: `→ 0.4%, passes`. */
export function useCheckValues(
  suiteId: string | null,
  { text, checks, tries }: Shown,
): { notes: readonly LineNote[]; outcomes: ReadonlyMap<string, Outcome> } {
  const [results, setResults] = useState<readonly Result[]>([]);
  useEffect(() => {
    if (suiteId === null) return;
    api.get<{ results: Result[] }>(`/suites/${suiteId}/results`).then(
      (answer) => setResults(answer.results),
      // Without them the editor is as good as before the first run.
      () => undefined,
    );
  }, [suiteId]);
  const outcomes = useMemo(
    () =>
      new Map<string, Outcome>([
        ...results.map(({ key, outcome }) => [key, outcome] as const),
        ...[...tries].map(([key, { result }]) => [key, result.outcome] as const),
      ]),
    [tries, results],
  );
  const notes = useMemo(
    () =>
      checks.flatMap((check) => {
        const tried = tries.get(check.key);
        const result = tried?.result ?? results.find(({ key }) => key === check.key);
        if (!result) return [];
        const isBad = result.outcome === 'fail' || result.outcome === 'error';
        const when = tried ? whenTried(tried, sourceOf(text, check)) : '';
        return [{ line: check.line, text: noteOf(result) + when, isBad }];
      }),
    [text, checks, tries, results],
  );
  return { notes, outcomes };
}

function whenTried({ source }: Try, now: string): string {
  return source === now ? ' · tried now' : ' · before the change';
}

function noteOf({ valueText, outcome, limitText }: Pick<CheckResult, 'valueText' | 'outcome' | 'limitText'>): string {
  const limit = limitText && outcome !== 'pass' ? ` (limit ${limitText})` : '';
  return `${valueText ?? '—'}, ${OUTCOME_WORDS[outcome]}${limit}`;
}

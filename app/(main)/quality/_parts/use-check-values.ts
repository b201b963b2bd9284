'use client';

import { useEffect, useMemo, useState } from 'react';
import { api } from '../../../_components/api.ts';
import type { LineNote } from '../../../_components/editor/yaml-editor.tsx';
import type { Result } from './models.ts';

const WORDS: Record<Result['outcome'], string> = {
  ...{ pass: 'passes', warn: 'warns', fail: 'fails', error: 'could not be measured' },
};

/** What each check of a saved suite came to last, at its line: `→ 0.4%, passes`. */
export function useCheckValues(
  suiteId: string | null,
  checks: readonly { readonly key: string; readonly line: number }[],
): readonly LineNote[] {
  const [results, setResults] = useState<readonly Result[]>([]);
  useEffect(() => {
    if (suiteId === null) return;
    api.get<{ results: Result[] }>(`/suites/${suiteId}/results`).then(
      (answer) => setResults(answer.results),
      // Without them the editor is as good as before the first run.
      () => undefined,
    );
  }, [suiteId]);
  return useMemo(
    () =>
      checks.flatMap(({ key, line }) => {
        const result = results.find((each) => each.key === key);
        return result ? [{ line, text: noteOf(result) }] : [];
      }),
    [checks, results],
  );
}

function noteOf({ valueText, outcome, limitText }: Result): string {
  const limit = limitText && outcome !== 'pass' ? ` (${limitText})` : '';
  return `${valueText ?? '—'}, ${WORDS[outcome]}${limit}`;
}

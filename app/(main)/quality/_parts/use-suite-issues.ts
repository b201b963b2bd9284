'use client';

import { useEffect, useState } from 'react';
import type { SuiteIssue } from '#quality/parse-suite.ts';
import { api } from '../../../_components/api.ts';
import type { EditorIssue } from '../../../_components/editor/yaml-editor.tsx';

const SETTLE_MS = 250;

interface SuiteReading {
  readonly issues: readonly EditorIssue[];
  /** The checks of the text, by the key of their history; those of the last text that could be read. */
  readonly checks: readonly { readonly key: string; readonly line: number }[];
}

/** What is wrong with the text, and where its checks stand, as the service's own parser says it, shortly after the last key. */
export function useSuiteIssues(text: string): SuiteReading {
  const [reading, setReading] = useState<SuiteReading>({ issues: [], checks: [] });
  useEffect(() => {
    let stale = false;
    const timer = setTimeout(async () => {
      // When the service does not answer, what was said before stays; saving tells why.
      const answer = await api
        .post<{ issues: SuiteIssue[]; checks: SuiteReading['checks'] }>('/suites/validate', { text })
        .catch(() => null);
      if (!stale && answer) setReading({ issues: answer.issues.map(toEditorIssue), checks: answer.checks });
    }, SETTLE_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [text]);
  return reading;
}

function toEditorIssue({ message, line, column, endLine, endColumn }: SuiteIssue): EditorIssue {
  return { severity: 'error', code: 'suite', message, line, column, endLine, endColumn };
}

'use client';

import { useEffect, useState } from 'react';
import type { OutlinedCheck } from '#quality/outline-checks.ts';
import type { SuiteIssue } from '#quality/parse-suite.ts';
import { api } from '../../../_components/api.ts';
import type { EditorIssue } from '../../../_components/editor/yaml-editor.tsx';

const SETTLE_MS = 150;

interface SuiteReading {
  /** The text that was read; null before the first answer. */
  readonly text: string | null;
  readonly issues: readonly EditorIssue[];
  /** Those of its checks that can be read. */
  readonly checks: readonly OutlinedCheck[];
}

/** What is wrong with the text, and where its checks stand, as the service's own parser says it, shortly after the last key. */
export function useSuiteIssues(text: string): SuiteReading {
  const [reading, setReading] = useState<SuiteReading>({ text: null, issues: [], checks: [] });
  useEffect(() => {
    let stale = false;
    const timer = setTimeout(async () => {
      // When the service does not answer, what was said before stays; saving tells why.
      const answer = await api
        .post<{ issues: SuiteIssue[]; checks: OutlinedCheck[] }>('/suites/validate', { text })
        .catch(() => null);
      if (!stale && answer) setReading({ text, issues: answer.issues.map(toEditorIssue), checks: answer.checks });
    }, SETTLE_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [text]);
  return reading;
}

function toEditorIssue({ message, line, column, endLine, endColumn, nearest }: SuiteIssue): EditorIssue {
  return {
    ...{ severity: 'error', code: 'suite', message, line, column, endLine, endColumn },
    ...(nearest !== undefined && { fix: { replace: nearest } }),
  };
}

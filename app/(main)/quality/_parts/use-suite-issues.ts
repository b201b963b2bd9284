'use client';

import { useEffect, useState } from 'react';
import type { SuiteIssue } from '#quality/parse-suite.ts';
import { api } from '../../../_components/api.ts';
import type { EditorIssue } from '../../../_components/editor/yaml-editor.tsx';

const SETTLE_MS = 250;

/** What is wrong with the text, as the service's own parser says it, shortly after the last key. */
export function useSuiteIssues(text: string): readonly EditorIssue[] {
  const [issues, setIssues] = useState<readonly EditorIssue[]>([]);
  useEffect(() => {
    let stale = false;
    const timer = setTimeout(async () => {
      const answer = await api.post<{ issues: SuiteIssue[] }>('/suites/validate', { text }).catch(() => null);
      if (!stale && answer) setIssues(answer.issues.map(toEditorIssue));
    }, SETTLE_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [text]);
  return issues;
}

function toEditorIssue({ message, line, column, endLine, endColumn }: SuiteIssue): EditorIssue {
  return { severity: 'error', code: 'suite', message, line, column, endLine, endColumn };
}

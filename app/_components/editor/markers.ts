import type { editor } from 'monaco-editor';
import type { Fix } from '#lib/manifest/issue.ts';

/** A problem in the text as the parsers give it; lines and columns count from 1. */
export interface EditorIssue {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** What would mend it, in the words of whoever found it. */
  readonly fix?: Fix;
  readonly path?: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** The issue as Monaco marks it: at least one character wide, so that it can be seen. */
export function toMarker(severities: { readonly Error: number; readonly Warning: number }) {
  return (issue: EditorIssue): editor.IMarkerData => ({
    severity: issue.severity === 'error' ? severities.Error : severities.Warning,
    message: issue.hint ? `${issue.message}\n${issue.hint}` : issue.message,
    code: issue.code,
    startLineNumber: issue.line,
    startColumn: issue.column,
    endLineNumber: issue.endLine,
    endColumn: Math.max(issue.endColumn, issue.line === issue.endLine ? issue.column + 1 : 1),
  });
}

/** A problem of a manifest with its place in the text; lines and columns count from 1. */
export interface ManifestIssue {
  readonly severity: 'error' | 'warning';
  /** Stable, in snake_case. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** `streams.0.retriever.paginator`. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

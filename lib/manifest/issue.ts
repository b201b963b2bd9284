/** A problem of a manifest with its place in the text; lines and columns count from 1. */
export interface ManifestIssue {
  readonly severity: 'error' | 'warning';
  /** Stable, in snake_case. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly fix?: Fix;
  /** `streams.0.retriever.paginator`. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What would mend a problem. */
export type Fix =
  /** Another word in the place of the one that is marked. */
  | { readonly replace: string }
  /** A field that the component at the problem's path lacks. */
  | { readonly add: string }
  /** The field at the path goes. */
  | { readonly remove: string };

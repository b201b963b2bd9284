/** Where files come from. */
export interface FileProvider {
  /** The files that the path means, by name. */
  list(): Promise<readonly FileEntry[]>;
  /**
   * Copies a file to `target`. Null if it is still the `known` version.
   * @throws WeirError `file_changed` if it changed while it was copied, `file_not_found`, `path_refused`
   */
  fetch(entry: FileEntry, target: string, known: string | null): Promise<{ version: string } | null>;
  close?(): void;
}

export interface FileEntry {
  readonly name: string;
  /** Another one whenever the content is another; null where only fetching can tell. */
  readonly version: string | null;
}

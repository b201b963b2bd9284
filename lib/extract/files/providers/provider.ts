/** Where files come from. */
export interface FileProvider {
  /** The files that the path means, by name. */
  list(): Promise<readonly FileEntry[]>;
  /**
   * Copies a file to `target`. Null if it is still the `known` version.
   * @throws WeirError `file_changed` if it changed while it was copied, `file_not_found`, `path_refused`
   */
  fetch(entry: FileEntry, target: string, known: string | null, onBytes?: OnBytes): Promise<{ version: string } | null>;
  close?(): void;
}

/** Told how much of a file has been fetched, and how much it is; null where its server does not say. */
export type OnBytes = (bytes: number, total: number | null) => void;

/** The same pieces, counted. */
export async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  total: number | null,
  onBytes: OnBytes | undefined,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    onBytes?.(bytes, total);
    yield piece;
  }
}

export interface FileEntry {
  readonly name: string;
  /** Another one whenever the content is another; null where only fetching can tell. */
  readonly version: string | null;
  /** Its size as it lies there; null where only fetching can tell. */
  readonly bytes: number | null;
}

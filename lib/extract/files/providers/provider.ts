/** Where files come from. */
export interface FileProvider {
  /** The files that the path means, by name. */
  list(): Promise<readonly FileEntry[]>;
  /**
   * Copies a file to `target`. Null if it is still the `known` version.
   * @throws WeirError `file_changed` if it changed while it was copied, `file_not_found`, `path_refused`
   */
  fetch(entry: FileEntry, target: string, known: string | null, told?: Told): Promise<{ version: string } | null>;
  /**
   * Copies a file that others may be writing to, as it is at one moment. `grew`: there is more of it by now.
   * @throws WeirError as `fetch` does; `file_changed` if what had been written was changed
   */
  snapshot?(entry: FileEntry, target: string, told?: Told): Promise<{ version: string; grew: boolean }>;
  /**
   * Opens a file where it lies; null where it has to be fetched.
   * @throws WeirError as `fetch` does
   */
  open?(entry: FileEntry): Promise<FileInPlace | null>;
  /** What a file is called by people, where its name is an id. */
  shownName?(name: string): Promise<string | null>;
  close?(): void;
}

/** A file that is read where it lies: others may still write to it. */
export interface FileInPlace {
  /** Leads to this very file as long as it is open, whatever takes its place. */
  readonly path: string;
  readonly version: string;
  /** @throws WeirError `file_changed` if it is not the entry's version any more */
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** Who wants to know how a copy gets on. */
export interface Told {
  readonly onBytes?: OnBytes;
  /** The server is asked again later: why, and when. */
  readonly onWait?: (notice: string) => void;
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
  /** Names that states of before may have it under. */
  readonly formerly?: readonly string[];
  /** Another one whenever the content is another; null where only fetching can tell. */
  readonly version: string | null;
  /** Its size as it lies there; null where only fetching can tell. */
  readonly bytes: number | null;
}

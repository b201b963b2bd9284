import type { StreamState } from '#lib/catalog.ts';
import type { FileEntry } from './providers/provider.ts';

/** Which version of each file has been read, as the state of a stream keeps it. */
export class FileVersions {
  readonly #read: [name: string, version: string][] = [];
  readonly #newest = new Map<string, string>();

  /** Takes from a state what it says of the files that are there. */
  constructor(entries: readonly FileEntry[], known: Readonly<Record<string, string>>) {
    for (const { name, formerly = [] } of entries) {
      const found = [name, ...formerly].find((one) => Object.hasOwn(known, one));
      const version = found === undefined ? undefined : known[found];
      if (version) this.set(name, version);
    }
  }

  of(name: string): string | null {
    return this.#newest.get(name) ?? null;
  }

  set(name: string, version: string): void {
    this.#newest.set(name, version);
    this.#read.push([name, version]);
  }

  /** As it is now, whatever comes later; written out only when somebody looks: there may be very many files, and one state for each. */
  state(complete: boolean): StreamState {
    const read = this.#read;
    const count = read.length;
    return {
      complete,
      get files() {
        return Object.fromEntries(read.slice(0, count));
      },
    };
  }
}

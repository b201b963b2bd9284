import { isJsonObject, type JsonValue } from '#lib/json.ts';

/** Of text around the records; of more nothing is looked at. */
const MOST_BYTES = 4 * 1024 * 1024;

/** What stands around the records of a document: with nothing in the place of those it is a document too, if the whole is one. */
export class Surroundings {
  #kept: Buffer[] = [];
  #bytes = 0;

  add(bytes: Buffer): void {
    this.#bytes += bytes.length;
    // A copy: what it was cut from is large.
    if (this.#bytes <= MOST_BYTES) this.#kept.push(Buffer.from(bytes));
    else this.#kept = [];
  }

  /** What is wrong with it, or null. @param path where the records were, or null where none were found */
  problem(path: readonly string[] | null): string | null {
    if (this.#bytes > MOST_BYTES) return null;
    let value: JsonValue | undefined;
    try {
      value = JSON.parse(new TextDecoder().decode(Buffer.concat(this.#kept))) as JsonValue;
    } catch {
      return 'is not valid JSON outside of its records';
    }
    if (path === null) return null;
    for (const step of path)
      value = isJsonObject(value as JsonValue) ? (value as { [key: string]: JsonValue })[step] : undefined;
    const isPlace = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
    return isPlace ? null : TWICE;
  }
}

/** Of two places with the same path the last one counts for whoever reads a document as a whole: which is meant can't be known in time. */
export const TWICE = 'its path is there twice';

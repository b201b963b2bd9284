import type { Answer } from '../families.ts';

/** Answers kept for the streams of one source; the least used go first. */
const MOST_BYTES = 48 * 1024 * 1024;

/** Answers of GET requests that several streams ask for: a stream and the children that it is the parent of. */
export class ResponseCache {
  readonly #answers = new Map<string, Answer>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  get(url: string): Answer | null {
    const found = this.#answers.get(url);
    if (!found) return null;
    this.#answers.delete(url);
    this.#answers.set(url, found);
    return found;
  }

  put(url: string, answer: Answer): void {
    if (answer.bytes > this.#mostBytes / 4) return;
    this.#bytes += answer.bytes - (this.#answers.get(url)?.bytes ?? 0);
    this.#answers.delete(url);
    this.#answers.set(url, answer);
    for (const [oldest, { bytes }] of this.#answers) {
      if (this.#bytes <= this.#mostBytes) return;
      this.#answers.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

import type { Answer } from '../families.ts';
import type { Outgoing } from './outgoing.ts';

/** Answers kept for the streams of one source; the least used go first. */
const MOST_BYTES = 48 * 1024 * 1024;
/** Tokens change from one request to the next, and what is answered does not. */
const NOT_COMPARED = ['authorization'];

/** Answers of GET requests that several streams ask for: a stream and the children that it is the parent of. */
export class ResponseCache {
  readonly #answers = new Map<string, Answer>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  get(request: Outgoing): Answer | null {
    const key = keyOf(request);
    const found = this.#answers.get(key);
    if (!found) return null;
    this.#answers.delete(key);
    this.#answers.set(key, found);
    return found;
  }

  put(request: Outgoing, answer: Answer): void {
    if (answer.bytes > this.#mostBytes / 4) return;
    const key = keyOf(request);
    this.#bytes += answer.bytes - (this.#answers.get(key)?.bytes ?? 0);
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    for (const [oldest, { bytes }] of this.#answers) {
      if (this.#bytes <= this.#mostBytes) return;
      this.#answers.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

/** Two requests are the same when address, headers and body are. */
function keyOf({ method, url, headers, body }: Outgoing): string {
  const compared = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !NOT_COMPARED.includes(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([method, url, compared, body ?? '']);
}

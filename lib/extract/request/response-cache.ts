import type { Answer } from '../families.ts';
import { unread } from './answer.ts';
import type { Outgoing } from './outgoing.ts';

/** Answers kept for the streams of one source; the least used go first. */
const MOST_BYTES = 48 * 1024 * 1024;
/** Tokens change from one request to the next, and what is answered does not. */
const NOT_COMPARED = ['authorization'];

/** Answers of GET requests that several streams ask for: a stream and the children that it is the parent of. */
export class ResponseCache {
  readonly #answers = new Map<string, Answer>();
  readonly #awaited = new Map<string, Promise<Answer | null>>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** The answer to a request: the one that is kept, the one that is on its way, or a new one by `ask`. Only successes are kept. */
  async once(request: Outgoing, ask: () => Promise<Answer | null>): Promise<Answer | null> {
    const key = keyOf(request);
    const known = this.#get(key);
    if (known) return known;
    const awaited = this.#awaited.get(key);
    const found = awaited && (await awaited.catch(() => null));
    if (found) return unread(found);
    const asked = ask();
    this.#awaited.set(key, asked);
    try {
      const answer = await asked;
      if (answer?.status === 200) this.#put(key, answer);
      return answer;
    } finally {
      if (this.#awaited.get(key) === asked) this.#awaited.delete(key);
    }
  }

  #get(key: string): Answer | null {
    const found = this.#answers.get(key);
    if (!found) return null;
    this.#answers.delete(key);
    this.#answers.set(key, found);
    return unread(found);
  }

  #put(key: string, answer: Answer): void {
    if (answer.bytes > this.#mostBytes / 4) return;
    this.#bytes += answer.bytes - (this.#answers.get(key)?.bytes ?? 0);
    this.#answers.delete(key);
    this.#answers.set(key, unread(answer));
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

import type { Answer } from '../families.ts';
import { unread } from './answer.ts';
import type { Outgoing } from './outgoing.ts';

/** Answers kept for the streams of one source; the least used go first. */
const MOST_BYTES = 48 * 1024 * 1024;
/** What an answer takes beside its body: its address, and headers in several spellings. Of a million empty ones it is nearly all. */
const BESIDE_BYTES = 4 * 1024;
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
    this.#forget(key);
    this.#answers.set(key, kept(answer));
    this.#bytes += sizeOf(answer);
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= this.#mostBytes) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const answer = this.#answers.get(key);
    if (!answer) return;
    this.#answers.delete(key);
    this.#bytes -= sizeOf(answer);
  }
}

/** Its bytes alone: those of a small body lie among others' in Node's pool, and would keep all of them. */
function kept(answer: Answer): Answer {
  const { raw } = answer;
  return unread({ ...answer, raw: raw.byteLength === raw.buffer.byteLength ? raw : new Uint8Array(raw) });
}

function sizeOf({ bytes }: Answer): number {
  return bytes + BESIDE_BYTES;
}

/** Two requests are the same when address, headers and body are. */
function keyOf({ method, url, headers, body }: Outgoing): string {
  const compared = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !NOT_COMPARED.includes(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([method, url, compared, body ?? '']);
}

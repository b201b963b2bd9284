import { WeirError } from '#lib/errors.ts';
import type { ExtractContext } from '../source.ts';

export interface Token {
  readonly value: string;
  /** Good until then, in ms since 1970. */
  readonly untilMs: number;
}

/** A token that all streams of a source share: fetched once, and anew when it has run out or was refused. */
export class KeptToken {
  #token: Token | null;
  /** Who comes while it is fetched waits for that one. */
  #fetching: { work: Promise<Token>; signal: AbortSignal } | null = null;

  constructor(token: Token | null = null) {
    this.#token = token;
  }

  async get(context: ExtractContext, fetch: () => Promise<Token>): Promise<string> {
    for (;;) {
      if (this.#token && context.clock().getTime() < this.#token.untilMs) return this.#token.value;
      this.#fetching ??= this.#begin(context, fetch);
      const { work, signal } = this.#fetching;
      try {
        return (await work).value;
      } catch (error) {
        // The stream that fetched it was stopped; this one was not, and fetches it itself.
        if (!signal.aborted || context.signal.aborted) throw error;
      }
    }
  }

  /** Forgets the token if it is the one that was sent. One that is newer stays: somebody else was refused before. */
  drop(sent: string): void {
    const { value } = this.#token ?? {};
    if (value === undefined || sent.includes(value) || sent.includes(encodeURIComponent(value))) this.#token = null;
  }

  #begin(context: ExtractContext, fetch: () => Promise<Token>) {
    const work = fetch().then((token) => {
      this.#token = token;
      return token;
    });
    const done = () => {
      this.#fetching = null;
    };
    work.then(done, done);
    return { work, signal: context.signal };
  }
}

/** Code of the error for credentials that gave no token. */
export const TOKEN_REFUSED = 'token_refused';

export function tokenRefused(kind: 'config' | 'transient', message: string, hint: string): WeirError {
  return new WeirError({ kind, code: TOKEN_REFUSED, message, hint });
}

import { isJsonObject, type JsonValue } from '#lib/json.ts';

/** Notices when a record path leads nowhere on every page, and what was there instead. */
export class Found {
  readonly #path: string;
  #hits = 0;
  #keys: string[] | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  hit(): void {
    this.#hits++;
  }

  miss(body: JsonValue): void {
    const keys = isJsonObject(body) ? Object.keys(body) : [];
    const [first = ''] = this.#path.split('.');
    if (this.#path !== '' && !keys.includes(first) && keys.length > 0) this.#keys ??= keys;
  }

  notice(): string | null {
    if (this.#hits > 0 || this.#keys === null) return null;
    return `No page had records at ${this.#path}; the answer had ${this.#keys.slice(0, 10).join(', ')}.`;
  }
}

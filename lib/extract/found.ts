import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { countRepeated, firstRepeated } from './decode/repeated-keys.ts';

/** So many bytes of a stream are looked at whole for repeated keys; what always repeats some shows by then. */
const LOOKED_AT_BYTES = 2 * 1024 * 1024;
/** Beyond, one page in so many: looking takes a tenth of the time of reading. */
const LOOK_AT_EVERY = 10;

/** Notices when a record path leads nowhere on every page, and what was there instead; and keys that objects repeat. */
export class Found {
  readonly #path: string;
  #hits = 0;
  #keys: string[] | null = null;
  #repeated = 0;
  #firstRepeated = '';
  #bytes = 0;
  #pages = 0;

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

  /** Looks at the text of a page, and at what it was parsed to; once some were found at every page. */
  look(raw: Uint8Array, values: readonly JsonValue[], page: number): void {
    this.#bytes += raw.byteLength;
    this.#pages++;
    if (this.#repeated === 0 && this.#bytes > LOOKED_AT_BYTES && this.#pages % LOOK_AT_EVERY !== 0) return;
    const repeated = countRepeated(raw, values);
    if (repeated <= 0) return;
    if (this.#repeated === 0)
      this.#firstRepeated = `${JSON.stringify(firstRepeated(Buffer.from(raw).toString()))} on page ${page}`;
    this.#repeated += repeated;
  }

  notices(): string[] {
    const missed = this.#hits === 0 && this.#keys !== null;
    return [
      ...(missed
        ? [`No page had records at ${this.#path}; the answer had ${this.#keys?.slice(0, 10).join(', ')}.`]
        : []),
      ...(this.#repeated > 0
        ? [`Objects repeat keys, ${this.#repeated} in all, the first ${this.#firstRepeated}: the last value was kept.`]
        : []),
    ];
  }
}

import { type JsonObject, stringifyJson } from '#lib/json.ts';
import type { Descriptor } from './protocol-messages.ts';

/** Written at once; larger ones are not faster. */
const PIECE_BYTES = 512 * 1024;
/** The longest that a character of JavaScript's can be in UTF-8. */
const BYTES_OF_CHARACTER = 3;

/** Says whether the bytes are gone: if not they must stay as they are. */
export type WriteBytes = (bytes: Buffer) => boolean;

/**
 * Writes records as RECORD messages, one a line. What is the same for all is made once, and all of a page goes out in few pieces of
 * one buffer: of all that reading does, this took longest.
 */
export class RecordWriter {
  readonly #out: WriteBytes;
  readonly #head: Buffer;
  #buffer = Buffer.allocUnsafe(PIECE_BYTES);
  #used = 0;

  constructor({ name: stream, namespace }: Descriptor, out: WriteBytes) {
    this.#out = out;
    const record = JSON.stringify({ stream, ...(namespace && { namespace }) });
    this.#head = Buffer.from(`{"type":"RECORD","record":${record.slice(0, -1)},"data":`);
  }

  /** `references` are those of the records' files. */
  write(records: readonly JsonObject[], emittedAt: number, references?: readonly (JsonObject | null)[]): void {
    const tail = `,"emitted_at":${emittedAt}}}\n`;
    for (const [index, record] of records.entries()) {
      const reference = references?.[index];
      this.#add(stringifyJson(record), reference ? `,"file_reference":${stringifyJson(reference)}${tail}` : tail);
    }
    this.#flush();
  }

  #add(data: string, tail: string): void {
    const most = this.#head.length + (data.length + tail.length) * BYTES_OF_CHARACTER;
    if (most > PIECE_BYTES - this.#used) this.#flush();
    if (most > PIECE_BYTES) {
      this.#out(Buffer.from(`${this.#head}${data}${tail}`));
      return;
    }
    this.#used += this.#head.copy(this.#buffer, this.#used);
    this.#used += this.#buffer.write(data, this.#used);
    this.#used += this.#buffer.write(tail, this.#used);
  }

  #flush(): void {
    if (this.#used === 0) return;
    const gone = this.#out(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
    if (!gone) this.#buffer = Buffer.allocUnsafe(PIECE_BYTES);
  }
}

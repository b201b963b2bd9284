import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';

/** Bodies up to this stay in memory. */
const MOST_IN_MEMORY = 16 * 1024 * 1024;
/** Of a larger one so much is shown where only its beginning counts. */
const HEAD_BYTES = 64 * 1024;

/** A body to be read from its beginning to its end: a large one lies in a file of its own. */
export interface SpooledBody {
  readonly bytes: number;
  /** How it begins. */
  readonly head: Uint8Array;
  open(): Readable;
  remove(): Promise<void>;
}

/** Takes a body in, and writes it to a file where it is large. */
export async function spooled(body: AsyncIterable<Uint8Array>): Promise<SpooledBody> {
  const pieces = body[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let bytes = 0;
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    held.push(next.value);
    bytes += next.value.byteLength;
    if (bytes > MOST_IN_MEMORY) return written(Buffer.concat(held), pieces);
  }
  const all = Buffer.concat(held);
  return { bytes, head: all, open: () => Readable.from([all]), remove: async () => undefined };
}

async function written(begin: Uint8Array, rest: AsyncIterator<Uint8Array>): Promise<SpooledBody> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-download-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const name = path.join(folder, 'body');
  try {
    await using file = await open(name, 'w');
    await file.writeFile(begin);
    let bytes = begin.byteLength;
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      await file.writeFile(next.value);
      bytes += next.value.byteLength;
    }
    const head = Uint8Array.prototype.slice.call(begin, 0, HEAD_BYTES);
    return { bytes, head, open: () => createReadStream(name), remove };
  } catch (error) {
    await remove();
    throw error;
  } finally {
    await rest.return?.();
  }
}

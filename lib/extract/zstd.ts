import { Duplex, Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';

/** Unpacks zstd, all of its frames. Node's own decoder ends with the first, and drops what follows in the same piece without a word. */
export function unzstd(): Duplex {
  return Duplex.from(async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const frame of framesOf(pieces)) {
      const packed = Readable.from(frame, { objectMode: false });
      const decoder = createZstdDecompress();
      packed.on('error', (error) => decoder.destroy(error));
      yield* packed.pipe(decoder);
    }
  });
}

type Pieces = AsyncGenerator<Uint8Array>;

/** Each frame's pieces, one frame after another. What stands behind the last frame is given as one more, for the decoder to refuse. */
async function* framesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Pieces> {
  const from = pieces[Symbol.asyncIterator]();
  let rest: Uint8Array | null = await nextOf(from);
  const frame = async function* (): Pieces {
    const end = frameEnd();
    while (rest !== null) {
      const length = end(rest);
      if (length === null) {
        yield rest;
        rest = await nextOf(from);
      } else {
        yield rest.subarray(0, length);
        rest = length < rest.length ? rest.subarray(length) : await nextOf(from);
        return;
      }
    }
  };
  while (rest !== null) yield frame();
}

/** The next piece that holds something; null at the end. */
async function nextOf(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array | null> {
  for (;;) {
    const next = await pieces.next();
    if (next.done === true) return null;
    if (next.value.length > 0) return next.value;
  }
}

const SKIPPABLE = 0x184d2a50;
const CHECKSUM_BYTES = 4;

/**
 * Follows a frame through its pieces, after RFC 8878: how many bytes of the piece belong to it where it ends there, else null. What is no
 * frame never ends.
 */
function frameEnd(): (piece: Uint8Array) => number | null {
  let step: Step = { bytes: 4, next: afterMagic };
  let seen: number[] = [];
  let skipped = 0;
  return (piece) => {
    for (let at = 0; at < piece.length; ) {
      if (step.bytes === Number.POSITIVE_INFINITY) return null;
      const taken = Math.min(step.bytes - skipped, piece.length - at);
      if (!step.skips) seen.push(...piece.subarray(at, at + taken));
      skipped += taken;
      at += taken;
      if (skipped < step.bytes) return null;
      const following = step.next(seen);
      if (following === null) return at;
      step = following;
      seen = [];
      skipped = 0;
    }
    return null;
  };
}

/** So many bytes, and what they say comes next: null for the end of the frame. */
interface Step {
  readonly bytes: number;
  /** They are not looked at. */
  readonly skips?: true;
  readonly next: (bytes: readonly number[]) => Step | null;
}

const NEVER: Step = { bytes: Number.POSITIVE_INFINITY, next: () => null };

function afterMagic(bytes: readonly number[]): Step {
  const magic = numberOf(bytes);
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) return { bytes: 4, next: (size) => skip(numberOf(size), () => null) };
  return magic === 0xfd2fb528 ? { bytes: 1, next: afterDescriptor } : NEVER;
}

function afterDescriptor([descriptor = 0]: readonly number[]): Step {
  const isSingle = (descriptor & 0x20) !== 0;
  const content = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const hasChecksum = (descriptor & 4) !== 0;
  return skip((isSingle ? 0 : 1) + dictionary + content, () => block(hasChecksum)) ?? NEVER;
}

function block(hasChecksum: boolean): Step {
  return {
    bytes: 3,
    next(bytes) {
      const header = numberOf(bytes);
      const [isLast, type, size] = [(header & 1) === 1, (header >> 1) & 3, header >> 3];
      if (type === 3) return NEVER;
      const after = () => (isLast ? skip(hasChecksum ? CHECKSUM_BYTES : 0, () => null) : block(hasChecksum));
      // A block of one repeated byte holds that byte alone.
      return skip(type === 1 ? 1 : size, after);
    },
  };
}

function skip(bytes: number, next: () => Step | null): Step | null {
  return bytes === 0 ? next() : { bytes, skips: true, next };
}

/** Little end first. */
function numberOf(bytes: readonly number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

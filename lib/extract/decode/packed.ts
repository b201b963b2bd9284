import { constants, inflateSync, unzipSync } from 'node:zlib';
import { WeirError } from '#lib/errors.ts';

/** Beyond this, what is packed and read in memory is taken for a bomb. */
const MOST_IN_MEMORY = 512 * 1024 * 1024;
/** The same for what is read piece by piece. */
export const MOST_UNPACKED_BYTES = 20 * 1024 ** 3;
/** Enough to see whether it can be unpacked. */
const LOOKED_AT = 4_096;

/** Whether bytes that begin so are gzip or zlib; what only looks so is taken as it is. */
export function isPacked(begin: Uint8Array): boolean {
  const [first = 0, second = 0] = begin;
  if (first === 0x1f && second === 0x8b) return true;
  if (first !== 0x78 || ((first << 8) | second) % 31 !== 0) return false;
  try {
    inflateSync(begin.subarray(0, LOOKED_AT), { finishFlush: constants.Z_SYNC_FLUSH });
    return true;
  } catch {
    return false;
  }
}

/** All of it unpacked, where it is packed. */
export function unpackedBytes(raw: Uint8Array): Uint8Array {
  if (!isPacked(raw)) return raw;
  try {
    return unzipSync(raw, { maxOutputLength: MOST_IN_MEMORY });
  } catch (error) {
    throw damaged(error);
  }
}

/** @returns the error that a packed body which can't be unpacked is */
export function damaged(cause: unknown): WeirError {
  if (cause instanceof WeirError) return cause;
  return new WeirError({
    kind: 'transient',
    code: 'bad_response',
    message: `The download is packed and can't be unpacked: ${(cause as Error).message}.`,
    hint: 'It may have been cut off; if the API always answers so, ask it for what is not packed.',
    cause,
  });
}

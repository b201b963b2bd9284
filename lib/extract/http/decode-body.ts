import { type Duplex, pipeline, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { WeirError } from '#lib/errors.ts';
import { unzstd } from '../zstd.ts';
import { badResponse, explainHttpError, truncated } from './http-errors.ts';

export interface DecodeOptions {
  /** The answer's `content-encoding`; empty for none. */
  readonly encoding: string;
  readonly host: string;
  readonly maxBytes: number;
  /** The caller's own: when it has aborted, the error says so. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, however it ends. */
  readonly onEnd: () => void;
}

/** Beyond so many bytes, what unpacks to more than so many times its size is taken for a bomb. JSON packs 5 to 100 times. */
const RATIO_FROM_BYTES = 8 * 1024 * 1024;
const MAX_RATIO = 300;

/**
 * The body unpacked, within limits of size and ratio.
 * @throws WeirError (while read) `response_too_large`, `response_truncated`, `bad_response`, `timeout`
 */
export async function* decodedBody(body: Readable, options: DecodeOptions): AsyncGenerator<Uint8Array> {
  const { host, maxBytes, signal, onEnd } = options;
  const packed = { bytes: 0 };
  let unpacked = 0;
  try {
    for await (const piece of unpack(counted(body, packed), options)) {
      unpacked += piece.length;
      if (unpacked > maxBytes) throw tooLarge(host, `is larger than ${inMiB(maxBytes)}`);
      if (unpacked > RATIO_FROM_BYTES && unpacked > packed.bytes * MAX_RATIO)
        throw tooLarge(host, `unpacks to more than ${MAX_RATIO} times its size`);
      yield piece;
    }
  } catch (error) {
    throw isZlibError(error) ? undecodable(error, options) : explainHttpError(error, { host, phase: 'body', signal });
  } finally {
    onEnd();
    if (!body.readableEnded) body.on('error', () => {}).destroy();
  }
}

async function* counted(body: Readable, packed: { bytes: number }): AsyncGenerator<Uint8Array> {
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    packed.bytes += piece.length;
    yield piece;
  }
}

async function* unpack(pieces: AsyncGenerator<Uint8Array>, { encoding, host }: DecodeOptions) {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return yield* pieces;
  const first = await pieces.next();
  if (first.done) return;
  const decoder = DECODERS[name]?.(first.value);
  if (!decoder) throw badResponse(host, `packed its answer as "${encoding}", which is not understood`);
  const all = async function* () {
    yield first.value;
    yield* pieces;
  };
  pipeline(Readable.from(all(), { objectMode: false }), decoder, () => {});
  yield* decoder as AsyncIterable<Uint8Array>;
}

const DECODERS: Readonly<Record<string, (firstPiece: Uint8Array) => Duplex>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  br: () => createBrotliDecompress(),
  zstd: () => unzstd(),
  // The specification means zlib's frame, half of the servers send the bare stream.
  deflate: ([byte = 0]) => ((byte & 0x0f) === 8 ? createInflate() : createInflateRaw()),
};

function isZlibError(error: unknown): error is Error & { code: string } {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown };
  return typeof code === 'string' && typeof errno === 'number' && /^(Z_|ERR_|ZSTD_)/.test(code);
}

function undecodable(error: Error & { code: string }, { host, encoding }: DecodeOptions): WeirError {
  if (error.code === 'Z_BUF_ERROR') return truncated(host, error);
  return badResponse(host, `sent a body that is not valid ${encoding}`, error);
}

function tooLarge(host: string, how: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'response_too_large',
    message: `The answer of ${host} ${how}.`,
    hint: 'Ask for smaller pages, or for fewer fields.',
  });
}

function inMiB(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${Math.floor(bytes / 1024 / 1024)} MiB` : `${bytes} bytes`;
}

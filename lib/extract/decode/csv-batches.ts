import { pipeline, type Readable } from 'node:stream';
import { createUnzip } from 'node:zlib';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { SpooledBody } from '../request/spool.ts';
import { type CsvOptions, CsvReader } from './csv-rows.ts';
import { damaged, isPacked, MOST_UNPACKED_BYTES } from './packed.ts';
import { streamDecoder } from './text.ts';

/** Records that are handed on at once. */
const BATCH = 5_000;

/** The records of a CSV, some thousands at a time: no more of it is in memory. */
export async function* csvBatches(
  body: SpooledBody,
  options: CsvOptions & { readonly encoding?: string; readonly mayBePacked?: boolean },
): AsyncGenerator<JsonObject[]> {
  const reader = new CsvReader(options);
  const decoder = streamDecoder(options.encoding ?? 'utf-8', body.head);
  let batch: JsonObject[] = [];
  const opened = body.open();
  const bytes = options.mayBePacked && isPacked(body.head) ? unpacked(opened) : opened;
  for await (const piece of bytes as AsyncIterable<Uint8Array>) {
    for (const record of reader.feed(decoder.text(piece))) batch.push(record);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  for (const record of reader.end(decoder.end())) batch.push(record);
  if (batch.length > 0) yield batch;
}

async function* unpacked(packed: Readable): AsyncGenerator<Uint8Array> {
  const unzip = createUnzip();
  pipeline(packed, unzip, () => {});
  let bytes = 0;
  try {
    for await (const piece of unzip as AsyncIterable<Uint8Array>) {
      bytes += piece.byteLength;
      if (bytes > MOST_UNPACKED_BYTES) throw tooLarge();
      yield piece;
    }
  } catch (error) {
    throw damaged(error);
  }
}

function tooLarge(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'response_too_large',
    message: `The download unpacks to more than ${MOST_UNPACKED_BYTES / 1024 ** 3} GiB.`,
    hint: 'Make the slices smaller.',
  });
}

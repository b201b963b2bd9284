import { createReadStream } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

const READ_BYTES = 1024 * 1024;
/** Of what has been read since lines were written, over all files. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
const NEWLINE = 10;

/** Copies lines into a file for each key, of any number of keys; gives the files. Lines without a key are left out. */
export async function splitLines(
  file: string,
  folder: string,
  { keyOf, signal }: { keyOf: (line: Buffer) => string | null; signal: AbortSignal },
): Promise<Map<string, string>> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files = new Map<string, string>();
  const waiting = new Map<string, Buffer[]>();
  let bytes = 0;
  const write = async () => {
    for (const [target, lines] of waiting) await appendFile(target, Buffer.concat(lines));
    waiting.clear();
    bytes = 0;
  };
  for await (const line of linesOf(file)) {
    // Also of those left out: what waits may hold the bytes around it.
    bytes += line.length;
    const key = keyOf(line);
    if (key !== null) {
      const target = files.get(key) ?? path.join(folder, `${files.size}.jsonl`);
      files.set(key, target);
      const lines = waiting.get(target);
      if (lines) lines.push(line);
      else waiting.set(target, [line]);
    }
    if (bytes < MOST_WAITING_BYTES) continue;
    signal.throwIfAborted();
    await write();
  }
  await write();
  return files;
}

/** Each with its line end. */
export async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end + 1);
      yield rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
}

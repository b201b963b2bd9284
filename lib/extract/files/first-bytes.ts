import { open } from 'node:fs/promises';

/** The beginning of a file, up to so many bytes. There may be very many small files: no more room is taken than each needs. */
export async function firstBytes(path: string, most: number): Promise<Buffer> {
  await using handle = await open(path);
  const count = Math.min(most, (await handle.stat()).size);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
  return buffer.subarray(0, bytesRead);
}

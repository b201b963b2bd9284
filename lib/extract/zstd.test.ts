import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unzstd } from './zstd.ts';

async function unpack(pieces: readonly Uint8Array[]): Promise<string> {
  const unpacked: Uint8Array[] = [];
  await pipeline(Readable.from(pieces, { objectMode: false }), unzstd(), async (given: AsyncIterable<Uint8Array>) => {
    for await (const piece of given) unpacked.push(piece);
  });
  return Buffer.concat(unpacked).toString();
}

const SKIPPED = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

test('every frame is unpacked, wherever the pieces end', async () => {
  const text = fc.oneof(
    fc.string(),
    fc.nat({ max: 300_000 }).map((length) => 'a'.repeat(length)),
    fc.nat().map((seed) => createHash('sha512').update(String(seed)).digest('hex').repeat(30)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 6 }),
      async (texts, cuts) => {
        const packed = Buffer.concat(
          texts.flatMap((one, at) => (at === 1 ? [SKIPPED, zstdCompressSync(one)] : [zstdCompressSync(one)])),
        );
        const ends = [...cuts.map((cut) => cut % (packed.length + 1)).toSorted((a, b) => a - b), packed.length];
        const pieces = ends.map((end, at) => packed.subarray(ends[at - 1] ?? 0, end));
        expect(await unpack(pieces)).toBe(texts.join(''));
      },
    ),
    { numRuns: 60 },
  );
});

test('what is cut or stands behind the last frame is an error, never less', async () => {
  const packed = zstdCompressSync('rows '.repeat(100));
  await expect(unpack([packed.subarray(0, -3)])).rejects.toThrow();
  await expect(unpack([packed, packed.subarray(0, -3)])).rejects.toThrow();
  await expect(unpack([Buffer.concat([packed, Buffer.from('junk')])])).rejects.toThrow();
});

import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { testFolder } from './fixtures/reading.ts';
import { zip, zip64 } from './fixtures/workbook.ts';
import { openZipEntry, zipEntries } from './zip-file.ts';

async function archiveOf(content: Buffer, change: (archive: Buffer) => void = () => undefined) {
  const archive = zip({ 'rows.csv': content });
  change(archive);
  const file = path.join(testFolder(), 'rows.zip');
  writeFileSync(file, archive);
  const [entry] = await zipEntries(file, 'rows.zip');
  if (!entry) throw new Error('nothing is in it');
  return { file, content: () => openZipEntry(file, 'rows.zip', entry) };
}

function openOnes(file: string): number {
  const isOpen = (fd: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      return false;
    }
  };
  return readdirSync('/proc/self/fd').filter(isOpen).length;
}

test('who looks at the beginning of a packed file leaves nothing open', async () => {
  const { file, content } = await archiveOf(randomBytes(2_000_000));
  for await (const _ of await content()) break;
  await expect.poll(() => openOnes(file)).toBe(0);
});

test('an entry of nothing that should be something is refused', async () => {
  const { content } = await archiveOf(Buffer.from('id\n1\n'), (archive) => {
    const directory = archive.readUInt32LE(archive.length - 6);
    archive.writeUInt32LE(0, directory + 20);
  });
  const read = async () => {
    for await (const _ of await content());
  };
  await expect(read()).rejects.toMatchObject({ code: 'file_broken' });
});

describe('an archive of the kind that may have any size', () => {
  const FILES = { 'rows.csv': 'id\n1\n', 'more.csv': Buffer.from('id\n2\n') };

  async function entriesOf(change: (archive: Buffer) => void = () => undefined) {
    const archive = zip64(FILES);
    change(archive);
    const file = path.join(testFolder(), 'rows.zip');
    writeFileSync(file, archive);
    return { file, entries: await zipEntries(file, 'rows.zip') };
  }

  test('is read like any other', async () => {
    const { file, entries } = await entriesOf();
    const texts: string[] = [];
    for (const entry of entries)
      texts.push(Buffer.concat(await Array.fromAsync(await openZipEntry(file, 'rows.zip', entry))).toString());
    expect(entries.map(({ name }) => name)).toEqual(['rows.csv', 'more.csv']);
    expect(texts).toEqual(Object.values(FILES).map(String));
  });

  test.each<[string, (archive: Buffer) => void]>([
    ['its long end lies elsewhere', (archive) => archive.writeBigUInt64LE(0n, archive.length - 34)],
    ['its long end lies beyond all files', (archive) => archive.writeBigUInt64LE(1n << 62n, archive.length - 34)],
    ['its directory is longer than it is', (archive) => archive.writeBigUInt64LE(1n << 40n, archive.length - 58)],
  ])('is refused where %s', async (_name, change) => {
    await expect(entriesOf(change)).rejects.toMatchObject({ kind: 'config', code: 'file_broken' });
  });

  test('with very many files is refused as such', async () => {
    const many = (archive: Buffer) => archive.writeBigUInt64LE(70_000n, archive.length - 66);
    await expect(entriesOf(many)).rejects.toMatchObject({
      code: 'zip_members',
      message: 'rows.zip: holds 70,000 files; at most 10,000 are looked through.',
    });
  });
});

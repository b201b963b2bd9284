import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { PART_BYTES, PartUpload } from './part-upload.ts';

const MB = 1024 * 1024;
const FILES = 12;

function emptyFile(bytes: number): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-parts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'rows');
  const opened = openSync(file, 'w');
  ftruncateSync(opened, bytes);
  closeSync(opened);
  return file;
}

test('any number of files that have been sent and wait for their ends hold the memory of one', async () => {
  const client = { send: async () => ({ UploadId: 'one', ETag: 'e' }) } as unknown as S3Client;
  const shared = { buffers: [], metadata: {}, abortSignal: new AbortController().signal };
  const file = emptyFile(3 * PART_BYTES);
  const before = process.memoryUsage().arrayBuffers;
  const waiting: PartUpload[] = [];
  for (let index = 0; index < FILES; index++) {
    const upload = new PartUpload(client, { Bucket: 'b', Key: String(index) }, { ...shared, file });
    await upload.sendAll();
    waiting.push(upload);
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * 3 * PART_BYTES + MB);
  for (const upload of waiting) await upload.complete();
});

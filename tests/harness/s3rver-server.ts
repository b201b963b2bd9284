import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import S3rver, { type Content } from 's3rver';
import { unfinishedUploads } from './s3rver-uploads.ts';

/** s3rver on a free port of loopback with one bucket, as a store keeps its word: what was answered is there for the next request. */
export async function startS3rver(
  directory: string,
  bucket: string,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = new S3rver({
    ...{ port: 0, address: '127.0.0.1', silent: true, directory },
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  server.middleware.unshift(unfinishedUploads(directory));
  writeBeforeAnswer(server.store);
  const { port } = (await server.run()) as AddressInfo;
  return { port, close: () => server.close() };
}

/** Its own two answer while the file may not have been made yet, which a busy machine shows as objects that are missing or empty. */
function writeBeforeAnswer(store: S3rver['store']): void {
  store.putObject = async ({ bucket, key, content, metadata }) => {
    const written = await write(content, store.getResourcePath(bucket, key, 'object'));
    await store.putMetadata(bucket, key, metadata, written.md5);
    return written;
  };
  store.putPart = async (bucket, uploadId, number, content) => {
    const part = path.join(store.getResourcePath(bucket, undefined, 'uploads'), uploadId, String(number));
    const written = await write(content, part);
    await writeFile(`${part}.md5`, written.md5);
    return written;
  };
}

async function write(content: Content, file: string): Promise<{ size: number; md5: string }> {
  const md5 = createHash('md5');
  let size = 0;
  await mkdir(path.dirname(file), { recursive: true });
  const counted = async function* (chunks: AsyncIterable<string | Buffer>) {
    for await (const chunk of chunks) {
      md5.update(chunk);
      size += Buffer.byteLength(chunk);
      yield chunk;
    }
  };
  await pipeline(Buffer.isBuffer(content) ? Readable.from([content]) : content, counted, createWriteStream(file));
  return { size, md5: md5.digest('hex') };
}

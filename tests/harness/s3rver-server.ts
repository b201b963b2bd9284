import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import S3rver, { type Content, type Middleware } from 's3rver';
import { Turns } from '#lib/destinations/turns.ts';
import { unfinishedUploads } from './s3rver-uploads.ts';

export interface S3rverServer {
  readonly port: number;
  /** When it has done whatever it was asked, also by those who have not waited for it. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** s3rver on a free port of loopback with one bucket, as a store keeps its word: what was answered is there for the next request, all of it or nothing. */
export async function startS3rver(directory: string, bucket: string): Promise<S3rverServer> {
  const server = new S3rver({
    ...{ port: 0, address: '127.0.0.1', silent: true, directory },
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  const uploads = path.join(directory, UPLOADS);
  const underWay = new Set<Promise<void>>();
  server.middleware.unshift(noting(underWay), unfinishedUploads(directory, uploads));
  keepOut(server.store, uploads);
  inTurn(server.store, path.join(directory, ARRIVING));
  const { port } = (await server.run()) as AddressInfo;
  return {
    port,
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close: () => server.close(),
  };
}

/** Beside the buckets: a listing of a bucket comes across nothing that is not in it yet. */
const UPLOADS = '._uploads';
const ARRIVING = '._arriving';

function noting(underWay: Set<Promise<void>>): Middleware {
  return async (_ctx, next) => {
    const answer = next();
    const done: Promise<void> = answer.catch(() => undefined).finally(() => underWay.delete(done));
    underWay.add(done);
    await answer;
  };
}

function keepOut(store: S3rver['store'], uploads: string): void {
  const place = store.getResourcePath.bind(store);
  store.getResourcePath = (bucket, key, resource) =>
    resource === 'uploads' ? path.join(uploads, bucket) : place(bucket, key, resource);
}

/**
 * An object is three files, and its folder comes and goes with them: who looks or writes between two of them finds half an object, and what is
 * cut off leaves it for good. Its own puts even answer while the file may not have been made yet. Listings are of one page, however long:
 * where the next one begins, s3rver writes with a cipher that OpenSSL does not have any more.
 */
function inTurn(store: S3rver['store'], arriving: string): void {
  const turns = new Turns();
  const taking =
    <A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> =>
      turns.take(
        () => work.apply(store, args),
        (error) => error,
      );
  const list = store.listObjects.bind(store);
  store.listObjects = taking((bucket, options) => list(bucket, { ...options, maxKeys: Number.POSITIVE_INFINITY }));
  store.getObject = taking(store.getObject);
  store.copyObject = taking(store.copyObject);
  store.deleteObject = taking(store.deleteObject);
  const appear = taking(async (from: string, to: string, more: () => Promise<void>) => {
    await mkdir(path.dirname(to), { recursive: true });
    await rename(from, to);
    await more();
  });
  store.putObject = async ({ bucket, key, content, metadata }) => {
    const { file, ...written } = await write(content, arriving);
    await appear(file, store.getResourcePath(bucket, key, 'object'), () =>
      store.putMetadata(bucket, key, metadata, written.md5),
    );
    return written;
  };
  store.putPart = async (bucket, uploadId, number, content) => {
    const part = path.join(store.getResourcePath(bucket, undefined, 'uploads'), uploadId, String(number));
    const { file, ...written } = await write(content, arriving);
    await appear(file, part, () => writeFile(`${part}.md5`, written.md5));
    return written;
  };
}

async function write(content: Content, folder: string): Promise<{ file: string; size: number; md5: string }> {
  const md5 = createHash('md5');
  let size = 0;
  const file = path.join(folder, randomUUID());
  await mkdir(folder, { recursive: true });
  const counted = async function* (chunks: AsyncIterable<string | Buffer>) {
    for await (const chunk of chunks) {
      md5.update(chunk);
      size += Buffer.byteLength(chunk);
      yield chunk;
    }
  };
  try {
    await pipeline(Buffer.isBuffer(content) ? Readable.from([content]) : content, counted, createWriteStream(file));
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return { file, size, md5: md5.digest('hex') };
}

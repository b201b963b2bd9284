import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { type ErrorOptions, WeirError } from '#lib/errors.ts';
import type { DestinationContext } from '../destination.ts';
import type { S3Config } from './config.ts';
import { type CopyLimits, copyObject } from './copy-object.ts';
import { guardedAgents } from './guarded-agents.ts';
import { PartUpload } from './part-upload.ts';
import type { StorageClass } from './stored-file.ts';

const TRIES = 5;
const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 120_000;

/** The few operations on a bucket that the destination needs. Keys are whole, with the config's path in front. */
export interface ObjectStore {
  put(key: string, body: string): Promise<void>;
  get(key: string): Promise<string>;
  /** Keys below a prefix, in order. */
  list(prefix: string): Promise<string[]>;
  /** With a signal of its own, also after the load was ended. */
  delete(keys: readonly string[], signal?: AbortSignal): Promise<void>;
  upload(key: string, file: string, metadata: Record<string, string>): Promise<void>;
  /** For a file that still grows at its end. */
  beginUpload(key: string, file: string, metadata: Record<string, string>): PartUpload;
  /** The file is whole: sends all of it but for its end. */
  sendAll(upload: PartUpload): Promise<void>;
  /** Copies inside the bucket; onto itself to change the storage class. False where the object is gone. */
  copy(from: string, to: string, storageClass?: StorageClass): Promise<boolean>;
  /** Gives up uploads of these keys that were begun and never ended, where the store tells of them. */
  abortUploads(keys: readonly string[]): Promise<void>;
  download(key: string, file: string): Promise<void>;
  /** Its bytes. */
  size(key: string): Promise<number>;
  close(): void;
}

/** @param copyLimits for tests: the store's own are gigabytes */
export async function openObjectStore(
  context: DestinationContext,
  config: S3Config,
  copyLimits?: CopyLimits,
): Promise<ObjectStore> {
  const { bucket, endpoint } = config;
  // A refusal is told before anything is tried, and not as the failure of a write.
  if (endpoint) await assertReachable(context, endpoint);
  const client = createClient(context, config);
  const run = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw readS3Error(error, bucket, doing);
    }
  };
  const abortSignal = context.signal;
  const buffers: Buffer[] = [];
  return {
    put: (Key, Body) =>
      run(`writing ${Key}`, async () => {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType: 'application/json' }), {
          abortSignal,
        });
      }),
    get: (Key) =>
      run(`reading ${Key}`, async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }), { abortSignal });
        return (await Body?.transformToString()) ?? '';
      }),
    list: (prefix) => run(`listing ${prefix}`, () => listAll(client, bucket, prefix, abortSignal)),
    delete: (keys, signal = abortSignal) =>
      run('deleting files', async () => {
        // One by one: DeleteObjects wants Content-MD5 of some stores and a checksum of others.
        for (const Key of keys)
          await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }), { abortSignal: signal });
      }),
    upload: (Key, file, metadata) =>
      run(`uploading ${Key}`, () =>
        new PartUpload(client, { Bucket: bucket, Key }, { file, metadata, abortSignal, buffers }).complete(),
      ),
    beginUpload: (Key, file, metadata) =>
      new PartUpload(client, { Bucket: bucket, Key }, { file, metadata, abortSignal, buffers }),
    sendAll: (upload) => run(`uploading ${upload.key}`, () => upload.sendAll()),
    copy: (from, Key, storageClass) =>
      run(`copying ${from} to ${Key}`, () =>
        copyObject(client, { from, to: Key, storageClass }, { bucket, abortSignal, limits: copyLimits }).catch(
          (error: unknown) => {
            if (GONE.has((error as Error).name)) return false;
            throw error;
          },
        ),
      ),
    abortUploads: async (keys) => {
      for (const key of keys) await abortUploadsOf(client, bucket, key, context);
    },
    download: (Key, file) =>
      run(`reading ${Key}`, async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }), { abortSignal });
        await pipeline(Body as Readable, createWriteStream(file));
      }),
    size: (Key) =>
      run(`looking at ${Key}`, async () => {
        const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key }), { abortSignal });
        return ContentLength ?? 0;
      }),
    close: () => client.destroy(),
  };
}

async function assertReachable({ guard }: DestinationContext, { protocol, hostname, port }: URL): Promise<void> {
  const scheme = protocol === 'http:' ? 'http:' : 'https:';
  await guard(hostname.replace(/^\[|\]$/g, ''), Number(port) || (scheme === 'http:' ? 80 : 443), scheme);
}

function createClient({ guard }: DestinationContext, config: S3Config): S3Client {
  const { accessKeyId, secretAccessKey, endpoint, region } = config;
  return new S3Client({
    region,
    credentials: { accessKeyId, secretAccessKey },
    ...(endpoint && { endpoint: endpoint.href, forcePathStyle: true }),
    maxAttempts: TRIES,
    // Stores other than Amazon's know no checksum trailers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      ...guardedAgents({ guard, timeoutMs: CONNECT_TIMEOUT_MS }),
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
    },
  });
}

/** What a store says of an object that is not there, to HEAD and to a copy. */
const GONE = new Set(['NotFound', 'NoSuchKey']);

/** Stores that can't list unfinished uploads clean up after themselves, or not at all: no reason to fail a sync. */
async function abortUploadsOf(
  client: S3Client,
  Bucket: string,
  key: string,
  context: DestinationContext,
): Promise<void> {
  try {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: key }));
    for (const { Key, UploadId } of Uploads)
      if (Key === key) await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  } catch (error) {
    context.log.debug({ key, err: error }, 'unfinished uploads could not be looked for');
  }
}

async function listAll(client: S3Client, bucket: string, prefix: string, abortSignal: AbortSignal): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(token && { ContinuationToken: token }) }),
      { abortSignal },
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
    const next = page.IsTruncated ? page.NextContinuationToken : undefined;
    if (next !== undefined && next === token) throw endless(bucket, prefix);
    token = next;
  } while (token !== undefined);
  return keys.toSorted();
}

function endless(bucket: string, prefix: string): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'store_inconsistent',
    message: `The listing of ${prefix} in bucket ${bucket} does not end: after its page comes the same page.`,
    hint: 'See whether a proxy in front of the store changes its answers.',
  });
}

type Reading = Pick<ErrorOptions, 'kind' | 'code'> & { readonly hint: string };

const BY_NAME: Readonly<Record<string, Reading>> = {
  NoSuchBucket: {
    kind: 'config',
    code: 'missing_bucket',
    hint: 'Create the bucket, or correct its name, region or endpoint.',
  },
  InvalidAccessKeyId: { kind: 'config', code: 'wrong_password', hint: 'Check the access key id of the destination.' },
  SignatureDoesNotMatch: {
    kind: 'config',
    code: 'wrong_password',
    hint: 'Check the secret access key, the region, and this machine’s clock.',
  },
  InvalidStorageClass: {
    kind: 'config',
    code: 'unknown_storage_class',
    hint: 'Choose a storage class that this store has, or delete or move old files.',
  },
  KeyTooLongError: {
    kind: 'config',
    code: 'key_too_long',
    hint: 'Keys have 1,024 bytes at most: shorten the bucket path, the namespace or the name of the stream.',
  },
  RequestTimeTooSkewed: { kind: 'config', code: 'clock_skew', hint: 'Set this machine’s clock.' },
  AccessDenied: {
    kind: 'config',
    code: 'missing_rights',
    hint: 'Weir needs s3:ListBucket, GetObject, PutObject, DeleteObject and AbortMultipartUpload below the bucket path.',
  },
  PermanentRedirect: { kind: 'config', code: 'wrong_region', hint: 'Correct the region.' },
  AuthorizationHeaderMalformed: { kind: 'config', code: 'wrong_region', hint: 'Correct the region.' },
};

function readS3Error(error: unknown, bucket: string, doing: string): WeirError {
  if (error instanceof WeirError) return error;
  const { name, message, cause } = error as Error;
  if (cause instanceof WeirError) return cause;
  const known = BY_NAME[name];
  if (known)
    return new WeirError({
      ...known,
      message: `The store refused ${doing} in bucket ${bucket}: ${sentence(message)}`,
      cause: error,
    });
  const status = (error as Partial<S3ServiceException>).$metadata?.httpStatusCode;
  const { code = '' } = error as { code?: string };
  if (status === undefined || status >= 500 || status === 429) {
    return new WeirError({
      kind: 'transient',
      code: status === undefined ? 'destination_unreachable' : 'store_failing',
      message: `The store failed at ${doing} in bucket ${bucket}: ${sentence(message || code || name)}`,
      hint:
        status === undefined
          ? 'Check the endpoint, and whether it lets this machine in.'
          : 'It may be over at the next try; if it stays, look at the store.',
      cause: error,
    });
  }
  return new WeirError({
    kind: status === 403 ? 'config' : 'terminal',
    code: status === 403 ? 'missing_rights' : 'store',
    message: `The store refused ${doing} in bucket ${bucket}: ${sentence(`${name} ${message}`)}`,
    hint: 'Check the keys and their rights.',
    cause: error,
  });
}

/** Stores end what they say with a full stop or without. */
function sentence(text: string): string {
  return `${text.trim().replace(/\.$/, '')}.`;
}

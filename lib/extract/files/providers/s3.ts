import { createWriteStream } from 'node:fs';
import { matchesGlob } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type _Object,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import type { WeirError } from '#lib/errors.ts';
import type { HttpClient } from '../../http/http-client.ts';
import type { ExtractContext } from '../../source.ts';
import { fileChanged, fileError, isOfOwnDisk } from '../file-errors.ts';
import type { ProviderOptions } from '../file-options.ts';
import { patiently } from './patiently.ts';
import { counted, type FileEntry, type FileProvider, type OnBytes } from './provider.ts';
import { notStore, storeError } from './s3-errors.ts';

const MAX_FILES = 100_000;
const MAX_BYTES = 10 * 1024 ** 3;
const TOTAL_TIMEOUT_MS = 3_600_000;

/** Parts of a path that no address can hold: they would lead to another object. */
const DOTS = /(?:^|\/)\.\.?(?:\/|$)/;

type S3Options = Extract<ProviderOptions, { type: 's3' }>;

/** Objects of a bucket. The SDK signs; the requests leave through the guarded client. */
export function s3Files(context: ExtractContext, options: S3Options, patterns: readonly string[]): FileProvider {
  const { http, signal } = context;
  const client = new S3Client(clientConfig(http, signal, options));
  const { bucket } = options;
  return {
    async list() {
      const entries = new Map<string, FileEntry>();
      for (const pattern of patterns) {
        const Prefix = pattern.split(/[*?[{]/)[0] ?? '';
        try {
          for await (const { Key = '', ETag, Size = null } of listedObjects(client, bucket, Prefix)) {
            signal.throwIfAborted();
            // A key that ends so stands for a folder.
            if (Key.endsWith('/') || !(Key === pattern || matchesGlob(Key, pattern))) continue;
            if (DOTS.test(Key)) throw unreadable(Key);
            entries.set(Key, { name: Key, version: tagOf(ETag), bytes: Size });
            if (entries.size > MAX_FILES) throw tooMany(pattern);
          }
        } catch (error) {
          throw storeError(error, { bucket, file: `s3://${bucket}/${Prefix}` }, false);
        }
      }
      if (entries.size === 0) throw noSuchKey(patterns.join(', '));
      return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    fetch: (entry, target, _known, told) =>
      patiently(context, entry.name, told?.onWait, () => fetchObject(client, bucket, entry, target, told?.onBytes)),
    close: () => client.destroy(),
  };
}

function clientConfig(http: HttpClient, signal: AbortSignal, options: S3Options): S3ClientConfig {
  const { endpoint, region, access_key_id, secret_access_key } = options;
  // Without keys nothing is signed. Some must be given all the same: the SDK would look for this machine's own otherwise.
  const anonymous = {
    credentials: { accessKeyId: 'anonymous', secretAccessKey: 'anonymous' },
    signer: { sign: async <Request>(request: Request) => request },
  };
  return {
    region: region || 'us-east-1',
    ...(endpoint && { endpoint }),
    forcePathStyle: options.force_path_style ?? Boolean(endpoint),
    ...(access_key_id && secret_access_key
      ? { credentials: { accessKeyId: access_key_id, secretAccessKey: secret_access_key } }
      : anonymous),
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: { handle: (request: SignedRequest) => handle(http, signal, request) } as unknown as NonNullable<
      S3ClientConfig['requestHandler']
    >,
  } as S3ClientConfig;
}

/** What the SDK hands to a request handler, as far as reading goes. */
interface SignedRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
}

async function handle(http: HttpClient, signal: AbortSignal, request: SignedRequest) {
  const query = Object.entries(request.query ?? {})
    .flatMap(([name, value]) => [value ?? ''].flat().map((one) => `${encode(name)}=${encode(one)}`))
    .join('&');
  const host = request.port ? `${request.hostname}:${request.port}` : request.hostname;
  const response = await http.send({
    method: request.method,
    url: `${request.protocol}//${host}${request.path}${query && `?${query}`}`,
    headers: { ...request.headers, 'accept-encoding': 'identity' },
    signal,
    followRedirects: false,
    maxBytes: MAX_BYTES,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
  });
  const { status, headers } = response;
  return { response: { statusCode: status, headers, body: Readable.from(response.body, { objectMode: false }) } };
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

async function fetchObject(
  client: S3Client,
  bucket: string,
  { name, version }: FileEntry,
  target: string,
  onBytes: OnBytes | undefined,
): Promise<{ version: string }> {
  try {
    const match = version === null ? {} : { IfMatch: version };
    const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name, ...match }));
    const { Body, ETag, ContentLength = null } = object;
    await pipeline(counted(Body as Readable, ContentLength, onBytes), createWriteStream(target));
    const got = tagOf(ETag);
    // Not every store heeds IfMatch.
    if (version !== null && got !== version) throw fileChanged(name);
    return { version: got ?? '' };
  } catch (error) {
    throw isOfOwnDisk(error) ? error : storeError(error, { bucket, file: name }, true);
  }
}

/** The objects below a prefix, page after page. */
async function* listedObjects(client: S3Client, Bucket: string, Prefix: string): AsyncGenerator<_Object> {
  const file = `s3://${Bucket}/${Prefix}`;
  let ContinuationToken: string | undefined;
  for (;;) {
    const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }));
    const { Contents = [], IsTruncated, KeyCount, Name, NextContinuationToken: next } = page;
    if (Contents.length === 0 && [IsTruncated, KeyCount, Name].every((one) => one === undefined)) throw notStore(file);
    yield* Contents;
    if (IsTruncated !== true) return;
    if (next === undefined || next === ContinuationToken) throw stuck(file);
    ContinuationToken = next;
  }
}

function stuck(file: string): WeirError {
  const hint = 'Report it to those who run the store; a narrower pattern may do meanwhile.';
  return fileError('terminal', 's3', { file }, 'the list of objects goes on, but does not get on.', hint);
}

/** Some stores write the tag of a version with quotes, some without, and some do both; what stands before it calls it weak on the way. */
function tagOf(etag: string | null | undefined): string | null {
  return etag ? `"${etag.replace(/^W\//, '').replaceAll('"', '')}"` : null;
}

function unreadable(file: string): WeirError {
  const hint = 'Copy the object under another key, or give a pattern that leaves it out.';
  return fileError(
    'config',
    'unreadable_key',
    { file },
    'has . or .. as a part of its key, which no address can name.',
    hint,
  );
}

function noSuchKey(pattern: string): WeirError {
  const hint =
    'Check the path for its spelling, upper and lower case included: keys begin without a slash and without the name of the bucket.';
  return fileError('config', 'file_not_found', { file: pattern }, 'there is no such object.', hint);
}

function tooMany(file: string): WeirError {
  const hint =
    'Give a narrower pattern, such as one stream for each year, or move objects that have been read below another prefix.';
  const what = `more than ${MAX_FILES.toLocaleString('en')} objects match, each of which the state would name.`;
  return fileError('config', 'too_many_files', { file }, what, hint);
}

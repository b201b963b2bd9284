import { createWriteStream } from 'node:fs';
import { matchesGlob } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, paginateListObjectsV2, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { WeirError, wrapError } from '#lib/errors.ts';
import type { HttpClient } from '../../http/http-client.ts';
import type { ExtractContext } from '../../source.ts';
import { fileChanged, fileError, fileNotFound } from '../file-errors.ts';
import type { ProviderOptions } from '../file-options.ts';
import { counted, type FileEntry, type FileProvider } from './provider.ts';

const MAX_FILES = 10_000;
const MAX_BYTES = 10 * 1024 ** 3;
const TOTAL_TIMEOUT_MS = 3_600_000;

type S3Options = Extract<ProviderOptions, { type: 's3' }>;

/** Objects of a bucket. The SDK signs; the requests leave through the guarded client. */
export function s3Files(
  { http, signal }: ExtractContext,
  options: S3Options,
  patterns: readonly string[],
): FileProvider {
  const client = new S3Client(clientConfig(http, signal, options));
  const { bucket } = options;
  return {
    async list() {
      const entries = new Map<string, FileEntry>();
      for (const pattern of patterns) {
        const Prefix = pattern.split(/[*?[{]/)[0] ?? '';
        const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix });
        try {
          for await (const { Contents = [] } of pages)
            for (const { Key = '', ETag = null, Size = null } of Contents)
              if (Key === pattern || matchesGlob(Key, pattern))
                entries.set(Key, { name: Key, version: ETag, bytes: Size });
        } catch (error) {
          throw s3Error(error, `s3://${bucket}/${Prefix}`);
        }
        if (entries.size > MAX_FILES) throw tooMany(pattern);
      }
      return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async fetch({ name, version }, target, _known, onBytes) {
      try {
        const match = version === null ? {} : { IfMatch: version };
        const {
          Body,
          ETag,
          ContentLength = null,
        } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name, ...match }));
        await pipeline(counted(Body as Readable, ContentLength, onBytes), createWriteStream(target));
        // Not every store heeds IfMatch.
        if (version !== null && ETag !== version) throw fileChanged(name);
        return { version: ETag ?? version ?? '' };
      } catch (error) {
        throw s3Error(error, name);
      }
    },
    close: () => client.destroy(),
  };
}

function clientConfig(http: HttpClient, signal: AbortSignal, options: S3Options): S3ClientConfig {
  const { endpoint, region = 'us-east-1', access_key_id, secret_access_key } = options;
  // Without keys nothing is signed. Some must be given all the same: the SDK would look for this machine's own otherwise.
  const anonymous = {
    credentials: { accessKeyId: 'anonymous', secretAccessKey: 'anonymous' },
    signer: { sign: async <Request>(request: Request) => request },
  };
  return {
    region,
    ...(endpoint && { endpoint }),
    forcePathStyle: options.force_path_style ?? endpoint !== undefined,
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

function s3Error(error: unknown, file: string): WeirError {
  if (error instanceof WeirError) return error;
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  if (status === 412) return fileChanged(file);
  if (error instanceof TypeError) {
    const hint = 'Write it as https://host, with a port where it needs one.';
    return fileError(
      'config',
      'bad_endpoint',
      { file },
      'the endpoint is no address that can be requested.',
      hint,
      error,
    );
  }
  if (name === 'NoSuchKey') return fileNotFound(file, error);
  if (status === 403 || status === 401 || name === 'NoSuchBucket') {
    const hint = 'Check bucket, endpoint, region and keys, and that the keys may list and read.';
    return fileError('config', 's3_refused', { file }, `S3 refused access (${name}).`, hint, error);
  }
  const kind = status >= 500 || status === 429 || status === 0 ? 'transient' : 'terminal';
  return wrapError(error, {
    kind,
    code: 's3',
    message: `${file}: S3 answered ${name ?? 'nothing'}${status ? ` (${status})` : ''}.`,
    hint: 'See the log of the object store.',
    where: { file },
  });
}

function tooMany(file: string): WeirError {
  const hint = 'Give a narrower pattern.';
  return fileError('config', 'too_many_files', { file }, `more than ${MAX_FILES} objects match.`, hint);
}

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { WeirError } from '#lib/errors.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { retryAfterSeconds } from '../../http/retry-after.ts';
import type { ExtractContext } from '../../source.ts';
import { fileError, fileNotFound } from '../file-errors.ts';
import { namedAddresses } from './addresses.ts';
import { patiently } from './patiently.ts';
import { counted, type FileProvider, type OnBytes } from './provider.ts';

const MAX_BYTES = 10 * 1024 ** 3;
const TOTAL_TIMEOUT_MS = 3_600_000;
/** So much of a file shows whether it is one. */
const LOOKED_AT_BYTES = 2_000;
const SHOWN_CHARACTERS = 100;

interface HttpsOptions {
  readonly base_url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Files by their address, through the guarded client. */
export function httpsFiles(context: ExtractContext, options: HttpsOptions, paths: readonly string[]): FileProvider {
  const addresses = namedAddresses(paths);
  const urls = new Map(addresses.map(({ name, path }) => [name, fileUrl(path, options.base_url)]));
  const fetchOnce: FileProvider['fetch'] = async ({ name }, target, known, told) => {
    const etag = known?.startsWith('etag:') ? known.slice(5) : null;
    const headers = { ...options.headers, ...(etag !== null && { 'if-none-match': etag }) };
    const request = { method: 'GET', url: urls.get(name) ?? '', headers, signal: context.signal };
    const response = await context.http.send({ ...request, maxBytes: MAX_BYTES, totalTimeoutMs: TOTAL_TIMEOUT_MS });
    if (response.status === 304 && etag !== null) return null;
    if (response.status !== 200) throw refusedStatus(name, response, context.clock());
    const hash = await saved(name, response, target, told?.onBytes);
    const version = response.headers.etag ? `etag:${response.headers.etag}` : `sha256:${hash}`;
    return version === known ? null : { version };
  };
  return {
    list: async () => addresses.map(({ name, formerly }) => ({ name, formerly, version: null, bytes: null })),
    fetch: (entry, target, known, told) =>
      patiently(context, entry.name, told?.onWait, () => fetchOnce(entry, target, known, told)),
  };
}

/** Writes the body to a file. @returns the hash of its content */
async function saved(
  file: string,
  { body, headers }: HttpResponse,
  target: string,
  onBytes: OnBytes | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  const looked = async function* () {
    let seen = Buffer.alloc(0);
    for await (const piece of counted(body, lengthOf(headers), onBytes)) {
      if (seen.length < LOOKED_AT_BYTES) {
        seen = Buffer.concat([seen, piece.subarray(0, LOOKED_AT_BYTES)]);
        if (isPage(seen.toString())) throw notAFile(file, seen.toString());
      }
      hash.update(piece);
      yield piece;
    }
  };
  await pipeline(looked, createWriteStream(target));
  return hash.digest('hex');
}

/** What comes unpacked on the way is longer than its server says. */
function lengthOf(headers: Readonly<Record<string, string>>): number | null {
  const length = Number(headers['content-length']);
  return length > 0 && headers['content-encoding'] === undefined ? length : null;
}

function fileUrl(path: string, base: string | undefined): string {
  if (/^https?:\/\//i.test(path) || !base) return path;
  return `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
}

/** No format of ours begins so, but what servers answer who ask to sign in, or fail, and call it a success. */
function isPage(start: string): boolean {
  return /^\uFEFF?\s*<(!doctype\s+html|html[\s>]|\?xml\s)/i.test(start);
}

function notAFile(file: string, start: string): WeirError {
  const [, title] = /<title[^>]*>\s*([^<]+)/i.exec(start) ?? [];
  const text = (title ?? start.replace(/\s+/g, ' ')).trim().slice(0, SHOWN_CHARACTERS);
  const hint = 'Open the address without being signed in: it must lead to the file itself.';
  return fileError('config', 'not_a_file', { file }, `its server answered with a page, and no file: “${text}”.`, hint);
}

function refusedStatus(file: string, { status, headers }: HttpResponse, now: Date): WeirError {
  if (status === 404 || status === 410) return fileNotFound(file);
  if (status === 401 || status === 403) {
    const hint = 'Check the credentials in the headers, and that they may read this file.';
    return fileError('config', 'unauthorized', { file }, `its server refused access (${status}).`, hint);
  }
  const retryAfterS = retryAfterSeconds(headers['retry-after'], now);
  return new WeirError({
    kind: status >= 500 || status === 429 || status === 408 ? 'transient' : 'terminal',
    code: status === 429 ? 'rate_limited' : 'http_status',
    message: `${file}: its server answered ${status}.`,
    hint: 'Open the address to see why.',
    where: { file },
    ...(retryAfterS !== null && { retryAfterS }),
  });
}

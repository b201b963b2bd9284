import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { WeirError } from '#lib/errors.ts';
import type { ExtractContext } from '../../source.ts';
import { fileError, fileNotFound } from '../file-errors.ts';
import { counted, type FileProvider } from './provider.ts';

const MAX_BYTES = 10 * 1024 ** 3;
const TOTAL_TIMEOUT_MS = 3_600_000;

/** Files by their address, through the guarded client. */
export function httpsFiles(
  { http, signal }: ExtractContext,
  options: { readonly base_url?: string; readonly headers?: Readonly<Record<string, string>> },
  paths: readonly string[],
): FileProvider {
  const urls = new Map(paths.map((path) => [path, fileUrl(path, options.base_url)]));
  return {
    list: async () => paths.map((name) => ({ name, version: null, bytes: null })),
    async fetch({ name }, target, known, onBytes) {
      const etag: Record<string, string> = known?.startsWith('etag:') ? { 'if-none-match': known.slice(5) } : {};
      const request = { method: 'GET', url: urls.get(name) ?? '', headers: { ...options.headers, ...etag }, signal };
      const response = await http.send({ ...request, maxBytes: MAX_BYTES, totalTimeoutMs: TOTAL_TIMEOUT_MS });
      if (response.status === 304) return null;
      if (response.status !== 200) throw refusedStatus(name, response.status);
      const hash = createHash('sha256');
      const hashed = async function* () {
        for await (const piece of counted(response.body, lengthOf(response.headers), onBytes)) {
          hash.update(piece);
          yield piece;
        }
      };
      await pipeline(hashed, createWriteStream(target));
      const version = response.headers.etag ? `etag:${response.headers.etag}` : `sha256:${hash.digest('hex')}`;
      return version === known ? null : { version };
    },
  };
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

function refusedStatus(file: string, status: number): WeirError {
  if (status === 404 || status === 410) return fileNotFound(file);
  if (status === 401 || status === 403) {
    const hint = 'Check the credentials in the headers, and that they may read this file.';
    return fileError('config', 'unauthorized', { file }, `its server refused access (${status}).`, hint);
  }
  const kind = status >= 500 || status === 429 || status === 408 ? 'transient' : 'terminal';
  return fileError(kind, 'http_status', { file }, `its server answered ${status}.`, 'Open the address to see why.');
}

import type { Socket } from 'node:net';

/** A request as it came over the wire. */
export interface RecordedRequest {
  readonly method: string;
  /** As asked for, with the query. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as JSON; throws if it is none. */
  json(): unknown;
}

const MAX_BYTES = 64 * 1024 * 1024;

/** Cuts a connection's bytes into requests; ends with the connection. */
export async function* readRequests(socket: Socket): AsyncGenerator<RecordedRequest> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const bytes of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    pending = Buffer.concat([pending, bytes]);
    if (pending.length > MAX_BYTES) throw new Error('The request is too large for the scripted server.');
    for (let next = takeRequest(pending); next; next = takeRequest(pending)) {
      pending = next.rest;
      yield next.request;
    }
  }
}

/** The first complete request of the bytes; null while some of it is missing. */
function takeRequest(bytes: Buffer): { request: RecordedRequest; rest: Buffer } | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [first = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    const value = line.slice(line.indexOf(':') + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const after = bytes.subarray(headEnd + 4);
  const body = headers['transfer-encoding'] === 'chunked' ? takeChunks(after) : takeLength(after, headers);
  if (!body) return null;
  const [method = '', target = ''] = first.split(' ');
  const url = new URL(target, 'http://scripted');
  const text = body.body.toString('utf8');
  const request = {
    method,
    target,
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: text,
    json: () => JSON.parse(text) as unknown,
  };
  return { request, rest: body.rest };
}

function takeLength(bytes: Buffer, headers: Record<string, string>): { body: Buffer; rest: Buffer } | null {
  const length = Number(headers['content-length'] ?? 0);
  return bytes.length < length ? null : { body: bytes.subarray(0, length), rest: bytes.subarray(length) };
}

function takeChunks(bytes: Buffer): { body: Buffer; rest: Buffer } | null {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return null;
    if (size === 0) return { body: Buffer.concat(parts), rest: bytes.subarray(start + 2) };
    parts.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}

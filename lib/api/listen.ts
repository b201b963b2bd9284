import type { IncomingMessage, RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Api } from './api.ts';

/** The API behind a Node server. */
export function apiListener(api: Api): RequestListener {
  return getRequestListener(
    (request, { incoming }) => api.fetch(readable(request, incoming as IncomingMessage), incoming.socket.remoteAddress),
    { overrideGlobalObjects: false },
  );
}

/**
 * Some clients of Airbyte ask by GET and send what they ask for as a body, which a `Request` can't hold. No web page can
 * send that; it is read as the POST that it means.
 */
function readable(request: Request, incoming: IncomingMessage): Request {
  const { headers } = incoming;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (request.method !== 'GET' || !hasBody || !CONFIG_PATH.test(new URL(request.url).pathname)) return request;
  return new Request(request.url, {
    method: 'POST',
    headers: request.headers,
    body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>,
    duplex: 'half',
    signal: request.signal,
  } as RequestInit);
}

const CONFIG_PATH = /^\/api\/v1\//;

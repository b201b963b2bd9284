import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type RecordedRequest, readRequests } from './read-requests.ts';

export type { RecordedRequest } from './read-requests.ts';

/** What the server does with one request. Everything is by signal: nothing here waits for a time to pass. */
export interface Answer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Text and bytes go out as they are, anything else as JSON (with its content type). */
  readonly body?: unknown;
  /** Compresses the body and says so. */
  readonly encoding?: 'gzip' | 'deflate' | 'br';
  /** Sends the body in chunks of so many bytes instead of with a length. */
  readonly chunkBytes?: number;
  /** Claims this length, whatever the body has. */
  readonly contentLength?: number;
  /** Sends so many bytes of the body, then ends the connection in good manners (FIN). */
  readonly cutAfter?: number;
  /** Sends so many bytes of the body, then resets the connection (RST); 0 resets before the status line. */
  readonly resetAfter?: number;
  /** Sends nothing before this settles. */
  readonly hold?: Promise<unknown>;
  /** Sends status and headers, then no byte of the body before this settles. */
  readonly holdBody?: Promise<unknown>;
  /** Called before each byte of the body; the byte goes out when it settles. */
  readonly eachByte?: (index: number) => Promise<unknown>;
  /** Never answers, and keeps the connection open. */
  readonly hang?: boolean;
  /** Ends the connection after the answer and says so (`connection: close`), or without a word. */
  readonly close?: 'announced' | 'silent';
  /** Goes out as it is, instead of everything above. */
  readonly raw?: string | Uint8Array;
}

export type AnswerFunction = (request: RecordedRequest, index: number) => Answer | Promise<Answer>;
/** One answer for ever, a list in order (its last stays), or a function of the request and of how many came before it. */
export type Answers = Answer | readonly Answer[] | AnswerFunction;
/** Answers by path (without the query; `*` takes what no path does), or for whatever is asked. */
export type Script = Readonly<Record<string, Answers>> | readonly Answer[] | AnswerFunction;

export interface ScriptedServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`, without a slash at the end. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** In the order in which they were complete. */
  readonly requests: readonly RecordedRequest[];
  /** Connections accepted so far. */
  connections(): number;
  /** Sets the answers of a path from now on. */
  on(path: string, answers: Answers): void;
  /** Resolves when so many requests have come. */
  waitForRequests(count: number): Promise<void>;
  close(): Promise<void>;
}

export interface ScriptedServerOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

/** A server on raw sockets that answers, and misbehaves, exactly as its script says. Loopback only. */
export async function scriptedServer(
  script: Script = {},
  options: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const routes = new Map<string, { answers: Answers; used: number }>();
  const set = (path: string, answers: Answers) => routes.set(path, { answers, used: 0 });
  if (typeof script === 'function' || Array.isArray(script)) set('*', script as Answers);
  else for (const [path, answers] of Object.entries(script)) set(path, answers);

  const requests: RecordedRequest[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();
  let accepted = 0;
  const answer = (request: RecordedRequest): Answer | Promise<Answer> => {
    requests.push(request);
    for (const look of waiting) look();
    const route = routes.get(request.path) ?? routes.get('*');
    if (!route) return { status: 404, body: { error: `no answer scripted for ${request.path}` } };
    return pick(route.answers, request, route.used++);
  };
  const serve = (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    void converse(socket, answer).catch(() => socket.destroy());
  };
  const server: Server = options.tls ? createTlsServer(options.tls, serve) : createServer(serve);
  if (options.tls) server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };

  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    requests,
    connections: () => accepted,
    on: (path, answers) => void set(path, answers),
    waitForRequests: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (requests.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function pick(answers: Answers, request: RecordedRequest, index: number): Answer | Promise<Answer> {
  if (typeof answers === 'function') return answers(request, index);
  if (!Array.isArray(answers)) return answers as Answer;
  return answers[Math.min(index, answers.length - 1)] ?? { status: 500, body: 'The script has no answers.' };
}

/** Requests of one connection, one after the other. */
async function converse(socket: Socket, answer: (request: RecordedRequest) => Answer | Promise<Answer>): Promise<void> {
  for await (const request of readRequests(socket)) {
    const next = await answer(request);
    if ((await send(socket, request, next)) === 'over') return;
  }
}

async function send(socket: Socket, request: RecordedRequest, answer: Answer): Promise<'over' | 'goes on'> {
  await answer.hold;
  if (answer.hang) return new Promise((resolve) => socket.once('close', () => resolve('over')));
  if (answer.resetAfter === 0) return reset(socket);
  if (answer.raw !== undefined) {
    await write(socket, answer.raw);
    return answer.close ? end(socket) : 'goes on';
  }
  const { head, body } = encode(answer, request);
  await write(socket, head);
  await answer.holdBody;
  const cut = answer.cutAfter ?? answer.resetAfter;
  const bytes = cut === undefined ? body : body.subarray(0, cut);
  if (answer.eachByte) {
    for (let index = 0; index < bytes.length && !socket.destroyed; index++) {
      await answer.eachByte(index);
      await write(socket, bytes.subarray(index, index + 1));
    }
  } else await write(socket, bytes);
  if (answer.resetAfter !== undefined) return reset(socket);
  return answer.close || answer.cutAfter !== undefined ? end(socket) : 'goes on';
}

/** `body` is what goes over the wire, chunk frames included. */
function encode(answer: Answer, request: RecordedRequest): { head: string; body: Buffer } {
  const { status = 200, encoding, chunkBytes, contentLength } = answer;
  const { body, type } = bodyOf(answer.body);
  const packed = encoding ? COMPRESS[encoding](body) : body;
  const headers = new Map<string, string | readonly string[]>();
  if (type) headers.set('content-type', type);
  if (encoding) headers.set('content-encoding', encoding);
  if (chunkBytes) headers.set('transfer-encoding', 'chunked');
  else headers.set('content-length', String(contentLength ?? packed.length));
  if (answer.close === 'announced') headers.set('connection', 'close');
  // The script's headers take the place of ours, spelled as it spells them.
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    headers.delete(name.toLowerCase());
    headers.set(name, value);
  }
  const lines = [...headers].flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
  const head = `HTTP/1.1 ${status} Scripted\r\n${lines.join('\r\n')}\r\n\r\n`;
  if (request.method === 'HEAD' || status === 204 || status === 304) return { head, body: Buffer.alloc(0) };
  return { head, body: chunkBytes ? inChunks(packed, chunkBytes) : packed };
}

const COMPRESS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

function bodyOf(body: unknown): { body: Buffer; type?: string } {
  if (body === undefined) return { body: Buffer.alloc(0) };
  if (typeof body === 'string') return { body: Buffer.from(body) };
  if (body instanceof Uint8Array) return { body: Buffer.from(body) };
  return { body: Buffer.from(JSON.stringify(body)), type: 'application/json' };
}

function inChunks(body: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

function write(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  if (bytes.length === 0 || socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}

function end(socket: Socket): 'over' {
  socket.end();
  return 'over';
}

function reset(socket: Socket): 'over' {
  if ('resetAndDestroy' in socket) socket.resetAndDestroy();
  else (socket as Socket).destroy();
  return 'over';
}

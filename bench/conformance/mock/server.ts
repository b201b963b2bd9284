import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '#lib/json.ts';
import { Answers, type MockAnswer, type Received } from './answers.ts';
import { type Endpoint, endpointsOf, endpointsOfSource, type Role } from './endpoints.ts';
import { MARKER } from './pages.ts';
import type { World } from './templates.ts';

interface Reading {
  /** Whether others have the stream as their parent. */
  readonly isParent?: boolean;
  /** The manifest, where its streams have to be listed before one is read. */
  readonly source?: JsonObject;
}

/** An HTTP API on loopback that answers for one stream of one manifest at a time, and remembers what it was asked. */
export class MockApi {
  readonly #server: Server;
  #endpoints: { endpoint: Endpoint; answers: Answers }[] = [];
  #received: Received[] = [];
  #tries = new Map<string, number>();
  #isParent = false;
  address = '';

  constructor() {
    this.#server = createServer((request, response) => {
      this.#receive(request).then(
        ({ status, headers, body }) => response.writeHead(status, { ...headers }).end(body),
        (error: unknown) =>
          response.writeHead(500, { 'Content-Type': 'text/plain' }).end(`mock: ${String((error as Error).stack)}`),
      );
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.address = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** From now on the API is the one that this stream reads. */
  become(stream: JsonObject, world: World, { isParent = false, source = {} }: Reading = {}): void {
    this.#serve([...endpointsOf(stream, world), ...endpointsOfSource(source, world)], world, isParent);
  }

  /** The API as it is asked for the list of the manifest's streams. */
  becomeSource(manifest: JsonObject, world: World): void {
    this.#serve(endpointsOfSource(manifest, world), world, false);
  }

  #serve(endpoints: readonly Endpoint[], world: World, isParent: boolean): void {
    this.#isParent = isParent;
    this.#endpoints = endpoints.map((endpoint) => ({ endpoint, answers: new Answers(endpoint, world) }));
    this.forget();
  }

  /** What was asked since; then as if nothing had been. */
  forget(): Received[] {
    const received = this.#received;
    this.#received = [];
    this.#tries = new Map();
    return received;
  }

  async #receive(request: IncomingMessage): Promise<MockAnswer> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const url = new URL(request.url ?? '/', 'http://mock');
    const { 'x-mock-origin': origin, ...headers } = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
    );
    const received: Received = {
      method: request.method ?? 'GET',
      origin: origin ?? '',
      path: spelledAlike(url.pathname),
      query: [...url.searchParams],
      headers,
      body: Buffer.concat(pieces).toString('utf8'),
      role: null,
      kept: false,
      answer: null,
    };
    const found = this.#match(received);
    const answer = this.#answer(received, found?.answers ?? null);
    const role = found?.endpoint.role ?? null;
    this.#received.push({ ...received, role, kept: this.#keeps(role, received.method), answer });
    return answer;
  }

  #keeps(role: Role | null, method: string): boolean {
    if (role === 'token' || role === 'login') return true;
    return method === 'GET' && (role === 'parent' || (role === 'stream' && this.#isParent));
  }

  #answer(received: Received, answers: Answers | null): MockAnswer {
    const key = `${received.method} ${received.origin}${received.path}?${new URLSearchParams(received.query.map(([name, value]) => [name, value]))} ${received.body}`;
    const tries = this.#tries.get(key) ?? 0;
    this.#tries.set(key, tries + 1);
    return (
      answers?.answer(received, tries) ?? {
        status: 404,
        headers: { 'Content-Type': 'application/json' },
        body: '{"message":"mock knows no such address"}',
      }
    );
  }

  #match(received: Received): { endpoint: Endpoint; answers: Answers } | null {
    if (received.origin === 'https://download.example.com')
      return this.#endpoints.find(({ endpoint }) => endpoint.role === 'download') ?? null;
    const address = `${received.origin}${safe(received.path)}`;
    const matching = this.#endpoints.filter(
      ({ endpoint }) =>
        (endpoint.method === '*' || endpoint.method === received.method) &&
        (endpoint.pattern.test(address) || endpoint.pattern.test(`${received.origin}${received.path}`)),
    );
    const [best] = matching.toSorted((a, b) => score(b.endpoint, received) - score(a.endpoint, received));
    // Whatever a manifest makes of the address of a next page leads to that page.
    const isNext = received.path.includes(MARKER) || received.query.some(([name]) => name === MARKER);
    return best ?? (isNext ? this.#endpoints.find(({ endpoint }) => endpoint.role === 'stream') : null) ?? null;
  }
}

/** A query that belongs to the path tells endpoints apart that have one address. */
const QUERY_SCORE = 100;

/** The stream's own endpoint wins over a parent at the same address. */
function score({ literal, role, requester, hints, query }: Endpoint, received: Received): number {
  const address = received.origin + safe(received.path);
  const found = hints.filter((text) => address.includes(text));
  const hinted = found.join('').length + (10 * found.length) / Math.max(1, hints.length);
  const asked = received.query.map(([name, value]) => `${name}=${value}`).join('&');
  const queried = query === null ? 0 : query.test(asked) ? QUERY_SCORE : -QUERY_SCORE;
  const own = role === 'stream' || role === 'download' ? 0.5 : 0;
  const parameters = requester.request_parameters;
  const named = typeof parameters === 'object' && parameters !== null ? Object.entries(parameters) : [];
  const agrees = named.filter(([name, value]) =>
    received.query.some(([key, given]) => key === name && (given === value || String(value).includes('{{'))),
  ).length;
  return literal + hinted + queried + agrees * 5 - (named.length - agrees) * 3 + own;
}

/** Engines differ in which signs of a path they write in percent. */
function spelledAlike(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(safe(part)))
    .join('/');
}

function safe(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

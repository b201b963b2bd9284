import { createHash, timingSafeEqual } from 'node:crypto';
import { type Datasets, dataFile, loadDatasets, toCsv, toJsonLines } from '#lib/demo/datasets.ts';
import type { JsonObject } from '#lib/json.ts';

export interface DemoApiOptions {
  /** The bearer tokens that `/demo/api` takes; `/demo/files` is open, as public data is. */
  readonly tokens: () => readonly string[];
  readonly clock?: () => Date;
  /** Requests that each endpoint takes at once, and how many more it takes with each second that passes. */
  readonly burst?: number;
  readonly perSecond?: number;
}

export interface DemoApi {
  /** Answers everything below `/demo/`; 404 otherwise. */
  fetch(request: Request): Promise<Response>;
}

const MAX_PAGE_SIZE = 1_000;

/**
 * A small API over real data, with what real APIs have: a token, three kinds of pagination, a filter by time of update, and a rate limit.
 *
 * - `GET /demo/api` → `{ endpoints }`, the addresses of the lists below
 * - `GET /demo/api/earthquakes?page=1&per_page=100&updated_since=…&updated_until=…` → `{ data, page, per_page, total_pages, total }`
 * - `GET /demo/api/weather?offset=0&limit=100&since=2014-01-01` → `{ items, offset, limit, total }`
 * - `GET /demo/api/readings?limit=500&cursor=…` → `{ results, next_cursor, next }`
 * - `GET /demo/files/{earthquakes,weather}.{csv,jsonl,parquet}`
 */
export function createDemoApi({
  tokens,
  clock = () => new Date(),
  burst = 30,
  perSecond = 20,
}: DemoApiOptions): DemoApi {
  let datasets: Datasets | undefined;
  const files = new Map<string, DemoFile>();
  const limits = new Map<string, Bucket>();
  const answer = (request: Request): Response => {
    const url = new URL(request.url);
    if (request.method !== 'GET' && request.method !== 'HEAD') return problem(405, 'method_not_allowed', 'Only GET.');
    datasets ??= loadDatasets();
    const [, , area, name = ''] = url.pathname.split('/');
    if (area === 'files') return sendFile(request, fileNamed(files, name, datasets));
    if (area !== 'api') return problem(404, 'not_found', `There is nothing at ${url.pathname}.`);
    if (!tokens().some((token) => isToken(request.headers.get('authorization'), token))) return unauthorized();
    if (name === '') return json({ endpoints: endpointsAt(url) });
    const endpoint = ENDPOINTS[name];
    if (!endpoint) return problem(404, 'not_found', `The endpoints are ${Object.keys(ENDPOINTS).join(', ')}.`);
    const waitS = takeTurn(limits, name, { burst, perSecond, now: clock().getTime() / 1000 });
    if (waitS > 0) return tooMany(waitS);
    return endpoint(url, datasets);
  };
  return { fetch: async (request) => answer(request) };
}

function endpointsAt({ origin }: URL): Record<string, string> {
  return Object.fromEntries(Object.keys(ENDPOINTS).map((name) => [name, `${origin}/demo/api/${name}`]));
}

const ENDPOINTS: Readonly<Record<string, (url: URL, data: Datasets) => Response>> = {
  earthquakes(url, { earthquakes }) {
    const since = instant(url, 'updated_since');
    const until = instant(url, 'updated_until');
    const page = whole(url, 'page', 1, Number.MAX_SAFE_INTEGER);
    const perPage = whole(url, 'per_page', 100, MAX_PAGE_SIZE);
    const wrong = [since, until, page, perPage].find((value) => typeof value === 'string');
    if (wrong !== undefined) return problem(400, 'bad_request', String(wrong));
    const rows = earthquakes.filter(({ updated }) => {
      const at = Date.parse(String(updated));
      return at >= Number(since ?? -Infinity) && at <= Number(until ?? Infinity);
    });
    const start = (Number(page) - 1) * Number(perPage);
    const data = rows.slice(start, start + Number(perPage));
    const pages = Math.ceil(rows.length / Number(perPage));
    return json({ data, page, per_page: perPage, total_pages: pages, total: rows.length });
  },

  weather(url, { weather }) {
    const since = url.searchParams.get('since') ?? '';
    const offset = whole(url, 'offset', 0, Number.MAX_SAFE_INTEGER, 0);
    const limit = whole(url, 'limit', 100, MAX_PAGE_SIZE);
    const wrong = [offset, limit].find((value) => typeof value === 'string');
    if (wrong !== undefined) return problem(400, 'bad_request', String(wrong));
    const rows = weather.filter(({ date }) => String(date) >= since);
    return json({
      items: rows.slice(Number(offset), Number(offset) + Number(limit)),
      offset,
      limit,
      total: rows.length,
    });
  },

  readings(url, { readings }) {
    const limit = whole(url, 'limit', 500, MAX_PAGE_SIZE);
    const start = cursorStart(url.searchParams.get('cursor'));
    if (typeof limit === 'string') return problem(400, 'bad_request', limit);
    if (start === null) return problem(400, 'bad_request', 'cursor is none that this API gave out.');
    const end = Math.min(start + limit, readings.count);
    const results = Array.from({ length: Math.max(0, end - start) }, (_, index) => readings.at(start + index));
    const cursor = end < readings.count ? cursorAfter(end) : null;
    const next = cursor && `${url.origin}${url.pathname}?limit=${limit}&cursor=${cursor}`;
    return json({ results, next_cursor: cursor, next }, next ? { link: `<${next}>; rel="next"` } : {});
  },
};

function cursorAfter(position: number): string {
  return Buffer.from(`after:${position}`).toString('base64url');
}

function cursorStart(cursor: string | null): number | null {
  if (cursor === null) return 0;
  const [, position] = /^after:(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  return position === undefined ? null : Number(position);
}

/** The number, or what is wrong with it. */
function whole(url: URL, name: string, otherwise: number, most: number, least = 1): number | string {
  const text = url.searchParams.get(name) ?? String(otherwise);
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  return `${name} takes a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}.`;
}

function instant(url: URL, name: string): number | string | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  const value = Date.parse(text);
  return Number.isNaN(value) ? `${name} takes an instant, such as 2018-02-01T00:00:00Z.` : value;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Seconds to wait, 0 if it is this request's turn. */
function takeTurn(
  buckets: Map<string, Bucket>,
  name: string,
  { burst, perSecond, now }: { burst: number; perSecond: number; now: number },
): number {
  const bucket = buckets.get(name) ?? { tokens: burst, at: now };
  const tokens = Math.min(burst, bucket.tokens + Math.max(0, now - bucket.at) * perSecond);
  const isTurn = tokens >= 1;
  buckets.set(name, { tokens: isTurn ? tokens - 1 : tokens, at: now });
  return isTurn ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond));
}

interface DemoFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
}

function fileNamed(files: Map<string, DemoFile>, name: string, data: Datasets): DemoFile | null {
  const make = FILES[name];
  if (!make) return null;
  const known = files.get(name);
  if (known) return known;
  const { bytes, type } = make(data);
  const file = { bytes, type, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"` };
  files.set(name, file);
  return file;
}

const csv = (rows: readonly JsonObject[]) => ({ bytes: Buffer.from(toCsv(rows)), type: 'text/csv; charset=utf-8' });
const jsonLines = (rows: readonly JsonObject[]) => ({
  bytes: Buffer.from(toJsonLines(rows)),
  type: 'application/jsonl',
});
const parquet = (name: string) => ({ bytes: dataFile(name), type: 'application/vnd.apache.parquet' });

const FILES: Readonly<Record<string, (data: Datasets) => Omit<DemoFile, 'etag'>>> = {
  'earthquakes.csv': ({ earthquakes }) => csv(earthquakes),
  'earthquakes.jsonl': ({ earthquakes }) => jsonLines(earthquakes),
  'earthquakes.parquet': () => parquet('earthquakes.parquet'),
  'weather.csv': ({ weather }) => csv(weather),
  'weather.jsonl': ({ weather }) => jsonLines(weather),
  'weather.parquet': () => parquet('seattle-weather.parquet'),
};

function sendFile(request: Request, file: DemoFile | null): Response {
  if (!file) return problem(404, 'not_found', `The files are ${Object.keys(FILES).join(', ')}.`);
  const { bytes, type, etag } = file;
  if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers: { etag } });
  const headers = { 'content-type': type, 'content-length': String(bytes.length), etag };
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(bytes), { headers });
}

function isToken(header: string | null, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header?.replace(/^Bearer /i, '') ?? ''), digest(token));
}

function json(body: object, headers: Record<string, string> = {}): Response {
  return Response.json(body, { headers });
}

function problem(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } }, { status });
}

function unauthorized(): Response {
  const message =
    'Send the token of this installation as Authorization: Bearer. Weir shows it in Connectors, New connector.';
  const body = { error: { code: 'unauthorized', message } };
  return Response.json(body, { status: 401, headers: { 'www-authenticate': 'Bearer' } });
}

function tooMany(waitS: number): Response {
  const body = { error: { code: 'rate_limited', message: `Too many requests: come back in ${waitS} s.` } };
  return Response.json(body, { status: 429, headers: { 'retry-after': String(waitS) } });
}

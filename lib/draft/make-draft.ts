import { WeirError } from '#lib/errors.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '#lib/extract/http/http-client.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson, stringifyJson } from '#lib/json.ts';
import type { Answered, Call, Draft, Drafted, Found } from './draft.ts';
import { draftCalls } from './draft-calls.ts';
import { nextToken } from './find-pagination.ts';
import { findRecords } from './find-records.ts';
import { parseCurl } from './from-curl.ts';
import { parseHar } from './from-har.ts';
import { type Operation, parseOpenApi } from './from-openapi.ts';
import { unreadOf } from './unread.ts';
import { writeManifest } from './write-manifest.ts';

const DOCUMENT_BYTES = 32 * 1024 * 1024;
const ANSWER_BYTES = 16 * 1024 * 1024;

/** What a connector is made from. `text` is the command or the document; an OpenAPI document may be named by its address instead. */
export interface DraftRequest {
  readonly from: 'url' | 'curl' | 'openapi' | 'har';
  readonly url?: string;
  readonly text?: string;
  /** A token to call the address with, as a bearer token. */
  readonly token?: string;
  /** Ids of the operations of an OpenAPI document, or of the calls of a recording; without any they are listed. */
  readonly picked?: readonly string[];
}

/** A manifest, or first what there is to pick from. */
export type DraftResult = { readonly title: string; readonly operations: readonly Operation[] } | Drafted;

/**
 * Makes a manifest from an address, a cURL command, an OpenAPI document or a browser's recording. The address and the command's
 * request are called once, and once more to see that the next page is another one.
 */
export async function makeDraft(http: HttpClient, request: DraftRequest, signal: AbortSignal): Promise<DraftResult> {
  const { from, text = '', url = '', token, picked = [] } = request;
  if (from === 'openapi') return fromOpenApi(text || (await documentAt(http, url, signal)), picked);
  if (from === 'har') return fromHar(text, picked);
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  const call = from === 'curl' ? parseCurl(text) : { method: 'GET', url: addressOf(url), headers };
  const answered: Call & { answer: Answered } = { ...call, answer: await answerTo(http, call, signal) };
  const draft = draftCalls([answered], unreadOf(answered));
  return writeManifest(await withSecondPage(http, draft, answered, signal));
}

function fromOpenApi(text: string, picked: readonly string[]): DraftResult {
  const document = parseOpenApi(text);
  if (picked.length > 0) return writeManifest(document.draft(picked));
  return { title: document.title, operations: document.operations };
}

function fromHar(text: string, picked: readonly string[]): DraftResult {
  const calls = parseHar(text).map((call) => ({ call, id: `${call.method} ${call.url.split('?')[0]}` }));
  if (picked.length > 0)
    return writeManifest(draftCalls(calls.filter(({ id }) => picked.includes(id)).map(({ call }) => call)));
  const operations = calls.map(({ call, id }): Operation => {
    const { records, evidence } = findRecords(call.answer?.body ?? null);
    return { id, name: new URL(call.url).pathname, summary: evidence, isList: records.length > 1 };
  });
  return { title: 'Recording', operations };
}

function addressOf(text: string): string {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text.trim()) ? text.trim() : `https://${text.trim()}`;
  if (URL.canParse(whole)) return whole;
  throw new WeirError({
    ...{ kind: 'config', code: 'bad_url', message: `${JSON.stringify(text)} is no address.` },
    hint: 'Write it whole, such as https://api.example.com/v1/orders.',
  });
}

async function documentAt(http: HttpClient, url: string, signal: AbortSignal): Promise<string> {
  const response = await sent(http, {
    ...{ method: 'GET', url: addressOf(url), signal, maxBytes: DOCUMENT_BYTES },
    headers: { accept: 'application/json, application/yaml, */*' },
  });
  if (response.status < 400) return await response.text();
  throw new WeirError({
    ...{ kind: 'config', code: `http_${response.status}` },
    message: `${new URL(response.url).host} answered ${response.status} for the OpenAPI document.`,
    hint: 'Open the address in a browser, and upload the file where it needs signing in.',
  });
}

async function answerTo(
  http: HttpClient,
  { method, url, headers, body }: Call,
  signal: AbortSignal,
): Promise<Answered> {
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : stringifyJson(body);
  const type: Record<string, string> = typeof body === 'object' ? { 'content-type': 'application/json' } : {};
  const response = await sent(http, {
    ...{ method, url, signal, maxBytes: ANSWER_BYTES },
    headers: { accept: 'application/json, */*', ...type, ...withoutEncoding(headers) },
    ...(payload !== undefined && { body: payload }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: jsonOr(text) };
}

/** Errors name the address, without what may be secret in it. */
async function sent(http: HttpClient, request: HttpRequest): Promise<HttpResponse> {
  try {
    return await http.send(request);
  } catch (error) {
    const { origin, pathname } = new URL(request.url);
    throw error instanceof WeirError ? error.at({ url: origin + pathname }) : error;
  }
}

/** The client decodes what it asks for itself. */
function withoutEncoding(headers: Call['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(accept-encoding|content-length|host|connection|:.*)$/i.test(name)),
  );
}

function jsonOr(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** Asks for the page that the draft would ask for next, and says what came. */
async function withSecondPage(http: HttpClient, draft: Draft, first: Call, signal: AbortSignal): Promise<Draft> {
  const [stream] = draft.streams;
  const url = stream?.paginator && nextUrl(stream.paginator.value, first);
  if (!stream?.paginator || !url) return draft;
  const answer = await answerTo(http, { ...first, url }, signal).catch(() => null);
  const paginator = {
    ...stream.paginator,
    evidence: `${stream.paginator.evidence} ${compared(first, answer?.body ?? null)}`,
  };
  return { ...draft, streams: [{ ...stream, paginator } satisfies { paginator: Found<JsonObject> }] };
}

function compared({ answer }: Call, second: JsonValue): string {
  const before = new Set(findRecords(answer?.body ?? null).records.map((record) => stringifyJson(record)));
  const after = findRecords(second).records.map((record) => stringifyJson(record));
  if (after.length === 0) return 'The second page was asked for and had no records.';
  const repeated = after.filter((record) => before.has(record)).length;
  if (repeated === 0) return `The second page was asked for and had ${after.length} other records.`;
  return `The second page repeated ${repeated} of ${after.length} records: look whether the parameter is right.`;
}

/** The address of the second page; null where only the engine can tell it, such as by a template over the answer. */
function nextUrl(
  { page_token_option: option, pagination_strategy: strategy }: JsonObject,
  { url, answer }: Call,
): string | null {
  if (!isJsonObject(option) || !isJsonObject(strategy) || typeof option.field_name !== 'string') return null;
  const token = tokenOf(strategy, answer?.body ?? null);
  if (!token) return null;
  const next = new URL(url);
  next.searchParams.set(option.field_name, String(token));
  return next.href;
}

function tokenOf(strategy: JsonObject, first: JsonValue): JsonValue | undefined {
  if (strategy.type === 'PageIncrement') return Number(strategy.start_from_page ?? 0) + 1;
  if (strategy.type === 'OffsetIncrement') return Number(strategy.page_size ?? 0);
  return String(strategy.cursor_value).startsWith('{{ response') ? nextToken(first)?.value : undefined;
}

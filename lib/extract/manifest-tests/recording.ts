import { WeirError } from '#lib/errors.ts';
import type { RecordedExchange } from '#lib/manifest/weir-block.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../http/http-client.ts';

/** A case is read by people: what is larger belongs to no manifest. */
const MOST_EXCHANGES = 100;
const MOST_CHARACTERS = 1_000_000;
/** Headers of answers that pages, waits and decoders go by. */
const KEPT_HEADERS =
  /^(link|retry-after|content-type|location|x-.*(page|total|next|limit|remain|reset|count|cursor).*)$/i;

export interface Recording {
  readonly http: HttpClient;
  /** What was asked and what came, with all secrets. */
  seen(): readonly RecordedExchange[];
  /** Why it can't be kept: too large, no text, or an answer that was read in part. Null when it can. */
  refusal(): WeirError | null;
}

/** Passes requests on, and keeps what comes as it is read. `strict` ends the read where it can't be kept. */
export function recording(inner: HttpClient, { strict }: { strict: boolean }): Recording {
  const seen: { exchange: RecordedExchange; body: string }[] = [];
  let characters = 0;
  let refused: WeirError | null = null;
  const refuse = (error: WeirError) => {
    refused ??= error;
    if (strict) throw refused;
  };
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const response = await inner.send(request);
    if (refused) return response;
    if (seen.length === MOST_EXCHANGES) {
      refuse(tooLarge());
      return response;
    }
    const entry = { exchange: exchangeOf(request, response), body: '' };
    seen.push(entry);
    const keep = (text: string | null) => {
      if (text === null) return refuse(noText(request.url));
      characters += text.length;
      entry.body = text;
      if (characters > MOST_CHARACTERS) refuse(tooLarge());
    };
    return kept(response, { keep, refuse });
  };
  return {
    http: { send, close: () => inner.close() },
    seen: () => seen.map(({ exchange, body }) => ({ ...exchange, response: { ...exchange.response, body } })),
    refusal: () => refused,
  };
}

interface Keeper {
  readonly keep: (text: string | null) => void;
  readonly refuse: (error: WeirError) => void;
}

function kept(response: HttpResponse, { keep, refuse }: Keeper): HttpResponse {
  const { status, headers, url, spelledHeaders, body } = response;
  const bytes = async () => {
    const all = await response.bytes();
    keep(decoded(all));
    return all;
  };
  const text = async () => {
    const all = await response.text();
    keep(all);
    return all;
  };
  const copied = copy(body, { keep, refuse });
  return { status, headers, url, ...(spelledHeaders && { spelledHeaders }), body: copied, bytes, text };
}

async function* copy(body: AsyncIterable<Uint8Array>, { keep, refuse }: Keeper): AsyncIterable<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  let whole = false;
  try {
    for await (const piece of body) {
      size += piece.length;
      if (size <= MOST_CHARACTERS) pieces.push(piece);
      yield piece;
    }
    whole = true;
  } finally {
    if (!whole) refuse(partlyRead());
  }
  if (size > MOST_CHARACTERS) refuse(tooLarge());
  else keep(decoded(Buffer.concat(pieces)));
}

function exchangeOf(request: HttpRequest, { status, headers, spelledHeaders }: HttpResponse): RecordedExchange {
  const named = Object.entries(spelledHeaders ?? headers).filter(([name]) => KEPT_HEADERS.test(name));
  const sent = request.body === undefined ? {} : { body: Buffer.from(request.body).toString() };
  return {
    request: { ...(request.method !== 'GET' && { method: request.method }), url: request.url, ...sent },
    response: { ...(status !== 200 && { status }), headers: Object.fromEntries(named) },
  };
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function noText(url: string): WeirError {
  const message = `${new URL(url).host} answered with what is no text.`;
  return new WeirError({ kind: 'config', code: 'not_text', message, hint: 'Only texts can be recorded.' });
}

function partlyRead(): WeirError {
  return new WeirError({
    ...{ kind: 'config', code: 'partly_read', message: 'An answer was read in part.' },
    hint: 'Read with more records, so that whole answers come.',
  });
}

function tooLarge(): WeirError {
  return new WeirError({
    ...{ kind: 'config', code: 'too_large' },
    message: `A test keeps at most ${MOST_EXCHANGES} answers of ${MOST_CHARACTERS / 1e6} MB together.`,
    hint: 'Record less of the stream: fewer pages, fewer slices.',
  });
}
